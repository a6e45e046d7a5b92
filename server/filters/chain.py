"""Filters around the dispatcher, in reading order. Models apiserver/pkg/server/config.go (DefaultBuildHandlerChain)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from server.endpoints.request import Handler

Filter: TypeAlias = Callable[[Handler], Handler]
"""Wraps a handler; made by a function `with_x(…settings…)`."""


def build(filters: Sequence[Filter], handler: Handler) -> Handler:
    """The handler behind all filters; the first of them sees a request first."""
    for wrap in reversed(filters):
        handler = wrap(handler)
    return handler
