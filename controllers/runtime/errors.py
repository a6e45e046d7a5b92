"""The errors that a sync may meet and try again; anything else is a programming error and ends the process."""

from __future__ import annotations

from typing import Final

from apimachinery.errors import StatusError


class TransportError(Exception):
    """The server could not be reached, or the connection broke before an answer came."""


class ReconcileError(Exception):
    """A sync could not finish for a reason of its own; it is tried again with back-off."""


RETRIABLE: Final[tuple[type[Exception], ...]] = (StatusError, TransportError, ReconcileError)
