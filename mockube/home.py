"""Where mockube keeps its files: `$MOCKUBE_HOME`, else `~/.mockube`; one folder a cluster."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


def root() -> Path:
    """The folder of all clusters."""
    return Path(os.environ.get("MOCKUBE_HOME") or Path.home() / ".mockube")


def cache() -> Path:
    """What can be made again at any time: `$XDG_CACHE_HOME/mockube`, else `~/.cache/mockube`."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mockube"


@dataclass(frozen=True, slots=True)
class Home:
    """The files of one cluster."""

    path: Path

    @classmethod
    def of(cls, name: str) -> Home:
        """The cluster's folder, made when absent and readable by its owner alone."""
        path = root() / name
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        return cls(path)

    @property
    def pki(self) -> Path:
        """Keys and certificates."""
        return self.path / "pki"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self.path / "kubeconfig"

    @property
    def controllers_kubeconfig(self) -> Path:
        """The controller manager's own kubeconfig."""
        return self.path / "controller-manager.kubeconfig"

    @property
    def port_file(self) -> Path:
        """Where the server writes the port it chose, once it is ready."""
        return self.path / "port"

    @property
    def pid_file(self) -> Path:
        """The process that holds the cluster up."""
        return self.path / "pid"

    def log(self, process: str) -> Path:
        """The log of one process."""
        return self.path / f"{process}.log"
