"""Objects at revisions: the Backend seam (bytes) and the Storage seam (objects), over memory or etcd."""
