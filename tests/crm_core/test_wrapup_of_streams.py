"""Every captured stream, heard by an office where somebody sits at each phone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Table, delete, insert, select

from crm_core.agents.people import get_agent
from crm_core.agents.state import State
from crm_core.agents.tables import agents, extensions
from crm_core.calls.tables import call_talks, calls, wrap_ups
from crm_core.clock import ManualClock
from crm_core.storage.engine import Storage
from telephony.events import CallEnded, CallRecord, Direction, Fact
from telephony.phones import phones_matching
from telephony.replay import read_stream
from telephony.stream import LinkUp
from telephony.tracker import CallTracker
from telephony.wire import parse
from tests.crm_core.duty import Duty, on_duty

STREAMS = sorted((Path(__file__).parents[1] / "streams").glob("*.ami"))
OVER = (State.READY, State.WRAP_UP)
PHONES = tuple(str(number) for number in range(100, 110))


def facts_of(stream: Path) -> Iterator[Fact]:
    """What the tracker tells of the stream, its unfinished calls closed at the end."""
    tracker = CallTracker(phones_matching(r"\d{2,5}"))
    latest = None
    for message in read_stream(stream):
        if isinstance(message, LinkUp):
            if latest is not None:
                tracker.link_lost(latest)
            tracker.link_up()
            continue
        latest = message.at
        wire = parse(message)
        if wire is not None:
            yield from tracker.feed(wire)
    if latest is not None:
        yield from tracker.finish(latest)


async def sit_everywhere(storage: Storage, clock: ManualClock, duty: Duty) -> dict[str, int]:
    """Somebody at each phone; who, by interface."""
    seats: dict[str, int] = {}
    for number in PHONES:
        async with storage.write() as tx:
            who = await tx.execute(
                insert(agents).values(
                    login=f"at{number}",
                    name=f"At {number}",
                    role="operator",
                    password_hash="-",
                    created_at=clock.now(),
                )
            )
            desk = await tx.execute(
                insert(extensions).values(number=number, interface=f"PJSIP/{number}")
            )
            agent = await get_agent(tx.connection, who.inserted_primary_key[0])
        await duty.roster.log_in(agent, desk.inserted_primary_key[0])
        seats[f"PJSIP/{number}"] = agent.id
    return seats


def owed(records: list[CallRecord], seats: dict[str, int]) -> set[tuple[str, int]]:
    """Call and agent, for each agent who answered a client."""
    return {
        (record.call_id, seats[phone])
        for record in records
        if record.direction is not Direction.INTERNAL
        for phone in record.answered_by
        if phone in seats
    }


async def begun(storage: Storage, table: Table) -> set[tuple[str, int]]:
    """Call and agent of each row that has begun."""
    query = select(table.c.call_id, table.c.agent_id).where(
        table.c.started_at.is_not(None), table.c.agent_id.is_not(None)
    )
    async with storage.read() as connection:
        return {(call_id, agent_id) for call_id, agent_id in await connection.execute(query)}


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_who_answered_a_client_owes_a_wrap_up_and_nobody_else(
    storage: Storage, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        seats = await sit_everywhere(storage, clock, duty)
        for stream in STREAMS:
            facts = list(facts_of(stream))
            await duty.office.hear(facts)
            records = [fact.record for fact in facts if isinstance(fact, CallEnded)]
            expected = owed(records, seats)
            assert await begun(storage, wrap_ups) == expected, stream.stem
            assert await begun(storage, call_talks) >= expected, stream.stem
            busy = [each for each in duty.roster.states() if each.state not in OVER]
            assert busy == [], stream.stem
            assert duty.office.journal.live_count == 0, stream.stem
            async with storage.write() as tx:
                await tx.execute(delete(calls))
