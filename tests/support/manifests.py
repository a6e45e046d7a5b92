"""Real manifests and what kubectl said when a real control plane got them, where they are at hand."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from tests.support.api import ROOT

MANIFESTS: Final = Path(os.environ.get("MOCKUBE_MANIFESTS") or ROOT.parent / "shared" / "manifests")


def available() -> bool:
    """Whether the manifests and the script that applies them are there."""
    return (MANIFESTS / "apply.sh").is_file()


def names() -> list[str]:
    """The names of all manifests without their ending."""
    return sorted(p.stem for p in MANIFESTS.glob("*.yaml")) if available() else []


def said(folder: Path, name: str) -> tuple[list[str], list[str]]:
    """What kubectl printed and what it complained of, line by line; a missing file is silence."""
    out, err = (folder / f"{name}{ending}" for ending in (".out", ".err"))
    return tuple(f.read_text().splitlines() if f.is_file() else [] for f in (out, err))  # type: ignore[return-value]
