"""The two doors to the database keep their promises on both engines."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Literal

import pytest
from sqlalchemy import Executable, bindparam, delete, event, func, insert, select, text, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, OperationalError, StatementError
from sqlalchemy.ext.asyncio import AsyncTransaction, create_async_engine
from structlog.testing import capture_logs

from crm_core.agents.tables import pause_reasons
from crm_core.clock import ManualClock
from crm_core.storage.connecting import READERS, DatabaseUrlRefused, parse_url
from crm_core.storage.engine import Storage, Write
from crm_core.storage.hot import HotSelect
from crm_core.storage.hot_write import HotWrite
from crm_core.storage.lending import StorageClosed
from crm_core.storage.trouble import persistently
from crm_core.tables import audit
from tests.crm_core.kept_database import KeptDatabase
from tests.crm_core.storage_cuts import cancel_at_commit
from tests.lab.postgres import Cluster

CUT = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)

PATIENCE_SECONDS = 10


@dataclass(frozen=True)
class Counted:
    value: int


@pytest.fixture
def told(storage: Storage) -> list[object]:
    """Every fact that the storage has announced, in order."""
    facts: list[object] = []
    storage.on_commit = facts.extend
    return facts


@pytest.fixture
async def postgres_storages(
    postgres_database: KeptDatabase,
) -> AsyncIterator[tuple[Storage, Storage]]:
    """Two storages of one PostgreSQL database, as two processes would have them."""
    with postgres_database.lent(lambda: True) as url:
        first, second = (Storage.open(url) for _ in range(2))
        yield first, second
        await first.close()
        await second.close()


async def set_up_counter(storage: Storage) -> None:
    async with storage.write() as tx:
        await tx.execute(insert(pause_reasons).values(code="counter", title="", position=0))


async def count_up(storage: Storage) -> None:
    """Read, give everybody else a chance, then write what was read plus one."""
    async with storage.write() as tx:
        value = (await tx.execute(select(pause_reasons.c.position))).scalar_one()
        await asyncio.sleep(0)
        await tx.execute(update(pause_reasons).values(position=value + 1))
        tx.announce(Counted(value + 1))


async def counter(storage: Storage) -> int:
    async with storage.read() as connection:
        return int((await connection.execute(select(pause_reasons.c.position))).scalar_one())


async def rows(storage: Storage) -> int:
    async with storage.read() as connection:
        query = select(func.count()).select_from(pause_reasons)
        return int((await connection.execute(query)).scalar_one())


async def test_fifteen_writers_at_once_lose_nothing(storage: Storage, told: list[object]) -> None:
    await set_up_counter(storage)
    await asyncio.gather(*(count_up(storage) for _ in range(15)))
    assert await counter(storage) == 15
    assert told == [Counted(n) for n in range(1, 16)]


async def test_writers_of_two_processes_lose_nothing(storage: Storage, database_url: str) -> None:
    other = Storage.open(database_url)  # shares nothing with the first but the database
    try:
        await set_up_counter(storage)
        await asyncio.gather(*(count_up(s) for s in [storage, other] * 10))
        assert await counter(other) == 20
    finally:
        await other.close()


@pytest.mark.postgres
async def test_a_writer_waits_while_another_process_is_in_the_middle_of_a_write(
    postgres_storages: tuple[Storage, Storage],
) -> None:
    ours, theirs = postgres_storages
    await set_up_counter(ours)
    async with ours.write() as tx:
        value = (await tx.execute(select(pause_reasons.c.position))).scalar_one()
        other = asyncio.ensure_future(count_up(theirs))
        while not other.done() and not await somebody_waits(ours):
            pass
        await tx.execute(update(pause_reasons).values(position=value + 1))
    await asyncio.wait_for(other, PATIENCE_SECONDS)
    assert await counter(ours) == 2


async def somebody_waits(storage: Storage) -> bool:
    query = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    async with storage.read() as connection:
        return bool((await connection.execute(query)).scalar_one())


@pytest.mark.postgres
async def test_a_server_that_says_no_is_told_without_the_password(postgres_url: str) -> None:
    url = make_url(postgres_url)
    for wrong in (url.set(password="hunter2"), url.set(database="nowhere")):
        storage = Storage.open(wrong.render_as_string(hide_password=False))
        with pytest.raises(DBAPIError, match=r"authentication|does not exist") as refused:
            await counter(storage)
        await storage.close()
        assert "hunter2" not in str(refused.value)


async def test_a_write_that_raises_is_rolled_back_and_announces_nothing(
    storage: Storage, told: list[object]
) -> None:
    async def changes_its_mind() -> None:
        async with storage.write() as tx:
            await tx.execute(insert(pause_reasons).values(code="lunch", title="Lunch"))
            tx.announce(Counted(1))
            raise RuntimeError("second thoughts")

    with pytest.raises(RuntimeError, match="second thoughts"):
        await changes_its_mind()
    assert await rows(storage) == 0
    assert told == []


async def test_a_statement_that_fails_rolls_back_what_came_before(
    storage: Storage, told: list[object]
) -> None:
    async def breaks_the_unique_code() -> None:
        async with storage.write() as tx:
            tx.announce(Counted(1))
            for _ in range(2):
                await tx.execute(insert(pause_reasons).values(code="lunch", title="Lunch"))

    with pytest.raises(DBAPIError):
        await breaks_the_unique_code()
    assert await rows(storage) == 0
    assert told == []


@pytest.mark.parametrize(
    "attempt",
    [
        insert(pause_reasons).values(code="sneaked", title="in"),
        update(pause_reasons).values(title="changed"),
        delete(pause_reasons),
        text("CREATE TABLE sneaked (n int)"),
    ],
    ids=["insert", "update", "delete", "create"],
)
async def test_a_reader_cannot_write(storage: Storage, attempt: Executable) -> None:
    async def try_it() -> None:
        async with storage.read() as connection:
            await connection.execute(attempt)
            await connection.commit()

    await set_up_counter(storage)
    with pytest.raises(DBAPIError, match=r"(?i)read-?only"):
        await try_it()
    assert await rows(storage) == 1


async def test_a_reader_sees_one_state_while_others_write(storage: Storage) -> None:
    await set_up_counter(storage)
    async with storage.read() as connection:
        query = select(pause_reasons.c.position)
        before = (await connection.execute(query)).scalar_one()
        await count_up(storage)
        assert (await connection.execute(query)).scalar_one() == before
    assert await counter(storage) == before + 1


async def test_a_reader_is_not_kept_waiting_by_a_writer(storage: Storage) -> None:
    await set_up_counter(storage)
    async with storage.write() as tx:
        await tx.execute(update(pause_reasons).values(position=7))
        assert await asyncio.wait_for(counter(storage), PATIENCE_SECONDS) == 0
    assert await counter(storage) == 7


async def cancel_in_the_middle(until: asyncio.Event, work: Awaitable[None]) -> None:
    task = asyncio.ensure_future(work)
    await until.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_task_cancelled_inside_a_write_leaves_no_lock(
    storage: Storage, told: list[object]
) -> None:
    await set_up_counter(storage)
    reached = asyncio.Event()

    async def writes_and_waits() -> None:
        async with storage.write() as tx:
            await tx.execute(update(pause_reasons).values(position=99))
            tx.announce(Counted(99))
            reached.set()
            await asyncio.Event().wait()

    await cancel_in_the_middle(reached, writes_and_waits())
    await asyncio.wait_for(count_up(storage), PATIENCE_SECONDS)
    assert await counter(storage) == 1
    assert told == [Counted(1)]


async def test_a_task_cancelled_at_any_step_of_a_write_leaves_all_or_nothing(
    storage: Storage, told: list[object]
) -> None:
    await set_up_counter(storage)
    for steps in range(40):
        task = asyncio.ensure_future(count_up(storage))
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        before = await asyncio.wait_for(counter(storage), PATIENCE_SECONDS)
        assert told == [Counted(n) for n in range(1, before + 1)]
    await asyncio.wait_for(count_up(storage), PATIENCE_SECONDS)


_COUNTER = HotSelect(select(pause_reasons.c.position))
_SET_COUNTER = HotWrite.same(update(pause_reasons).values(position=bindparam("the_position")))


async def count_up_hot(storage: Storage) -> None:
    """As `count_up`, by statements that wait for the next one or for the commit."""
    async with storage.write() as tx:
        [row] = await _COUNTER.rows(tx.connection)
        await asyncio.sleep(0)
        await _SET_COUNTER.run(tx.connection, [{"the_position": row["position"] + 1}])
        tx.announce(Counted(row["position"] + 1))


async def test_a_task_cancelled_at_any_step_of_a_hot_write_leaves_all_or_nothing(
    storage: Storage, told: list[object]
) -> None:
    await set_up_counter(storage)
    for steps in range(40):
        task = asyncio.ensure_future(count_up_hot(storage))
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        before = await asyncio.wait_for(counter(storage), PATIENCE_SECONDS)
        assert told == [Counted(n) for n in range(1, before + 1)]
    await asyncio.wait_for(count_up_hot(storage), PATIENCE_SECONDS)
    assert told == [Counted(n) for n in range(1, await counter(storage) + 1)]


async def test_whoever_waits_for_a_connection_gets_the_first_that_comes_back(
    storage: Storage,
) -> None:
    most = 2 * READERS  # as many as the engine's pool opens
    leave = [asyncio.Event() for _ in range(most)]
    reading = 0

    async def read_until(done: asyncio.Event) -> None:
        nonlocal reading
        async with storage.read() as connection:
            await connection.execute(select(1))
            reading += 1
            await done.wait()

    readers = [asyncio.create_task(read_until(each)) for each in leave]
    async with asyncio.timeout(PATIENCE_SECONDS):
        while reading < most:  # noqa: ASYNC110 - connections open on their own
            await asyncio.sleep(0)
    late = asyncio.create_task(storage.answers())
    for _ in range(10):
        await asyncio.sleep(0)
    leave[0].set()
    try:
        await asyncio.wait_for(late, PATIENCE_SECONDS)
    finally:
        for each in leave:
            each.set()
        await asyncio.wait(readers)


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
@pytest.mark.postgres
async def test_a_connection_whose_server_has_hung_up_is_not_lent_again(
    storage: Storage, postgres_cluster: Cluster
) -> None:
    name = str(storage.url.database)
    for _ in range(3):
        await storage.answers()
        (kept, _), *_ = storage._reading._idle
        driver = (await kept.get_raw_connection()).driver_connection
        await asyncio.to_thread(postgres_cluster.sql, CUT, name)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not driver.is_closed():  # type: ignore[union-attr]  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        await storage.answers()
        async with storage.write() as tx:
            await tx.execute(select(1))


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
@pytest.mark.postgres
async def test_only_a_connection_that_has_rested_is_tried_before_it_is_lent(
    storage: Storage,
) -> None:
    """A firewall may have forgotten it; for one used just now it would only cost time."""
    from_pool = 0

    @event.listens_for(storage._readers.sync_engine, "checkout")
    def _count(*told: object) -> None:
        nonlocal from_pool
        from_pool += 1

    for _ in range(5):
        await storage.answers()
    assert from_pool == 1
    storage._reading._trusted_seconds = 0.0
    for _ in range(5):
        await storage.answers()
    assert from_pool == 6


@pytest.mark.parametrize("door", ["read", "write"])
async def test_a_storage_that_closes_waits_for_those_who_have_a_connection(
    storage: Storage, door: Literal["read", "write"]
) -> None:
    await set_up_counter(storage)
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def borrows() -> None:
        async with storage.read() if door == "read" else storage.write() as borrowed:
            reached.set()
            await go_on.wait()
            await borrowed.execute(select(1))

    borrower = asyncio.create_task(borrows())
    await reached.wait()
    closing = asyncio.create_task(storage.close())
    for _ in range(20):
        await asyncio.sleep(0)
    assert not closing.done()
    go_on.set()
    await asyncio.wait_for(asyncio.gather(borrower, closing), PATIENCE_SECONDS)
    await until_no_connection_is_left(storage)


@pytest.mark.parametrize("door", ["read", "write"])
async def test_a_closed_storage_lends_no_connection(
    storage: Storage, door: Literal["read", "write"]
) -> None:
    await set_up_counter(storage)
    await storage.close()
    with pytest.raises(StorageClosed):
        await (counter(storage) if door == "read" else count_up(storage))


async def test_a_storage_that_closes_does_not_wait_for_ever(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crm_core.storage.lending.RETURN_SECONDS", 0.01)
    async with storage.read() as connection:
        await connection.execute(select(1))
        with capture_logs() as logs:
            await asyncio.wait_for(storage.close(), PATIENCE_SECONDS)
    await until_no_connection_is_left(storage)
    assert [entry["event"] for entry in logs] == ["connections_not_returned"]


@pytest.mark.parametrize("door", ["read", "write"])
async def test_a_task_that_is_cancelled_again_and_again_leaves_no_connection_open(
    storage: Storage, door: str
) -> None:
    await set_up_counter(storage)
    await storage.close()
    for steps in range(0, 60, 4):
        other = Storage(storage.url)
        task = asyncio.ensure_future(counter(other) if door == "read" else count_up(other))
        for _ in range(steps):
            await asyncio.sleep(0)
        while not task.done():
            task.cancel()
            await asyncio.sleep(0)
        await other.close()
        closing = asyncio.all_tasks() - {asyncio.current_task()}
        assert not closing or not (await asyncio.wait(closing, timeout=10))[1]
    await until_no_connection_is_left(storage)


async def until_no_connection_is_left(storage: Storage) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await open_connections(storage):  # noqa: ASYNC110 - threads end on their own
            await asyncio.sleep(0)


async def open_connections(storage: Storage) -> int:
    """Connections that the closed storages of this database have left open."""
    if storage.is_sqlite:
        return sum("_connection_worker_thread" in thread.name for thread in threading.enumerate())
    engine = create_async_engine(storage.url)
    async with engine.connect() as connection:
        query = text(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        count = int((await connection.execute(query)).scalar_one())
    await engine.dispose()
    return count


async def test_a_commit_under_way_is_finished_and_announced_though_its_task_is_cancelled(
    storage: Storage, told: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    await set_up_counter(storage)
    task = asyncio.ensure_future(count_up(storage))
    cancel_at_commit(monkeypatch, task)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await counter(storage) == 1
    assert told == [Counted(1)]


async def test_whoever_is_cancelled_while_his_commit_fails_is_cancelled(
    storage: Storage, told: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else what tries again until the database takes it would never stop."""
    await set_up_counter(storage)

    async def full(transaction: AsyncTransaction) -> None:
        await transaction.rollback()
        raise OperationalError("COMMIT", {}, Exception("disk is full"))

    monkeypatch.setattr(AsyncTransaction, "commit", full)
    task = asyncio.ensure_future(persistently(ManualClock(), lambda: count_up(storage)))
    cancel_at_commit(monkeypatch, task)
    await asyncio.wait([task], timeout=PATIENCE_SECONDS)
    was_cancelled = task.cancelled()
    task.cancel()
    assert was_cancelled
    assert told == []


