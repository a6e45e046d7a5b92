"""Whose request goes next."""

from __future__ import annotations

import asyncio

from controllers.runtime.slots import Slots


async def ticks() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


async def test_the_urgent_come_first_and_the_cancelled_not_at_all() -> None:
    slots = Slots(1)
    order: list[str] = []

    async def take(name: str, *, urgent: bool = False) -> None:
        await slots.acquire(urgent=urgent)
        order.append(name)

    await slots.acquire()
    assert slots.taken
    tasks = {n: asyncio.ensure_future(take(n, urgent=n.startswith("u"))) for n in ("a", "b", "c", "u1", "u2")}
    await ticks()
    tasks["a"].cancel()
    await ticks()
    for _ in range(4):
        slots.release()
        await ticks()
    assert order == ["u1", "u2", "b", "c"]
    slots.release()
    assert not slots.taken


async def test_a_slot_given_to_one_who_is_cancelled_at_once_goes_on() -> None:
    slots = Slots(1)
    await slots.acquire()
    first, second = asyncio.ensure_future(slots.acquire()), asyncio.ensure_future(slots.acquire())
    await ticks()
    slots.release()
    first.cancel()
    await ticks()
    assert second.done() and not second.cancelled()
    slots.release()
    assert not slots.taken
