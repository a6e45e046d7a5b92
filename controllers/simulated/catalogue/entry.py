"""One entry of the catalogue."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass

from controllers.simulated.behaviour import Behaviour


@dataclass(frozen=True, slots=True)
class Entry:
    """Images by repository names without docker.io and library, as globs; `is_shell` when the image is a shell."""

    names: tuple[str, ...]
    behaviour: Behaviour
    is_shell: bool = False

    def covers(self, name: str) -> bool:
        """Whether the image belongs here."""
        return any(fnmatch.fnmatchcase(name, n) for n in self.names)
