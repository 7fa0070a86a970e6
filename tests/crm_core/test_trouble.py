"""While the database is in trouble nothing that calls demand is forgotten."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection
from structlog.testing import capture_logs

from crm_core.agents.tables import agent_states
from crm_core.calls.journal import Journal
from crm_core.clock import ManualClock
from crm_core.storage.engine import Storage, Write
from crm_core.storage.trouble import persistently
from crm_core.tasks.tables import tasks
from crm_core.wrap_up.expiry import WrapUpExpiry
from tests.cast import Cast
from tests.crm_core.duty import Duty, on_duty
from tests.crm_core.telling import answered_call, missed_call, told, until


class _Outage:
    """The database of `storage` is locked for everybody but the journal while `on`."""

    def __init__(self, storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
        self.on = False
        self.refused = 0
        read, write = storage.read, storage.write
        monkeypatch.setattr(storage, "read", self._locking(read))
        monkeypatch.setattr(storage, "write", self._locking(write))
        applying = Journal.apply
        outage = self

        async def apply(journal: Journal, tx: Write, batch: Any) -> Any:
            facts = await applying(journal, tx, batch)
            outage.on = outage.on or outage.after_batch
            return facts

        self.after_batch = False
        monkeypatch.setattr(Journal, "apply", apply)

    def _locking(self, door: Callable[..., Any]) -> Callable[..., Any]:
        @asynccontextmanager
        async def locked(**how: bool) -> AsyncIterator[AsyncConnection | Write]:
            if self.on:
                self.refused += 1
                raise OperationalError("BEGIN", {}, Exception("database is locked"))
            async with door(**how) as opened:
                yield opened

        return locked

    async def passes(self, clock: ManualClock, duty: Duty) -> None:
        """Let an attempt fail at the least, then be over."""
        await until(lambda: self.refused >= 1)
        await clock.advance(1)
        self.on = self.after_batch = False
        await clock.advance(30)
        await duty.settled()


async def test_a_missed_call_that_ended_in_an_outage_is_demanded_after_it(
    storage: Storage, cast: Cast, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    outage = _Outage(storage, monkeypatch)
    async with on_duty(storage, clock) as duty:
        outage.after_batch = True
        for fact in missed_call(told("1.1")):
            await duty.office.intake.take(fact)
        await outage.passes(clock, duty)
    async with storage.read() as connection:
        [kind] = (await connection.execute(select(tasks.c.kind))).scalars()
    assert kind == "callback"


async def test_a_wrap_up_and_a_state_that_fell_into_an_outage_come_after_it(
    storage: Storage, cast: Cast, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    outage = _Outage(storage, monkeypatch)
    async with on_duty(storage, clock) as duty:
        await duty.roster.log_in(cast.anna, cast.desk_101)
        outage.after_batch = True
        for fact in answered_call(told("1.1")):
            await duty.office.intake.take(fact)
        await outage.passes(clock, duty)
        assert duty.state_of(cast.anna.id) == "wrap_up"
    async with storage.read() as connection:
        query = select(agent_states.c.state).where(agent_states.c.agent_id == cast.anna.id)
        assert (await connection.execute(query)).scalar_one() == "wrap_up"


async def test_a_pause_that_could_not_be_stored_is_stored_later(
    storage: Storage, cast: Cast, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    outage = _Outage(storage, monkeypatch)
    async with on_duty(storage, clock) as duty:
        await duty.roster.log_in(cast.anna, cast.desk_101)
        await duty.settled()
        writing, outage.on = storage.write, False

        @asynccontextmanager
        async def locked(**_how: bool) -> AsyncIterator[Write]:
            outage.refused += 1
            raise OperationalError("BEGIN", {}, Exception("database is locked"))
            yield

        monkeypatch.setattr(storage, "write", locked)
        with pytest.raises(OperationalError):
            await duty.roster.pause(cast.anna, "lunch")
        await until(lambda: outage.refused >= 2)
        monkeypatch.setattr(storage, "write", writing)
        await clock.advance(30)
        await duty.settled()
    async with storage.read() as connection:
        query = select(agent_states.c.state).where(agent_states.c.agent_id == cast.anna.id)
        assert (await connection.execute(query)).scalar_one() == "paused"


async def test_what_is_at_fault_itself_is_not_tried_again(clock: ManualClock) -> None:
    tried: list[int] = []

    async def work() -> None:
        tried.append(1)
        raise ValueError

    with pytest.raises(ValueError):
        await persistently(clock, work)
    assert tried == [1]


async def test_an_outage_is_logged_once_a_minute_and_not_at_each_attempt(
    clock: ManualClock,
) -> None:
    tried = 0

    async def work() -> str:
        nonlocal tried
        tried += 1
        if tried < 30:
            raise OperationalError("SELECT", {}, Exception("database is locked"))
        return "done"

    with capture_logs() as lines:
        waiting = asyncio.create_task(persistently(clock, work))
        while not waiting.done():
            await clock.advance(1)
            await asyncio.sleep(0)
    assert await waiting == "done"
    assert [line["event"] for line in lines] == ["waits_for_database"] * 3  # of two minutes


async def test_the_watch_over_forms_waits_for_the_database_without_a_word_each_second(
    storage: Storage, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    outage, expiry = _Outage(storage, monkeypatch), WrapUpExpiry(storage, clock)
    outage.on = True
    with capture_logs() as lines:
        watching = asyncio.create_task(expiry.run())
        for _ in range(30):
            await clock.advance(1)
            await asyncio.sleep(0)
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
    assert outage.refused > 3
    assert [line["event"] for line in lines] == ["waits_for_database"]
