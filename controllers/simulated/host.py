"""One simulated machine as its pods see it: addresses, images on disk, what its pods take, and its faults."""

from __future__ import annotations

from dataclasses import dataclass, field

from controllers.simulated.addresses import PodAddresses
from controllers.simulated.admission import Load
from controllers.simulated.filesystem import Files


@dataclass(slots=True)
class Host:
    """The state of a machine that outlives its pods; `pressure` holds the condition types that are True."""

    name: str
    address: str
    addresses: PodAddresses
    images: set[str] = field(default_factory=set)
    load: Load = field(default_factory=Load)
    files: dict[str, Files] = field(default_factory=dict)
    """What pods wrote into host paths and claims, by path."""
    pressure: frozenset[str] = frozenset()
    kubelet_down: bool = False
    """The kubelet does not act; containers run on."""
    cut_off: bool = False
    """The machine works, and its kubelet cannot reach the API server."""
