"""The cluster's clock: real time by default, and everything that can be done to it."""

from __future__ import annotations

import asyncio

import pytest

from apimachinery.clusterclock import ClusterClock


class Machine:
    """A machine whose time the test moves."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def machine() -> Machine:
    return Machine()


async def test_follows_the_machine_at_speed_one(machine: Machine) -> None:
    clock = ClusterClock(machine)
    machine.time += 5
    assert clock.time() == clock.monotonic() == 1005


async def test_pause_speed_and_resume(machine: Machine) -> None:
    clock = ClusterClock(machine)
    clock.set_speed(0)
    machine.time += 100
    assert clock.time() == 1000
    clock.set_speed(60)
    machine.time += 2
    assert clock.time() == 1120
    clock.set_speed(1)
    machine.time += 1
    assert clock.time() == 1121
    with pytest.raises(ValueError, match="0 or more"):
        clock.set_speed(-1)


async def test_timers_fire_in_order_at_their_own_moment(machine: Machine) -> None:
    clock = ClusterClock(machine)
    clock.set_speed(0)
    seen: list[tuple[str, float]] = []

    def note(name: str) -> None:
        seen.append((name, clock.time() - 1000))
        if name == "b":
            clock.call_later(1, lambda: note("c"))

    clock.call_later(20, lambda: note("d"))
    clock.call_later(10, lambda: note("b"))
    clock.call_later(10, lambda: note("b2"))
    dropped = clock.call_later(5, lambda: note("never"))
    dropped.cancel()
    clock.move_to(1015)
    assert seen == [("b", 10), ("b2", 10), ("c", 11)]
    assert clock.next_timer() == 1020
    clock.move_to(900)
    assert clock.time() == 1015


async def test_a_moved_clock_keeps_its_distance(machine: Machine) -> None:
    clock = ClusterClock(machine)
    clock.move_to(8200)
    machine.time += 10
    assert clock.time() == 8210


async def test_following_another_clock(machine: Machine) -> None:
    clock = ClusterClock(machine)
    fired: list[int] = []
    clock.call_later(30, lambda: fired.append(1))
    clock.follow(1060, 0)
    assert fired == [1]
    assert (clock.time(), clock.speed) == (1060, 0)


async def test_sleepers_wake_when_time_is_moved(machine: Machine) -> None:
    clock = ClusterClock(machine)
    clock.set_speed(0)
    sleeper = asyncio.ensure_future(clock.sleep(3600))
    await asyncio.sleep(0)
    clock.move_to(1000 + 3600)
    await sleeper


async def test_real_timers_fire_on_the_loop() -> None:
    clock = ClusterClock()
    clock.set_speed(1000)
    async with asyncio.timeout(60):
        await clock.sleep(10)


async def test_cancelled_timers_do_not_pile_up(machine: Machine) -> None:
    clock = ClusterClock(machine)
    for _ in range(10_000):
        clock.call_later(1000, lambda: None).cancel()
    assert len(clock._heap) < 3000


async def test_a_clock_that_is_given_its_start_stands_still_there(machine: Machine) -> None:
    clock = ClusterClock(machine, start=50.0)
    machine.time += 5
    assert (clock.time(), clock.speed) == (50, 0)
    clock.set_speed(1)
    machine.time += 5
    assert clock.time() == 55


async def test_following_back_in_time_keeps_what_is_left_of_each_delay(machine: Machine) -> None:
    clock = ClusterClock(machine)
    fired: list[float] = []
    clock.call_later(30, lambda: fired.append(clock.time()))
    before = clock.monotonic()
    clock.follow(100, 0)
    assert (clock.time(), clock.next_timer()) == (100, 130)
    assert clock.monotonic() >= before
    clock.follow(131, 0)
    assert fired == [130]
