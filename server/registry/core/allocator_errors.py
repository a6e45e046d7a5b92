"""Why no address or port could be had."""

from __future__ import annotations


class AllocationError(Exception):
    """The message is what a client is told."""