async def test_a_write_inside_a_write_is_refused_rather_than_hanging(storage: Storage) -> None:
    async with storage.write():
        with pytest.raises(RuntimeError, match="write inside a write"):
            async with storage.write():
                pass
    await asyncio.wait_for(set_up_counter(storage), PATIENCE_SECONDS)


async def test_facts_come_in_the_order_of_their_commits(
    storage: Storage, told: list[object]
) -> None:
    await set_up_counter(storage)
    first_may_end, first_began = asyncio.Event(), asyncio.Event()

    async def announce(tx: Write, value: int) -> None:
        await tx.execute(update(pause_reasons).values(position=value))
        tx.announce(Counted(value), Counted(-value))

    async def first() -> None:
        async with storage.write() as tx:
            await announce(tx, 1)
            first_began.set()
            await first_may_end.wait()

    async def second() -> None:
        await first_began.wait()
        first_may_end.set()
        async with storage.write() as tx:
            await announce(tx, 2)

    await asyncio.gather(second(), first())
    assert told == [Counted(1), Counted(-1), Counted(2), Counted(-2)]


async def test_an_instant_comes_back_in_utc_and_a_naive_one_is_refused(storage: Storage) -> None:
    moscow = datetime(2026, 3, 2, 12, 0, 0, 123456, timezone(timedelta(hours=3)))
    row = {"action": "x", "subject": "x", "subject_id": "x", "details": {}}
    async with storage.write() as tx:
        await tx.execute(insert(audit).values(at=moscow, **row))
    async with storage.read() as connection:
        stored = (await connection.execute(select(audit.c.at))).scalar_one()
    assert stored == moscow
    assert stored.utcoffset() == timedelta(0)
    naive = insert(audit).values(at=moscow.replace(tzinfo=None), **row)
    async with storage.write() as tx:
        with pytest.raises(StatementError, match="naive"):
            await tx.execute(naive)


@pytest.mark.parametrize(
    "url",
    [
        "sqlite://",
        "sqlite:///:memory:",
        "mysql://root:hunter2@db/perezvon",
        "postgresql+psycopg://perezvon:hunter2@db/perezvon",
        "postgresql://perezvon:hunter2@db:port/perezvon",
        "postgresql://perezvon:x@hunter2@db:port/perezvon",
        "postgresql://perezvon:hunter2@db:99999/perezvon",
        "postgresql://perezvon:hunter2@db/perezvon?color=red",
        "sqlite:///x.db?color=red",
        "not a url",
        "",
    ],
)
def test_a_url_that_cannot_be_opened_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(DatabaseUrlRefused) as refused:
        Storage.open(url)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    "url", ["sqlite:///x.db", "sqlite+aiosqlite:///x.db", "postgres://db/x", "postgresql://db/x"]
)
async def test_a_url_need_not_name_the_driver(url: str) -> None:
    await Storage.open(url).close()


def test_the_usual_word_for_a_secure_connection_is_understood() -> None:
    opened = parse_url("postgresql://db/x?sslmode=require")
    assert dict(opened.query) == {"ssl": "require"}
