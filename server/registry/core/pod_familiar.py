"""Pods that look like one that was judged a short while ago: a controller makes the same pod over and over."""

from __future__ import annotations

import re
from collections import OrderedDict
from typing import Final

from apimachinery import serializer
from apimachinery.objects import View

KEPT: Final = 256
_TOKEN_VOLUME: Final = re.compile(rb'"kube-api-access-[a-z0-9]{5}"')


def likeness(pod: View) -> bytes:
    """What two pods of one template share, empty for a pod whose own name counts.

    The spec but its affinity, which names a node in daemon pods, and the annotations; the token volume that the
    ServiceAccount plugin added has any name.
    """
    spec = {name: value for name, value in pod["spec"].items() if name != "affinity"}
    text = serializer.dumps((pod["metadata"].get("annotations"), spec))
    if b'"ephemeral":' in text:
        return b""
    volume = _TOKEN_VOLUME.search(text)
    return text.replace(volume.group(), b'"kube-api-access-"') if volume is not None else text


class Familiar:
    """The likenesses of the last pods that there was nothing to say about."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, None] = OrderedDict()

    def __contains__(self, likeness_of_pod: bytes) -> bool:
        if likeness_of_pod not in self._known:
            return False
        self._known.move_to_end(likeness_of_pod)
        return True

    def add(self, likeness_of_pod: bytes) -> None:
        """Remember it, and forget the one that was not met for the longest time."""
        if likeness_of_pod:
            self._known[likeness_of_pod] = None
            if len(self._known) > KEPT:
                self._known.popitem(last=False)
