"""The checkers find what is wrong, and let pass what is not."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.reliability import linearizability, revisions
from tests.reliability.history import NEVER, Change, History, Kind, Listing, Operation, Outcome, Watching


def op(
    kind: Kind,
    outcome: Outcome,
    called: float,
    returned: float,
    *,
    value: str = "",
    revision: int = 0,
    found: str = "",
    at: int = 0,
    key: str = "k",
    client: int = 0,
) -> Operation:
    return Operation(client, kind, key, called, returned, outcome, value, revision, found, at)


CREATED = op("create", "ok", 0, 1, value="a", at=2)
SWAPPED = op("cas", "ok", 2, 5, value="b", revision=2, at=3)


@pytest.mark.parametrize(
    "operations",
    [
        pytest.param([], id="nothing"),
        pytest.param([CREATED, op("get", "ok", 2, 3, found="a", at=2)], id="read what was written"),
        pytest.param([CREATED, SWAPPED, op("get", "ok", 3, 4, found="a", at=2)], id="the old value, during the write"),
        pytest.param([CREATED, SWAPPED, op("get", "ok", 3, 4, found="b", at=3)], id="the new value, during the write"),
        pytest.param([op("get", "absent", 0, 3), op("create", "ok", 1, 2, value="a", at=2)], id="absent, overlapping"),
        pytest.param(
            [CREATED, op("cas", "unknown", 2, NEVER, value="b", revision=2), op("get", "ok", 3, 4, found="a", at=2)],
            id="an unknown write that did not happen",
        ),
        pytest.param(
            [
                CREATED,
                op("cas", "unknown", 2, NEVER, value="b", revision=2),
                op("get", "ok", 3, 4, found="a", at=2),
                op("get", "ok", 5, 6, found="b", at=7),
                op("cas", "ok", 7, 8, value="c", revision=7, at=9),
            ],
            id="an unknown write that happened late",
        ),
        pytest.param(
            [CREATED, op("delete", "unknown", 2, NEVER), op("create", "ok", 8, 9, value="c", at=5)],
            id="an unknown delete that happened",
        ),
        pytest.param([CREATED, op("cas", "conflict", 2, 3, value="z", revision=1)], id="an honest conflict"),
        pytest.param([op("create", "ok", 0, 9, value="a", at=2), op("create", "exists", 1, 2)], id="someone was first"),
    ],
)
def test_what_can_be_is_linearizable(operations: list[Operation]) -> None:
    assert linearizability.check(operations).linearizable


@pytest.mark.parametrize(
    "operations",
    [
        pytest.param([CREATED, op("get", "absent", 2, 3)], id="a lost write"),
        pytest.param([CREATED, SWAPPED, op("get", "ok", 6, 7, found="a", at=2)], id="a stale read"),
        pytest.param(
            [CREATED, SWAPPED, op("get", "ok", 3, 3.5, found="b", at=3), op("get", "ok", 4, 4.5, found="a", at=2)],
            id="a read that goes back, during the write",
        ),
        pytest.param(
            [CREATED, SWAPPED, op("cas", "ok", 2, 6, value="c", revision=2, at=4)], id="two winners of one swap"
        ),
        pytest.param([CREATED, op("create", "ok", 0.5, 2, value="b", at=3)], id="two creators of one key"),
        pytest.param([CREATED, op("create", "exists", 2, 3), op("get", "absent", 4, 5)], id="gone without a delete"),
        pytest.param([CREATED, op("delete", "ok", 2, 3), op("get", "ok", 4, 5, found="a", at=2)], id="risen again"),
        pytest.param([CREATED, op("get", "ok", 2, 3, found="x", at=2)], id="a value that nobody wrote"),
        pytest.param([CREATED, op("get", "ok", 2, 3, found="a", at=9)], id="a revision that nobody was given"),
        pytest.param([CREATED, op("cas", "conflict", 2, 3, value="z", revision=2)], id="a conflict with nobody"),
        pytest.param(
            [
                CREATED,
                op("cas", "unknown", 2, NEVER, value="b", revision=2),
                op("get", "ok", 3, 4, found="b", at=7),
                op("get", "ok", 5, 6, found="a", at=2),
            ],
            id="an unknown write that was undone",
        ),
        pytest.param(
            [op("cas", "unknown", 5, NEVER, value="b", revision=2), CREATED, op("get", "ok", 2, 3, found="b", at=7)],
            id="an effect before its cause",
        ),
    ],
)
def test_what_cannot_be_is_found(operations: list[Operation]) -> None:
    verdict = linearizability.check(operations)
    assert not verdict.linearizable
    assert verdict.stuck


def simulated(seed: int, clients: int = 8, count: int = 400) -> History:
    """A correct history of three keys: each operation takes effect at some moment between call and return."""
    rng = random.Random(seed)
    state: dict[str, tuple[int, str]] = {}
    revision, history = 1, History(watchings=[Watching(0)])
    free = dict.fromkeys(range(clients), 0.0)
    known: dict[tuple[int, str], int] = {}
    moments = sorted((rng.uniform(0, count / 4), n) for n in range(count))
    for moment, n in moments:
        idle = [c for c, until in free.items() if until < moment]
        if not idle:
            continue
        client = rng.choice(idle)
        called, returned = rng.uniform(free[client], moment), moment + rng.expovariate(1)
        free[client] = returned
        key, value = rng.choice("xyz"), f"v{n}"
        kind = rng.choice(["create", "get", "get", "cas", "cas", "delete", "list"])
        now = state.get(key)
        if kind == "list":
            history.listings.append(Listing(client, called, returned, revision, dict(state)))
            continue
        expected = known.get((client, key), 0)
        outcome: Outcome = "ok"
        if kind == "create" and now:
            outcome = "exists"
        elif kind != "create" and not now:
            outcome = "absent"
        elif kind == "cas" and now and now[0] != expected:
            outcome = "conflict"
        found = now if kind == "get" and now else (0, "")
        if outcome == "ok" and kind != "get":
            revision += rng.randint(1, 3)
            if kind == "delete":
                del state[key]
            else:
                state[key] = (revision, value)
                found = (revision, "")
            history.watchings[0].changes.append(Change(revision, key, None if kind == "delete" else value))
        if found[0]:
            known[client, key] = found[0]
        unknown = kind != "get" and rng.random() < 0.05
        history.operations.append(
            Operation(
                client,
                kind,  # type: ignore[arg-type]
                key,
                called,
                NEVER if unknown else returned,
                "unknown" if unknown else outcome,
                value if kind in ("create", "cas") else "",
                expected if kind == "cas" else 0,
                "" if unknown else found[1],
                0 if unknown else found[0],
            )
        )
    history.watchings[0].end = revision
    return history


@pytest.mark.parametrize("seed", range(20))
def test_a_correct_history_passes(seed: int) -> None:
    history = simulated(seed)
    for key, operations in [*history.by_key().items(), *history.resolved().items()]:
        verdict = linearizability.check(operations)
        assert verdict.linearizable, (key, verdict.longest[-3:], verdict.stuck)
    assert revisions.check(history) == []


@pytest.mark.parametrize("seed", range(20))
def test_one_stale_read_in_a_long_history_is_found(seed: int) -> None:
    history, rng = simulated(seed), random.Random(seed)
    reads = [o for o in history.operations if o.kind == "get" and o.outcome == "ok"]
    for read in rng.sample(reads, len(reads)):
        older = [
            o
            for o in history.operations
            if o.writes and o.key == read.key and o.found_revision < read.found_revision and o.returned < read.called
        ]
        newer = [o for o in older if any(p.called > o.returned and p.returned < read.called for p in older)]
        if newer:
            stale = replace(read, found=newer[0].value, found_revision=newer[0].found_revision)
            operations = [stale if o is read else o for o in history.by_key()[read.key]]
            assert not linearizability.check(operations).linearizable
            return
    raise AssertionError("no read to spoil")


def _drop_event(history: History) -> None:
    other = Watching(0, history.watchings[0].end, list(history.watchings[0].changes))
    del other.changes[len(other.changes) // 2]
    history.watchings.append(other)


def _swap_events(history: History) -> None:
    changes = history.watchings[0].changes
    changes[3], changes[4] = changes[4], changes[3]


def _repeat_event(history: History) -> None:
    changes = history.watchings[0].changes
    changes.insert(5, changes[4])


def _lose_write(history: History) -> None:
    write = next(o for o in history.operations[20:] if o.writes)
    changes = history.watchings[0].changes
    history.watchings[0].changes = [c for c in changes if c.revision != write.found_revision]


def _reuse_revision(history: History) -> None:
    first, second = [i for i, o in enumerate(history.operations) if o.writes][4:6]
    taken = history.operations[first].found_revision
    history.operations[second] = replace(history.operations[second], found_revision=taken)


def _tear_list(history: History) -> None:
    listing = next(one for one in history.listings[3:] if one.items)
    listing.items.popitem()


def _old_list(history: History) -> None:
    last = max(history.listings, key=lambda one: one.called)
    history.listings.remove(last)
    history.listings.append(replace(last, revision=0, items={}))


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (_drop_event, "watcher 1 missed"),
        (_swap_events, "saw revision"),
        (_repeat_event, "saw revision"),
        (_lose_write, "and never happened"),
        (_reuse_revision, "and ("),
        (_tear_list, "is wrong about"),
        (_old_list, "had returned"),
    ],
)
@pytest.mark.parametrize("seed", range(5))
def test_planted_faults_are_found(spoil: Callable[[History], None], complaint: str, seed: int) -> None:
    history = simulated(seed)
    spoil(history)
    found = revisions.check(history)
    assert any(complaint in line for line in found), found
