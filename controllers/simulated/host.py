"""One simulated machine as its pods see it: addresses, images on disk, what its pods take, and its faults."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from controllers.simulated.addresses import PodAddresses
from controllers.simulated.admission import Load
from controllers.simulated.filesystem import Files

if TYPE_CHECKING:
    from controllers.simulated.pod_machine import PodMachine


@dataclass(slots=True)
class Host:
    """The state of a machine that outlives its pods; `pressure` holds the condition types that are True."""

    name: str
    address: str
    addresses: PodAddresses
    images: set[str] = field(default_factory=set)
    load: Load = field(default_factory=Load)
    disk: Files = field(default_factory=dict)
    """What pods wrote into host paths, by absolute path, over what the machine has of itself."""
    directories: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)
    claims: dict[str, Files] = field(default_factory=dict)
    """What pods wrote into claims, by `namespace/name`."""
    pods: Callable[[], Sequence[PodMachine]] = tuple
    """The pods that the machine has."""
    pressure: frozenset[str] = frozenset()
    short_of: frozenset[str] = frozenset()
    """The conditions whose reason lasts: a condition outlives it."""
    kubelet_down: bool = False
    """The kubelet does not act; containers run on."""
    cut_off: bool = False
    """The machine works, and its kubelet cannot reach the API server."""
