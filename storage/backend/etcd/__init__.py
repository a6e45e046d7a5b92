"""A Backend on etcd v3 over gRPC: durable, and shared by several API servers."""
