"""The errors that a sync may meet and try again; anything else is a programming error and ends the process."""

from __future__ import annotations

from typing import Final

from apimachinery.errors import StatusError


class TransportError(Exception):
    """The server could not be reached, or the connection broke before an answer came."""


class OptionsError(ValueError):
    """A flag names something that cannot be used; the text is one line that says what and why."""


class ReconcileError(Exception):
    """A sync could not finish for a reason of its own; it is tried again with back-off."""


RETRIABLE: Final[tuple[type[Exception], ...]] = (StatusError, TransportError, ReconcileError)
