"""One thing after another: changes come in rounds by revision, requests one by one, retries within the moment."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from controllers.runtime.lockstep import Lockstep


def at(revision: int) -> Callable[[], Awaitable[int]]:
    """A server whose changes up to a revision have all been heard."""

    async def catch_up() -> int:
        return revision

    return catch_up


async def test_changes_are_applied_by_revision_whatever_their_order() -> None:
    lockstep, seen = Lockstep(wanted=True), list[str]()
    for revision, resource in ((3, "pods"), (1, "pods"), (2, "nodes"), (2, "leases"), (9, "pods")):
        lockstep.hold(revision, resource, partial(seen.append, f"{revision} {resource}"))
    assert seen == []
    await lockstep.settle(at(5))
    assert seen == ["1 pods", "2 leases", "2 nodes", "3 pods"]
    lockstep.release()
    assert seen[-1] == "9 pods"
    assert not lockstep.engaged


async def test_requests_take_turns_in_the_order_of_asking() -> None:
    lockstep, seen = Lockstep(wanted=True), list[str]()
    answers = {name: asyncio.Event() for name in "abc"}

    async def request(name: str) -> None:
        async with lockstep.turn():
            seen.append(f"ask {name}")
            await answers[name].wait()
        seen.append(f"done {name}")

    async with asyncio.TaskGroup() as tasks:
        for name in "abc":
            tasks.create_task(request(name))
        await lockstep.rest()
        for name in "cba":
            answers[name].set()
    assert seen == ["ask a", "done a", "ask b", "done b", "ask c", "done c"]


async def test_a_round_waits_for_answers() -> None:
    lockstep, seen = Lockstep(wanted=True), list[str]()
    answer = asyncio.Event()

    async def request() -> None:
        async with lockstep.turn():
            await answer.wait()
        lockstep.hold(7, "pods", lambda: seen.append("mine"))

    lockstep.hold(1, "pods", lambda: seen.append("first"))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(request())
        settling = tasks.create_task(lockstep.settle(at(7)))
        await lockstep.rest()
        assert seen == [] and not settling.done()
        answer.set()
    assert seen == ["first", "mine"]


async def test_retries_that_are_due_soon_belong_to_the_moment() -> None:
    lockstep, seen = Lockstep(wanted=True), list[str]()
    lockstep.pacing.call_later(0.3, lambda: seen.append("soon"))
    lockstep.pacing.call_later(5, lambda: seen.append("late"))
    await lockstep.settle(at(1))
    assert seen == ["soon"]
    lockstep.pacing.move_to(lockstep.pacing.time() + 5)
    assert seen == ["soon", "late"]


async def test_who_retries_without_end_is_left_to_the_next_moment() -> None:
    lockstep, tried = Lockstep(wanted=True), list[float]()

    def again() -> None:
        tried.append(lockstep.pacing.time())
        lockstep.pacing.call_later(0.1, again)

    again()
    await lockstep.settle(at(1))
    assert len(tried) > 10


async def test_without_a_wish_nothing_is_held_back() -> None:
    lockstep = Lockstep()
    lockstep.engage()
    assert not lockstep.engaged
    assert lockstep.pacing.speed == 1.0
