"""The Pod Security Standards and the plugin that holds namespaces to them. Models k8s.io/pod-security-admission."""
