"""Facts are stored, then announced, in order; a bad one stops none, a sick database loses none."""

import asyncio
import sqlite3
from dataclasses import replace
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import pytest
from sqlalchemy import select
from sqlalchemy.exc import DataError, OperationalError

from crm_core.calls.journal import Journal
from crm_core.calls.tables import calls
from crm_core.clock import ManualClock
from crm_core.intake import STUCK_SECONDS, Intake, IntakeHealth
from crm_core.storage.engine import Storage
from crm_core.storage.trouble import is_database_trouble
from telephony.events import ExchangeConnected, MemberRemoved
from tests.cast import Cast
from tests.crm_core.telling import ANNAS, answered_call, at, open_office, told, until
from tests.lab.postgres import Cluster


async def stored_ids(storage: Storage) -> list[str]:
    async with storage.read() as connection:
        newest = select(calls.c.call_id).order_by(calls.c.started_at.desc(), calls.c.call_id.desc())
        return list((await connection.execute(newest)).scalars())


async def test_a_fact_is_stored_before_it_is_announced(storage: Storage, cast: Cast) -> None:
    seen: list[list[str]] = []

    async def look(fact: Any) -> None:
        seen.append(await stored_ids(storage))

    async with open_office(storage) as office:
        office.bus.subscribe("watcher", {type(told("1.1").started()): look})
        await office.hear(told("1.1").started())
    assert seen == [["1.1"]]


async def test_facts_are_announced_in_the_order_they_were_taken(
    storage: Storage, cast: Cast
) -> None:
    story = [
        *answered_call(told("1.1")),
        MemberRemoved(at=at(71), queue="sales", interface=ANNAS),
        *answered_call(told("2.2")),
    ]
    async with open_office(storage) as office:
        for fact in story:
            await office.intake.take(fact)
        await office.settled()
        assert office.heard == story


