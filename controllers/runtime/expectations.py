"""What a controller asked for and has not yet seen in its caches. Models ControllerExpectations."""

from __future__ import annotations

from typing import Final

from apimachinery.clock import Clock

EXPECTATIONS_TIMEOUT: Final = 300.0


class _Expected:
    __slots__ = ("adds", "at", "dels")

    def __init__(self, adds: int, dels: int, at: float) -> None:
        self.adds = adds
        self.dels = dels
        self.at = at

    def fulfilled(self) -> bool:
        return self.adds <= 0 and self.dels <= 0


class Expectations:
    """Counts of creations and deletions to be observed before a key may be acted on again; they expire after 5 min."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._expected: dict[str, _Expected] = {}

    def satisfied(self, key: str) -> bool:
        """Whether everything was seen, or nothing is expected, or the expectation is too old to wait for."""
        found = self._expected.get(key)
        return found is None or found.fulfilled() or self._clock.monotonic() - found.at > EXPECTATIONS_TIMEOUT

    def pending(self, key: str) -> bool:
        """Whether something expected has not been seen, however long ago."""
        found = self._expected.get(key)
        return found is not None and not found.fulfilled()

    def expect(self, key: str, *, adds: int = 0, dels: int = 0) -> None:
        """Begin anew with these counts."""
        self._expected[key] = _Expected(adds, dels, self._clock.monotonic())

    def creation_observed(self, key: str) -> None:
        """One creation was seen, or will never come."""
        self.lower(key, adds=1)

    def deletion_observed(self, key: str) -> None:
        """One deletion was seen, or will never come."""
        self.lower(key, dels=1)

    def lower(self, key: str, *, adds: int = 0, dels: int = 0) -> None:
        """Expect fewer."""
        found = self._expected.get(key)
        if found is not None:
            found.adds -= adds
            found.dels -= dels

    def forget(self, key: str) -> None:
        """The owner is gone."""
        self._expected.pop(key, None)


class UIDTrackingExpectations(Expectations):
    """Expectations that remember which deletions are awaited, so that a deletion seen twice counts once."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self._deleting: dict[str, set[str]] = {}

    def expect_deletions(self, key: str, uids: set[str]) -> None:
        """Begin anew with the deletions of these objects."""
        self._deleting[key] = set(uids)
        self.expect(key, dels=len(uids))

    def uid_deletion_observed(self, key: str, uid: str) -> None:
        """The deletion of this object was seen, or will never come."""
        waiting = self._deleting.get(key)
        if waiting and uid in waiting:
            waiting.discard(uid)
            self.deletion_observed(key)

    def forget(self, key: str) -> None:
        """The owner is gone."""
        super().forget(key)
        self._deleting.pop(key, None)
