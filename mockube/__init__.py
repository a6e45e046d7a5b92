"""mockube: a Kubernetes control plane in pure Python.

`Cluster` starts one from a program; the command line does the same from a shell.
"""

from mockube.cluster import Cluster, ClusterError

__all__ = ["Cluster", "ClusterError", "NodeTemplate", "__version__"]

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    if name == "NodeTemplate":
        from mockube.nodes import NodeTemplate

        return NodeTemplate
    raise AttributeError(name)
