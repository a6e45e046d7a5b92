"""The kubelets' HTTP endpoint: logs, exec and attach of every simulated node on one port."""
