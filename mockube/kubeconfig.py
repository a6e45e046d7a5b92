"""Writing a cluster into a kubeconfig without touching what else stands there."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import yaml

EMPTY: dict[str, Any] = {"apiVersion": "v1", "kind": "Config", "clusters": [], "users": [], "contexts": []}


def read(path: Path) -> dict[str, Any]:
    """A kubeconfig as a dict; raises ValueError when the file is none."""
    try:
        found = yaml.safe_load(path.read_text())
    except yaml.YAMLError as e:
        raise ValueError(f"{path} is not a kubeconfig: {' '.join(str(e).split())}") from None
    if not isinstance(found, dict):
        raise ValueError(f"{path} is not a kubeconfig")  # noqa: TRY004 - one error type for bad files
    return found


def merge(target: Path, source: Path, name: str) -> None:
    """Add the source's only cluster to the target as `name`; its current context stays unless there is none."""
    ours = read(source)
    config = {**EMPTY, **(read(target) if target.is_file() and target.stat().st_size else {})}
    cluster, user = ours["clusters"][0]["cluster"], ours["users"][0]["user"]
    _put(config, "clusters", {"name": name, "cluster": cluster})
    _put(config, "users", {"name": name, "user": user})
    _put(config, "contexts", {"name": name, "context": {"cluster": name, "user": name}})
    config["current-context"] = config.get("current-context") or name
    write(target, config)


def remove(target: Path, name: str) -> None:
    """Take the cluster out again; nothing happens where it is not."""
    if not target.is_file():
        return
    config = read(target)
    for section in ("clusters", "users", "contexts"):
        config[section] = [e for e in config.get(section) or [] if e.get("name") != name]
    if config.get("current-context") == name:
        config["current-context"] = ""
    write(target, config)


def write(path: Path, config: dict[str, Any]) -> None:
    """Replace the file as a whole, readable by its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w") as out:
            yaml.safe_dump(config, out, sort_keys=False)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _put(config: dict[str, Any], section: str, entry: dict[str, Any]) -> None:
    entries = [e for e in config.get(section) or [] if e.get("name") != entry["name"]]
    config[section] = [*entries, entry]
