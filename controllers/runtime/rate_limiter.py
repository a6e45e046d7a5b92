"""How long to wait before trying again. Models client-go/util/workqueue/default_rate_limiters.go and flowcontrol."""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import Generic, TypeVar

from apimachinery.clock import Clock

K = TypeVar("K", bound=Hashable)


class TokenBucket:
    """`qps` tokens a second, at most `burst` at once; reserve() goes into debt and says for how long."""

    def __init__(self, clock: Clock, *, qps: float, burst: int) -> None:
        self._clock = clock
        self._qps = qps
        self._burst = burst
        self._tokens = float(burst)
        self._at = clock.monotonic()

    def _refill(self) -> None:
        now = self._clock.monotonic()
        self._tokens = min(float(self._burst), self._tokens + (now - self._at) * self._qps)
        self._at = now

    def reserve(self) -> float:
        """Take a token; seconds until it is really there."""
        self._refill()
        self._tokens -= 1
        return 0.0 if self._tokens >= 0 else -self._tokens / self._qps

    def try_accept(self) -> bool:
        """Take a token if there is one now."""
        self._refill()
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def left(self) -> float:
        """Seconds until there is a token to take, which may be infinite."""
        self._refill()
        if self._tokens >= 1:
            return 0.0
        return (1 - self._tokens) / self._qps if self._qps else math.inf

    async def wait(self) -> None:
        """Take a token, waiting until it is there."""
        delay = self.reserve()
        if delay > 0:
            await self._clock.sleep(delay)


class ItemExponentialFailureRateLimiter(Generic[K]):
    """Doubles an item's delay with each failure, from `base` seconds up to `cap`."""

    def __init__(self, *, base: float = 0.005, cap: float = 1000.0) -> None:
        self._base = base
        self._cap = cap
        self._failures: dict[K, int] = {}

    def when(self, item: K) -> float:
        """Count a failure and give the delay for it."""
        failures = self._failures.get(item, 0)
        self._failures[item] = failures + 1
        return self._cap if failures > 40 else min(self._cap, self._base * (1 << failures))

    def num_requeues(self, item: K) -> int:
        """Failures since the last forget()."""
        return self._failures.get(item, 0)

    def forget(self, item: K) -> None:
        """The item succeeded, or nobody tries it again."""
        self._failures.pop(item, None)


class ControllerRateLimiter(ItemExponentialFailureRateLimiter[K]):
    """An item's own back-off or the shared bucket, whichever is longer: what controllers use by default."""

    def __init__(
        self, clock: Clock, *, base: float = 0.005, cap: float = 1000.0, qps: float = 10, burst: int = 100
    ) -> None:
        super().__init__(base=base, cap=cap)
        self._bucket = TokenBucket(clock, qps=qps, burst=burst)

    def when(self, item: K) -> float:
        """Count a failure and give the delay for it."""
        return max(super().when(item), self._bucket.reserve())


class Backoff:
    """A delay for each key that doubles up to a cap, forgotten after twice the cap. Models flowcontrol.Backoff."""

    def __init__(self, clock: Clock, *, initial: float, cap: float) -> None:
        self._clock = clock
        self._initial = initial
        self._cap = cap
        self._entries: dict[str, tuple[float, float]] = {}

    def get(self, key: str) -> float:
        """The current delay in seconds, 0 for an unknown key."""
        entry = self._entries.get(key)
        return entry[0] if entry else 0.0

    def next(self, key: str) -> None:
        """Advance the key's delay, starting now."""
        now = self._clock.monotonic()
        entry = self._entries.get(key)
        if entry is None or self._expired(entry, now):
            self._entries[key] = (self._initial, now)
        else:
            self._entries[key] = (min(self._cap, entry[0] * 2), now)

    def in_backoff_since_update(self, key: str) -> bool:
        """Whether less than the current delay has passed since next()."""
        now = self._clock.monotonic()
        entry = self._entries.get(key)
        if entry is None or self._expired(entry, now):
            return False
        return now - entry[1] < entry[0]

    def gc(self) -> None:
        """Drop what has not been used for twice the cap."""
        now = self._clock.monotonic()
        self._entries = {k: e for k, e in self._entries.items() if not self._expired(e, now)}

    def _expired(self, entry: tuple[float, float], now: float) -> bool:
        return now - entry[1] > 2 * self._cap
