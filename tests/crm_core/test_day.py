"""What is read into somebody's day: his own, what is nobody's, and whom he has long not heard."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update

from crm_core.agents.people import Agent
from crm_core.calls.tables import calls
from crm_core.clients.tables import client_numbers, clients, notes
from crm_core.clock import ManualClock
from crm_core.day.queries import count_done, list_items, numbers_to_call
from crm_core.day.records import Day
from crm_core.deals.tables import pipelines, stages
from crm_core.errors import NotFound
from crm_core.leads.tables import leads
from crm_core.storage.engine import Storage
from crm_core.tasks.about import About
from crm_core.tasks.next_step import NextStep
from crm_core.tasks.records import Tasks
from crm_core.tasks.tables import tasks
from tests.cast import Cast

DAYS = timedelta(days=1)


class Office:
    """The storage with a hand to write rows by."""

    def __init__(self, storage: Storage, cast: Cast, clock: ManualClock) -> None:
        self.storage, self.cast, self.clock = storage, cast, clock

    async def add(self, table: Any, **values: Any) -> int:
        async with self.storage.write() as tx:
            made = await tx.execute(insert(table).values(**values))
        key = made.inserted_primary_key[0]
        return key if isinstance(key, int) else 0

    async def task(self, hours: float, **values: Any) -> int:
        row = {"kind": "next_step", "assignee_agent_id": self.cast.anna.id, **values}
        at = self.clock.now() + timedelta(hours=hours)
        return await self.add(tasks, due_at=at, created_at=self.clock.now(), **row)

    async def lead(self, owner: int | None, **values: Any) -> int:
        now = self.clock.now()
        pipeline = await self.add(pipelines, record_kind="lead", title="L", currency="EUR")
        stage = await self.add(stages, pipeline_id=pipeline, title="New")
        row = {"client_id": self.cast.pavel, "title": "Forty chairs", "owner_agent_id": owner}
        row |= {"stage_id": stage, "stage_since": now, "created_at": now, "updated_at": now}
        return await self.add(leads, **{**row, **values})

    async def keys(self, agent: Agent | None = None) -> set[str]:
        now = self.clock.now()
        async with self.storage.read() as connection:
            items = await list_items(
                connection,
                agent or self.cast.anna,
                until=now + timedelta(hours=10),
                quiet_since=now - 60 * DAYS,
            )
        return {item.key for item in items}


@pytest.fixture
def office(storage: Storage, cast: Cast, clock: ManualClock) -> Office:
    return Office(storage, cast, clock)


async def test_a_day_holds_ones_own_open_tasks_of_today_and_those_of_ones_teams(
    office: Office,
) -> None:
    mine = [await office.task(-30), await office.task(9)]
    team = await office.task(1, assignee_agent_id=None, queue="sales", kind="callback")
    await office.task(11)
    await office.task(1, assignee_agent_id=office.cast.boris.id)
    await office.task(1, assignee_agent_id=None, queue="support", kind="callback")
    await office.task(1, done_at=office.clock.now())
    assert await office.keys() == {f"task-{number}" for number in [*mine, team]}


async def test_a_lead_is_fresh_until_somebody_does_something_about_it(office: Office) -> None:
    now, anna = office.clock.now(), office.cast.anna
    mine, nobodys = await office.lead(anna.id), await office.lead(None)
    promised = await office.lead(anna.id)
    await office.lead(office.cast.boris.id)
    await office.lead(anna.id, touched_at=now)
    await office.lead(anna.id, closed_at=now)
    await office.lead(anna.id, deleted_at=now)
    assert await office.keys() == {f"lead-{number}" for number in (mine, nobodys, promised)}
    day = Day(office.storage, office.clock)
    await day.see_to_lead(anna, mine)
    await day.see_to_lead(anna, mine)
    step = NextStep("Call", now + 2 * DAYS, anna.id)
    await Tasks(office.storage, office.clock).create(anna, step, About(lead_id=promised))
    assert await office.keys() == {f"lead-{nobodys}"}
    with pytest.raises(NotFound):
        await day.see_to_lead(anna, 999)


async def test_a_client_of_mine_is_quiet_when_nobody_talked_met_wrote_or_promised(
    office: Office,
) -> None:
    cast, now = office.cast, office.clock.now()
    old = now - 100 * DAYS

    async def client(name: str, **values: Any) -> int:
        row = {"kind": "person", "name": name, "owner_agent_id": cast.anna.id, "client_since": old}
        return await office.add(clients, created_at=old, updated_at=old, **{**row, **values})

    quiet, long_ago = await client("quiet"), await client("talked long ago")
    talked, missed = await client("talked"), await client("called in vain")
    met, noted, promised = await client("met"), await client("noted"), await client("promised")
    await client("new", client_since=now - DAYS)
    await client("only a lead's", client_since=None)
    await client("Boris's", owner_agent_id=cast.boris.id)
    await client("deleted", deleted_at=now)
    for who, days, outcome in (
        (long_ago, 70, "answered"),
        (talked, 5, "answered"),
        (missed, 5, "no_answer"),
    ):
        row = {"direction": "outbound", "outcome": outcome, "started_at": now - days * DAYS}
        await office.add(calls, call_id=f"c{who}", client_id=who, **row)
    await office.task(-48, kind="meeting", client_id=met, done_at=now - DAYS)
    await office.task(24 * 30, client_id=promised)
    await office.add(notes, client_id=noted, text="x", created_at=now - DAYS)
    assert await office.keys() == {f"client-{number}" for number in (quiet, long_ago, missed)}


async def test_what_was_done_today_is_counted_for_whoever_did_it(office: Office) -> None:
    cast, clock = office.cast, office.clock
    morning = clock.now()
    records = Tasks(office.storage, clock)
    await records.done(cast.anna, await office.task(-1))
    await Day(office.storage, clock).see_to_lead(cast.anna, await office.lead(cast.anna.id))
    await office.task(-30, done_at=morning - DAYS, done_by=cast.anna.id)
    async with office.storage.read() as connection:
        assert await count_done(connection, cast.anna.id, morning) == 2
        assert await count_done(connection, cast.boris.id, morning) == 0


async def test_only_numbers_that_may_be_called_are_offered(office: Office) -> None:
    async with office.storage.read() as connection:
        before = await numbers_to_call(connection, office.cast.romashka)
    assert {number for number, _ in before} == {"+74951234567", "+79161234567"}
    async with office.storage.write() as tx:
        mobile = client_numbers.c.e164 == "+79161234567"
        await tx.execute(update(client_numbers).where(mobile).values(do_not_call=True))
    async with office.storage.read() as connection:
        after = await numbers_to_call(connection, office.cast.romashka)
    assert [number for number, _ in after] == ["+74951234567"]
