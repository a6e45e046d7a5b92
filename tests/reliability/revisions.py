"""What revisions promise: one order of all writes, no number twice, lists as of one moment, watches without gaps."""

from __future__ import annotations

from bisect import bisect_left

from tests.reliability.history import Change, History, Items, Listing, Operation, Watching


def check(history: History) -> list[str]:
    """Everything that is wrong, a line each."""
    found = [*_reused(history), *_against_time(history)]
    for number, watching in enumerate(history.watchings):
        found += _order(number, watching)
    log = _log(history)
    for number, watching in enumerate(history.watchings):
        found += _gaps(number, watching, log)
    if history.watchings:
        found += _lost(history, log)
        found += _lists(history, log)
    return found


def _reused(history: History) -> list[str]:
    """A revision that stands for two writes."""
    meaning: dict[int, tuple[str, str | None]] = {}
    found = []

    def note(revision: int, key: str, value: str | None) -> None:
        before = meaning.setdefault(revision, (key, value))
        if before != (key, value):
            found.append(f"revision {revision} is {before} and {(key, value)}")

    for operation in history.operations:
        if operation.writes:
            note(operation.found_revision, operation.key, operation.value)
        elif operation.kind == "get" and operation.outcome == "ok":
            note(operation.found_revision, operation.key, operation.found)
    for listing in history.listings:
        for key, (revision, value) in listing.items.items():
            note(revision, key, value)
    for watching in history.watchings:
        for change in watching.changes:
            note(change.revision, change.key, change.value)
    return found


def _against_time(history: History) -> list[str]:
    """A later write or list with an earlier revision."""
    writes = [o for o in history.operations if o.writes]
    ordered: list[Operation | Listing] = sorted([*writes, *history.listings], key=lambda o: o.returned)
    returns, highest = list[float](), list[Operation | Listing]()
    for one in ordered:
        returns.append(one.returned)
        highest.append(one if not highest or _revision(one) > _revision(highest[-1]) else highest[-1])
    found = []
    for one in ordered:
        at = bisect_left(returns, one.called)
        if at and (before := highest[at - 1]) is not one:
            allowed = _revision(before) if isinstance(one, Listing) else _revision(before) + 1
            if _revision(one) < allowed:
                found.append(f"{_name(one)} came after {_name(before)} had returned")
    return found


def _revision(one: Operation | Listing) -> int:
    return one.revision if isinstance(one, Listing) else one.found_revision


def _name(one: Operation | Listing) -> str:
    if isinstance(one, Listing):
        return f"the list at {one.revision} of client {one.client}"
    return f"the {one.kind} of {one.key} at {one.found_revision} by client {one.client}"


def _order(number: int, watching: Watching) -> list[str]:
    """Events out of order, twice, or from before the start."""
    found, last = [], watching.start
    for change in watching.changes:
        if change.revision <= last:
            found.append(f"watcher {number} saw revision {change.revision} after {last}")
        last = max(last, change.revision)
    return found


def _log(history: History) -> list[Change]:
    """Every change that any watcher saw."""
    return sorted({c for w in history.watchings for c in w.changes}, key=lambda c: c.revision)


def _gaps(number: int, watching: Watching, log: list[Change]) -> list[str]:
    """What a watcher should have seen as others did."""
    seen = set(watching.changes)
    return [
        f"watcher {number} missed {change}"
        for change in log
        if watching.start < change.revision <= watching.end and change not in seen
    ]


def _lost(history: History, log: list[Change]) -> list[str]:
    """Writes that were acknowledged and that no watcher saw."""
    begin, end = min(w.start for w in history.watchings), max(w.end for w in history.watchings)
    happened = {(c.revision, c.key, c.value) for c in log}
    return [
        f"the {o.kind} of {o.key} = {o.value} was acknowledged at {o.found_revision} and never happened"
        for o in history.operations
        if o.writes and begin < o.found_revision <= end and (o.found_revision, o.key, o.value) not in happened
    ]


def _lists(history: History, log: list[Change]) -> list[str]:
    """Lists that show something else than the state at their revision."""
    if min(w.start for w in history.watchings) > 0:
        return []
    found, state, at = list[str](), Items(), 0
    end = max(w.end for w in history.watchings)
    for listing in sorted(history.listings, key=lambda one: one.revision):
        if listing.revision > end:
            break
        while at < len(log) and log[at].revision <= listing.revision:
            change = log[at]
            if change.value is None:
                state.pop(change.key, None)
            else:
                state[change.key] = (change.revision, change.value)
            at += 1
        if listing.items != state:
            differing = sorted(k for k in state.keys() | listing.items.keys() if state.get(k) != listing.items.get(k))
            found.append(f"the list at {listing.revision} is wrong about {', '.join(differing)}")
    return found
