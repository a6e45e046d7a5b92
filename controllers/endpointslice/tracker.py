"""What was written of slices and is not in the cache yet. Models staging/src/k8s.io/endpointslice/util/…tracker.go."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from apimachinery import meta
from apimachinery.objects import View

_DELETED: Final = -1


class SliceTracker:
    """The expected state of each owner's slices, by the owner's key; keeps what the cache has not shown yet."""

    def __init__(self) -> None:
        self._expected: dict[str, dict[str, int]] = {}
        self._postponed: set[str] = set()

    def wrote(self, key: str, item: View) -> None:
        """A slice was created or updated to this."""
        self._expected.setdefault(key, {})[meta.uid(item)] = int(meta.resource_version(item) or 0)

    def deleted(self, key: str, item: View) -> None:
        """A slice was deleted."""
        self._expected.setdefault(key, {})[meta.uid(item)] = _DELETED

    def is_stale(self, key: str, present: Iterable[View]) -> bool:
        """Whether the owner's slices in the cache lack a write; seen() says when to look again."""
        expected = self._expected.get(key)
        if not expected:
            return False
        versions = {meta.uid(s): int(meta.resource_version(s) or 0) for s in present}
        for uid, version in list(expected.items()):
            if uid not in versions if version == _DELETED else versions.get(uid, 0) >= version:
                del expected[uid]
        if expected:
            self._postponed.add(key)
        else:
            del self._expected[key]
        return bool(expected)

    def seen(self, key: str, item: View, *, gone: bool = False) -> bool:
        """The cache shows a slice; whether its owner was put off and is to be looked at again."""
        if gone:
            expected = self._expected.get(key, {})
            expected.pop(meta.uid(item), None)
        if key in self._postponed:
            self._postponed.discard(key)
            return True
        return False

    def expects(self, key: str, item: View) -> bool:
        """Whether this change of a slice is one of ours."""
        version = self._expected.get(key, {}).get(meta.uid(item))
        return version is not None and (version == _DELETED or version >= int(meta.resource_version(item) or 0))

    def forget(self, key: str) -> None:
        """The owner is gone."""
        self._expected.pop(key, None)
        self._postponed.discard(key)
