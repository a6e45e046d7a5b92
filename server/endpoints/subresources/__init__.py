"""Handlers of subresources that do their own work, by the name that their Subresource gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from server.endpoints import connect
from server.endpoints.reviews.token_request import token_request
from server.endpoints.scope import ScopeHandler
from server.endpoints.subresources import binding, eviction, scale

HANDLERS: Final[Mapping[str, ScopeHandler]] = {
    **connect.HANDLERS,
    "binding": binding.binding,
    "eviction": eviction.eviction,
    "scale": scale.scale,
    "token": token_request,
}
"""Handler name → handler; `Subresource.handler` names one."""