async def test_facts_that_are_not_about_calls_pass_without_a_transaction(
    storage: Storage, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    fact = ExchangeConnected(at=at(0), version="22")
    async with open_office(storage) as office:
        monkeypatch.setattr(storage, "write", None)
        await office.hear(fact)
        assert office.heard == [fact]


async def test_a_bad_fact_is_left_out_alone(storage: Storage, cast: Cast) -> None:
    bad = replace(told("2.2").started(), at=None)  # type: ignore[arg-type]
    async with open_office(storage) as office:
        for fact in (told("1.1").started(), bad, told("3.3").started(), told("1.1").answered(5)):
            await office.intake.take(fact)
        await office.settled()
        assert [fact.call_id for fact in office.heard] == ["1.1", "3.3", "1.1"]  # type: ignore[attr-defined]
    assert sorted(await stored_ids(storage)) == ["1.1", "3.3"]


class _Locked(Journal):
    """A journal whose database is locked for the first `times` attempts."""

    times = 3

    async def apply(self, tx: Any, batch: Any) -> Any:
        if self.times:
            self.times -= 1
            raise OperationalError("INSERT", {}, Exception("database is locked"))
        return await super().apply(tx, batch)


async def test_a_locked_database_loses_no_fact_and_health_knows(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with open_office(storage) as office:
        journal = _Locked(office.journal._knowledge, office.journal._link_numbers)
        intake = Intake(storage, journal, clock)
        running = asyncio.create_task(intake.run())
        await intake.take(told("1.1").started())
        await until(lambda: intake.health.trouble is not None)
        assert intake.health.trouble_since == clock.now()
        assert office.heard == []
        settled = asyncio.create_task(intake.settled())
        while not settled.done():
            await clock.advance(1)
            await asyncio.sleep(0.001)
        assert len(office.heard) == 1
        assert intake.health.trouble is None
        running.cancel()
    assert await stored_ids(storage) == ["1.1"]


async def test_a_write_that_waits_in_silence_is_known_too(
    storage: Storage, cast: Cast, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database held by another process says nothing for a quarter of a minute."""
    released = asyncio.Event()

    async def held(journal: Journal, tx: Any, batch: Any) -> list[Any]:
        await released.wait()
        return []

    async with open_office(storage, clock) as office:
        monkeypatch.setattr(Journal, "apply", held)
        intake, since = office.intake, clock.now()
        await intake.take(told("1.1").started(), at(7))
        await until(lambda: intake.unwritten_since == at(7) and intake._queue.empty())
        await intake.take(told("2.2").started(), at(8))
        await clock.advance(STUCK_SECONDS)
        assert intake.health == IntakeHealth(2, None, None)
        await clock.advance(0.1)
        assert intake.health == IntakeHealth(2, "Stuck", since)
        assert intake.unwritten_since == at(7)
        released.set()
        await intake.settled()
        assert intake.health == IntakeHealth(0, None, None)
        assert intake.unwritten_since is None


async def test_take_waits_when_too_much_is_waiting(storage: Storage, cast: Cast) -> None:
    async with open_office(storage) as office:
        intake = Intake(storage, office.journal, ManualClock(), waiting=2)
        await intake.take(told("1.1").started())
        await intake.take(told("2.2").started())
        third = asyncio.create_task(intake.take(told("3.3").started()))
        await asyncio.sleep(0)
        assert not third.done()
        running = asyncio.create_task(intake.run())
        await third
        await intake.settled()
        running.cancel()
    assert len(await stored_ids(storage)) == 3


async def test_waiting_facts_share_a_transaction(
    storage: Storage, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits = 0
    async with open_office(storage) as office:
        announce = storage.on_commit

        def counted(facts: Any) -> None:
            nonlocal commits
            commits += 1
            announce(facts)

        monkeypatch.setattr(storage, "on_commit", counted)
        for number in range(100):
            await office.intake.take(told(f"1.{number}").started())
        await office.settled()
    assert commits == 1
    assert len(office.heard) == 100


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
@pytest.mark.postgres
async def test_a_server_that_cuts_its_clients_off_loses_no_fact(
    storage: Storage,
    cast: Cast,
    clock: ManualClock,
    postgres_cluster: Cluster,
    postgres_database: str,
) -> None:
    cut = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    async with open_office(storage, clock) as office:
        taken = 0
        for _ in range(8):
            cutting = asyncio.create_task(
                asyncio.to_thread(postgres_cluster.sql, cut, postgres_database)
            )
            while not cutting.done():
                for fact in answered_call(told(f"7.{taken}"), taken):
                    await office.intake.take(fact)
                taken += 1
                await clock.advance(6)
                await asyncio.sleep(0.001)
        settled = asyncio.create_task(office.settled())
        while not settled.done():
            await clock.advance(6)
            await asyncio.sleep(0.001)
    async with storage.read() as connection:
        ended = (await connection.execute(select(calls.c.outcome))).scalars().all()
    assert ended == ["answered"] * taken


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
@pytest.mark.postgres
async def test_on_postgresql_a_bad_value_is_no_trouble_of_the_database(
    storage: Storage, cast: Cast
) -> None:
    with pytest.raises(Exception, match="too long") as caught:
        async with storage.write() as tx:
            await tx.connection.exec_driver_sql("UPDATE agents SET login = repeat('x', 100)")
    assert not is_database_trouble(caught.value)


def test_a_refused_connection_is_trouble_and_a_bad_value_is_not() -> None:
    assert is_database_trouble(ConnectionRefusedError())
    assert is_database_trouble(OperationalError("x", {}, Exception("disk is full")))
    assert is_database_trouble(sqlite3.OperationalError("database is locked"))
    assert is_database_trouble(asyncpg.DiskFullError("no space left on device"))
    assert is_database_trouble(asyncpg.InterfaceError("connection is closed"))
    assert is_database_trouble(asyncpg.InternalClientError("cannot switch to state 12"))
    assert not is_database_trouble(asyncpg.DataError("invalid input for query argument $1"))
    assert not is_database_trouble(asyncpg.StringDataRightTruncationError("value too long"))
    assert not is_database_trouble(sqlite3.IntegrityError("FOREIGN KEY constraint failed"))
    assert not is_database_trouble(DataError("x", {}, Exception("too long")))
    assert not is_database_trouble(ValueError())
