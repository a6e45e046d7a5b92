"""Is there one order of all operations on a key, within what each client saw of time, that explains every answer?

The search of Wing and Gong with Lowe's memory of what was tried, as porcupine does it: take any operation that could
come first, see whether the register answers as recorded, go on; go back when nothing fits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from tests.reliability.history import NEVER, Operation


class Register(NamedTuple):
    """What stands under a key: `revision` is 0 for absent, -1 where a write of unknown outcome left it open."""

    value: str
    revision: int


EMPTY = Register("", 0)
_OPEN = -1


def step(state: Register, operation: Operation) -> Register | None:
    """The register after an operation that answers as recorded; None when it cannot."""
    present = state.revision != 0
    expected = present and state.revision in (operation.revision, _OPEN)
    match operation.kind, operation.outcome:
        case "get", "ok":
            same = state.value == operation.found and state.revision in (operation.found_revision, _OPEN)
            return Register(operation.found, operation.found_revision) if present and same else None
        case (("get" | "cas" | "delete"), "absent"):
            return None if present else state
        case "create", "ok":
            return None if present else Register(operation.value, operation.found_revision)
        case "create", "exists":
            return state if present else None
        case "cas", "ok":
            grows = operation.found_revision > state.revision
            return Register(operation.value, operation.found_revision) if expected and grows else None
        case "cas", "conflict":
            return state if present and state.revision != operation.revision else None
        case "delete", "ok":
            return EMPTY if present else None
        case "create", "unknown":
            return None if present else Register(operation.value, _OPEN)
        case "cas", "unknown":
            return Register(operation.value, _OPEN) if expected else None
        case "delete", "unknown":
            return EMPTY if present else None
        case "get", "unknown":
            return state
    raise ValueError(operation)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an order exists; where none does, the longest beginning of one and what could not follow it."""

    linearizable: bool
    longest: list[Operation]
    stuck: list[Operation]


def check(operations: list[Operation]) -> Verdict:
    """Search for an order of one key's operations."""
    ops = sorted((o for o in operations if (o.kind, o.outcome) != ("get", "unknown")), key=lambda o: o.called)
    certain = sum(1 << i for i, o in enumerate(ops) if o.returned != NEVER)
    done, state, order = 0, EMPTY, list[int]()
    stack: list[tuple[int, Register, list[int]]] = []
    seen: set[tuple[int, Register]] = set()
    longest: list[int] = []
    stuck: list[int] = []
    choices = _candidates(ops, done)
    while done & certain != certain:
        while choices:
            chosen = choices.pop()
            after = step(state, ops[chosen])
            taken = done | 1 << chosen
            if after is not None and (taken, after) not in seen:
                seen.add((taken, after))
                stack.append((done, state, choices))
                done, state = taken, after
                order.append(chosen)
                choices = _candidates(ops, done)
                break
        else:
            if len(order) >= len(longest):
                longest, stuck = list(order), _candidates(ops, done)
            if not stack:
                return Verdict(False, [ops[i] for i in longest], [ops[i] for i in stuck])
            done, state, choices = stack.pop()
            order.pop()
    return Verdict(True, [ops[i] for i in order], [])


def _candidates(ops: list[Operation], done: int) -> list[int]:
    """What may come next: called before anything that is not done had returned. The likeliest is last."""
    found, first_return = list[int](), NEVER
    left = ~done
    at = (left & -left).bit_length() - 1
    for i in range(at, len(ops)):
        operation = ops[i]
        if operation.called > first_return:
            break
        if done >> i & 1:
            continue
        found.append(i)
        first_return = min(first_return, operation.returned)
    return sorted(
        (i for i in found if ops[i].called <= first_return),
        key=lambda i: (ops[i].outcome != "unknown", -ops[i].returned),
    )
