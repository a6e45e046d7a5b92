"""mockube: a Kubernetes control plane in pure Python.

`Cluster` starts one from a program; the command line does the same from a shell.
"""

from mockube.cluster import Cluster, ClusterError
from mockube.nodes import NodeTemplate

__all__ = ["Cluster", "ClusterError", "NodeTemplate", "__version__"]

__version__ = "0.1.0"
