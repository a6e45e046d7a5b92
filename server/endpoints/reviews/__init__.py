"""Handlers of kinds that are never stored, by the name that their Resource gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from server.endpoints.scope import ScopeHandler

HANDLERS: Final[Mapping[str, ScopeHandler]] = {}
"""Handler name → handler; `Resource.virtual` names one."""
