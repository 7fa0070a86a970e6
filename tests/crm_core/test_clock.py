"""The manual clock stands still, and moves exactly as far as it is turned."""

import asyncio
from datetime import UTC, timedelta

import pytest

from crm_core.clock import Clock, ManualClock, SystemClock


async def test_it_stands_still_until_it_is_turned(clock: ManualClock) -> None:
    before = clock.now()
    await asyncio.sleep(0)
    assert (clock.now(), clock.monotonic()) == (before, 0.0)
    await clock.advance(90)
    assert (clock.now(), clock.monotonic()) == (before + timedelta(seconds=90), 90.0)


async def test_sleepers_wake_in_the_order_of_their_time_and_see_it(clock: ManualClock) -> None:
    began, woken = clock.now(), list[tuple[str, float]]()

    async def sleeper(name: str, seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append((name, (clock.now() - began).total_seconds()))

    tasks = [
        asyncio.ensure_future(sleeper(*each))
        for each in (("late", 30), ("early", 10), ("also early", 10), ("beyond", 61))
    ]
    await asyncio.sleep(0)
    await clock.advance(60)
    assert woken == [("early", 10), ("also early", 10), ("late", 30)]
    await clock.advance(1)
    await asyncio.gather(*tasks)
    assert woken[-1] == ("beyond", 61)


async def test_a_loop_that_sleeps_again_is_woken_every_time(clock: ManualClock) -> None:
    ticks: list[float] = []

    async def tick_for_ever() -> None:
        while True:
            await clock.sleep(10)
            ticks.append(clock.monotonic())

    ticking = asyncio.ensure_future(tick_for_ever())
    await asyncio.sleep(0)
    await clock.advance(35)
    assert ticks == [10, 20, 30]
    ticking.cancel()
    await clock.advance(100)
    assert ticks == [10, 20, 30]


@pytest.mark.parametrize("make", [SystemClock, ManualClock])
async def test_every_clock_gives_aware_utc_and_never_goes_back(make: type[Clock]) -> None:
    clock = make()
    before, began = clock.now(), clock.monotonic()
    assert before.tzinfo is UTC
    assert clock.now() >= before
    assert clock.monotonic() >= began


async def test_the_machine_s_clock_really_sleeps() -> None:
    clock = SystemClock()
    before = clock.monotonic()
    await clock.sleep(0.01)
    assert clock.monotonic() - before >= 0.009
