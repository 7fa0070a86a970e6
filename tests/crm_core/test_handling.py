"""What is being handled is known inside of handlers, and in what they start, and nowhere else."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

from crm_core.bus import Bus
from crm_core.handling import HANDLED, HEARD_AT
from telephony.events import CallResumed
from telephony.ids import CallId, Interface

HEARD = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Noticed:
    """What a handler announces."""

    call_id: str


def fact(call_id: str) -> CallResumed:
    return CallResumed(at=HEARD, call_id=CallId(call_id), interface=Interface("PJSIP/101"))


async def test_the_moment_of_the_exchange_goes_with_its_fact_and_not_with_what_follows() -> None:
    bus = Bus()
    seen: list[tuple[object, object]] = []

    async def on_fact(heard: CallResumed) -> None:
        seen.append((HANDLED.get(), HEARD_AT.get()))
        bus.publish(Noticed(heard.call_id))

    async def on_noticed(noticed: Noticed) -> None:
        seen.append((HANDLED.get(), HEARD_AT.get()))

    bus.subscribe("one", {CallResumed: on_fact})
    bus.subscribe("other", {Noticed: on_noticed})
    HEARD_AT.set(HEARD)
    bus.publish(fact("1.1"))
    HEARD_AT.set(None)
    bus.publish(fact("1.2"))  # of our own making
    await bus.settled()
    assert seen[0] == (fact("1.1"), HEARD)
    assert (Noticed("1.1"), None) in seen
    assert (fact("1.2"), None) in seen
    assert HANDLED.get() is None


async def test_a_task_that_a_handler_starts_still_knows_its_call() -> None:
    bus, known = Bus(), asyncio.get_running_loop().create_future()

    async def later() -> None:
        await asyncio.sleep(0)
        known.set_result(HANDLED.get())

    tasks = []

    async def on_fact(heard: CallResumed) -> None:
        tasks.append(asyncio.create_task(later()))

    bus.subscribe("one", {CallResumed: on_fact})
    bus.publish(fact("1.1"))
    await bus.settled()
    assert await known == fact("1.1")
