"""Committed facts reach every subscriber, in order, whatever the others do."""

import asyncio
from dataclasses import dataclass

import pytest
from structlog.testing import capture_logs

from crm_core.bus import Bus

PATIENCE_SECONDS = 10


@dataclass(frozen=True)
class Rang:
    n: int
    call_id: str = "c1"


@dataclass(frozen=True)
class Echoed:
    n: int


@pytest.fixture
def bus() -> Bus:
    return Bus()


async def settled(bus: Bus) -> None:
    await asyncio.wait_for(bus.settled(), PATIENCE_SECONDS)


async def test_each_subscriber_hears_its_facts_in_order(bus: Bus) -> None:
    heard: list[object] = []

    async def on_rang(fact: Rang) -> None:
        await asyncio.sleep(0)
        heard.append(fact.n)

    bus.subscribe("listener", {Rang: on_rang})
    bus.publish_all([Rang(1), Echoed(9), Rang(2)])
    bus.publish(Rang(3))
    await settled(bus)
    assert heard == [1, 2, 3]


async def test_a_slow_subscriber_delays_nobody(bus: Bus) -> None:
    may_go_on, heard = asyncio.Event(), asyncio.Event()

    async def slow(_fact: Rang) -> None:
        await may_go_on.wait()

    async def quick(fact: Rang) -> None:
        if fact.n == 3:
            heard.set()

    bus.subscribe("slow", {Rang: slow})
    bus.subscribe("quick", {Rang: quick})
    bus.publish_all([Rang(1), Rang(2), Rang(3)])
    await asyncio.wait_for(heard.wait(), PATIENCE_SECONDS)
    assert bus.depths() == {"slow": 2, "quick": 0}
    may_go_on.set()
    await settled(bus)
    assert bus.depths() == {"slow": 0, "quick": 0}


async def test_a_failing_handler_is_logged_with_the_call_and_stops_nobody(bus: Bus) -> None:
    heard: list[int] = []

    async def fails_at_two(fact: Rang) -> None:
        if fact.n == 2:
            raise RuntimeError("boom")
        heard.append(fact.n)

    bus.subscribe("shaky", {Rang: fails_at_two})
    with capture_logs() as logs:
        bus.publish_all([Rang(1), Rang(2), Rang(3)])
        await settled(bus)
    assert heard == [1, 3]
    (entry,) = logs
    assert (entry["event"], entry["subscriber"], entry["fact"], entry["call_id"]) == (
        "handler_failed",
        "shaky",
        "Rang",
        "c1",
    )


async def test_a_handler_whose_own_work_was_cancelled_stops_nobody(bus: Bus) -> None:
    heard: list[int] = []

    async def loses_its_work(fact: Rang) -> None:
        if fact.n == 1:
            work = asyncio.ensure_future(asyncio.Event().wait())
            work.cancel()
            await work
        heard.append(fact.n)

    bus.subscribe("unlucky", {Rang: loses_its_work})
    with capture_logs() as logs:
        bus.publish_all([Rang(1), Rang(2)])
        await settled(bus)
    assert heard == [2]
    assert [entry["event"] for entry in logs] == ["handler_failed"]


async def test_settled_waits_for_what_handlers_publish_in_turn(bus: Bus) -> None:
    heard: list[int] = []

    async def on_rang(fact: Rang) -> None:
        await asyncio.sleep(0)
        if fact.n:
            bus.publish(Rang(fact.n - 1))
        bus.publish(Echoed(fact.n))

    async def on_echoed(fact: Echoed) -> None:
        await asyncio.sleep(0)
        heard.append(fact.n)

    bus.subscribe("second", {Echoed: on_echoed})  # before the first: its turn is over early
    bus.subscribe("first", {Rang: on_rang})
    bus.publish(Rang(5))
    await settled(bus)
    assert heard == [5, 4, 3, 2, 1, 0]


async def test_a_closed_bus_leaves_no_task_behind(bus: Bus) -> None:
    begun: list[int] = []

    async def never_ends(fact: Rang) -> None:
        begun.append(fact.n)
        await asyncio.Event().wait()

    bus.subscribe("stuck", {Rang: never_ends})
    bus.publish_all([Rang(1), Rang(2)])
    await asyncio.sleep(0)
    await asyncio.wait_for(bus.close(), PATIENCE_SECONDS)
    assert [task for task in asyncio.all_tasks() if task.get_name() == "bus:stuck"] == []
    assert begun == [1]


async def test_what_is_published_on_a_closed_bus_reaches_nobody(bus: Bus) -> None:
    heard: list[int] = []

    async def on_rang(fact: Rang) -> None:
        heard.append(fact.n)

    bus.subscribe("late", {Rang: on_rang})
    await bus.close()
    bus.publish(Rang(1))
    for _ in range(5):
        await asyncio.sleep(0)
    assert heard == []


async def test_what_nobody_wants_is_dropped(bus: Bus) -> None:
    bus.publish(Rang(1))
    await settled(bus)
    assert bus.depths() == {}


async def test_settled_waits_for_a_handler_that_has_its_last_event_in_hand() -> None:
    """A later subscriber wakes an earlier one, whose mailbox is then empty but not done."""
    bus, done = Bus(), []

    async def slowly(event: str) -> None:
        for _ in range(20):
            await asyncio.sleep(0)
        done.append(event)

    async def pass_on(event: int) -> None:
        bus.publish("said")
        for _ in range(5):
            await asyncio.sleep(0)

    bus.subscribe("slow", {str: slowly})
    bus.subscribe("quick", {int: pass_on})
    bus.publish(1)
    await bus.settled()
    assert done == ["said"]
