"""What well-known images do; docs/images.md lists them. Entries are tried in order."""

from __future__ import annotations

from typing import Final

from controllers.simulated.catalogue import agents, databases, shells, web
from controllers.simulated.catalogue.entry import Entry

CATALOGUE: Final[tuple[Entry, ...]] = (*web.ENTRIES, *agents.ENTRIES, *databases.ENTRIES, *shells.ENTRIES)

__all__ = ["CATALOGUE", "Entry"]
