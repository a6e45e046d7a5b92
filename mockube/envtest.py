"""Stand-ins for the binaries of controller-runtime's envtest: a folder for KUBEBUILDER_ASSETS.

Each is a small shell script; what they start is in envtest_processes.py.
"""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path
from typing import Final

from mockube.processes import bundle_path

_PROCESSES: Final = Path(__file__).with_name("envtest_processes.py")


def write_assets(directory: Path) -> list[Path]:
    """Write `kube-apiserver`, `etcd` and, when one is on the path, `kubectl`; returns the files written."""
    directory.mkdir(parents=True, exist_ok=True)
    written = [_write(directory / name, _stand_in(name)) for name in ("kube-apiserver", "etcd")]
    kubectl = _kubectl(directory)
    if kubectl is not None:
        written.append(_write(directory / "kubectl", f'exec {shlex.quote(str(kubectl))} "$@"'))
    return written


def _stand_in(name: str) -> str:
    words = (sys.executable, "-I", str(_PROCESSES), str(bundle_path()), name)
    return f'exec {shlex.join(words)} "$@"'


def _kubectl(directory: Path) -> Path | None:
    """The kubectl on the path that is not one of ours."""
    found = shutil.which("kubectl")
    if found is None or Path(found).resolve() == (directory / "kubectl").resolve():
        return None
    return Path(found).resolve()


def _write(path: Path, command: str) -> Path:
    path.write_text(f"#!/bin/sh\n{command}\n")
    path.chmod(0o755)
    return path
