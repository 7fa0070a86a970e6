"""SQLite's statements through SQLAlchemy: one errand to the driver's thread each."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiosqlite
import pytest
from sqlalchemy import bindparam, column, insert, select, table, text, update
from sqlalchemy.exc import IntegrityError

from crm_core.storage.engine import Storage
from crm_core.storage.hot import HotSelect, Reading, read_through, rows_of
from crm_core.storage.hot_write import HotWrite

_PEOPLE = table("people", column("id"), column("name"))
_HIRE = HotWrite.same(insert(_PEOPLE).values(name=bindparam("name")))
_NAMES = HotSelect(select(_PEOPLE.c.name).order_by(_PEOPLE.c.id))
_BY_ID = HotSelect(select(_PEOPLE.c.name).where(_PEOPLE.c.id == bindparam("id")))


@pytest.fixture
async def storage(tmp_path: Path) -> AsyncIterator[Storage]:
    storage = Storage.open(f"sqlite:///{tmp_path / 'trips.db'}")
    async with storage.write() as tx:
        await tx.execute(text("CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT UNIQUE)"))
        await tx.execute(insert(_PEOPLE), [{"name": "Anna"}, {"name": "Boris"}, {"name": "Vera"}])
    yield storage
    await storage.close()


@pytest.fixture
def errands(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was asked of any SQLite thread."""
    asked: list[str] = []
    usual: Any = aiosqlite.Connection._execute

    async def noting(self: aiosqlite.Connection, work: Any, *values: Any, **named: Any) -> Any:
        asked.append(getattr(work, "__name__", "converse"))
        return await usual(self, work, *values, **named)

    monkeypatch.setattr(aiosqlite.Connection, "_execute", noting)
    return asked


async def test_a_select_is_one_errand(storage: Storage, errands: list[str]) -> None:
    async with storage.read() as connection:
        await connection.execute(text("SELECT 1"))  # connects and begins
        errands.clear()
        names = (await connection.execute(select(_PEOPLE.c.name).order_by("id"))).scalars().all()
        assert list(names) == ["Anna", "Boris", "Vera"]
        assert len(errands) == 1


async def test_a_write_is_one_errand_and_tells_its_rows(
    storage: Storage, errands: list[str]
) -> None:
    async with storage.write() as tx:
        errands.clear()
        changed = await tx.execute(update(_PEOPLE).where(_PEOPLE.c.id < 3).values(name=None))
        assert changed.rowcount == 2
        assert len(errands) == 1
        many = await tx.execute(insert(_PEOPLE), [{"name": "Galina"}, {"name": "Dina"}])
        assert many.rowcount == 2
        assert len(errands) == 2


async def test_a_refused_statement_raises_and_the_connection_goes_on(storage: Storage) -> None:
    with pytest.raises(IntegrityError):
        async with storage.write() as tx:
            await tx.execute(insert(_PEOPLE).values(name="Anna"))
    async with storage.write() as tx:
        await tx.execute(insert(_PEOPLE).values(name="Elena"))
    async with storage.read() as connection:
        rows = (await connection.execute(select(_PEOPLE.c.name))).scalars().all()
    assert sorted(rows) == ["Anna", "Boris", "Elena", "Vera"]


async def test_rows_are_fetched_one_by_one_in_part_and_as_a_stream(storage: Storage) -> None:
    query = select(_PEOPLE.c.name).order_by(_PEOPLE.c.id)
    async with storage.read() as connection:
        rows = await connection.execute(query)
        first, following, rest = rows.fetchone(), rows.fetchmany(1), rows.fetchall()
        assert first is not None
        assert [*first, *following[0], *rest[0]] == ["Anna", "Boris", "Vera"]
        streamed = [name async for (name,) in await connection.stream(query)]
    assert streamed == ["Anna", "Boris", "Vera"]


async def test_a_transaction_begins_with_its_first_statement_and_ends_in_one_trip(
    storage: Storage, errands: list[str]
) -> None:
    async with storage.write() as tx:
        await tx.execute(insert(_PEOPLE).values(name="Galina"))
    assert len(errands) == 2
    async with storage.write():
        pass
    assert len(errands) == 2


async def test_hot_writes_go_along_with_the_commit(storage: Storage, errands: list[str]) -> None:
    async with storage.write() as tx:
        errands.clear()
        await _HIRE.run(tx.connection, [{"name": "Galina"}, {"name": "Dina"}])
        await _HIRE.run(tx.connection, [{"name": "Elena"}])
    assert len(errands) == 1
    async with storage.read() as connection:
        assert len(await _NAMES.rows(connection)) == 6


async def test_a_statement_sees_the_hot_writes_before_it(storage: Storage) -> None:
    async with storage.write() as tx:
        await _HIRE.run(tx.connection, [{"name": "Galina"}])
        assert [row["name"] for row in await _NAMES.rows(tx.connection)][-1] == "Galina"
        await tx.execute(update(_PEOPLE).where(_PEOPLE.c.name == "Galina").values(name="Elena"))
        await _HIRE.run(tx.connection, [{"name": "Galina"}])
    async with storage.read() as connection:
        names = [row["name"] for row in await _NAMES.rows(connection)]
    assert names == ["Anna", "Boris", "Vera", "Elena", "Galina"]


async def test_a_refused_hot_write_fails_the_whole_transaction(storage: Storage) -> None:
    told: list[object] = []
    storage.on_commit = told.extend

    async def hire_another_anna() -> None:
        async with storage.write() as tx:
            await _HIRE.run(tx.connection, [{"name": "Galina"}])
            await _HIRE.run(tx.connection, [{"name": "Anna"}])
            tx.announce("hired")

    with pytest.raises(IntegrityError):
        await hire_another_anna()
    async with storage.write() as tx:
        await _HIRE.run(tx.connection, [{"name": "Elena"}])
    async with storage.read() as connection:
        names = [row["name"] for row in await _NAMES.rows(connection)]
    assert names == ["Anna", "Boris", "Vera", "Elena"]
    assert told == []


@pytest.mark.parametrize("unstorable", ["\ud800", 2**70])
async def test_a_value_that_sqlite_cannot_take_leaves_no_transaction_behind(
    storage: Storage, unstorable: object
) -> None:
    async def hire() -> None:
        async with storage.write() as tx:
            await _HIRE.run(tx.connection, [{"name": "Galina"}, {"name": unstorable}])

    with pytest.raises((UnicodeEncodeError, OverflowError)):
        await hire()
    async with storage.write() as tx:
        await _HIRE.run(tx.connection, [{"name": "Elena"}])
    async with storage.read() as connection:
        names = [row["name"] for row in await _NAMES.rows(connection)]
    assert names == ["Anna", "Boris", "Vera", "Elena"]


async def test_a_hot_write_of_a_reader_is_refused_and_harms_no_later_one(storage: Storage) -> None:
    async def hire() -> None:
        async with storage.read() as connection:
            await _HIRE.run(connection, [{"name": "Galina"}])

    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        await hire()
    async with storage.read() as connection:
        assert len(await _NAMES.rows(connection)) == 3


async def test_hot_writes_of_a_transaction_that_raises_are_never_made(storage: Storage) -> None:
    async def hire_and_fail() -> None:
        async with storage.write() as tx:
            await _HIRE.run(tx.connection, [{"name": "Galina"}])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await hire_and_fail()
    async with storage.write() as tx:
        await tx.execute(insert(_PEOPLE).values(name="Elena"))
    async with storage.read() as connection:
        names = [row["name"] for row in await _NAMES.rows(connection)]
    assert names == ["Anna", "Boris", "Vera", "Elena"]


async def test_several_hot_selects_are_one_errand(storage: Storage, errands: list[str]) -> None:
    async with storage.read() as connection:
        await connection.execute(text("SELECT 1"))
        errands.clear()
        everybody, second, nobody = await rows_of(
            connection, (_NAMES, {}), (_BY_ID, {"id": 2}), (_BY_ID, {"id": 9})
        )
    assert len(everybody) == 3
    assert (second, nobody) == ([{"name": "Boris"}], [])
    assert len([each for each in errands if each != "rollback"]) == 1


async def test_a_reading_asks_by_what_it_was_told_in_one_errand(
    storage: Storage, errands: list[str]
) -> None:
    def names_backwards() -> Reading[list[str]]:
        [everybody] = yield [(_NAMES, {})]
        names = []
        for place in range(len(everybody), 0, -1):
            [[row]] = yield [(_BY_ID, {"id": place})]
            names.append(row["name"])
        return names

    async with storage.read() as connection:
        await connection.execute(text("SELECT 1"))
        errands.clear()
        assert await read_through(connection, names_backwards()) == ["Vera", "Boris", "Anna"]
        assert len(errands) == 1


async def test_a_reading_that_fails_leaves_the_connection_usable(storage: Storage) -> None:
    def stumbles() -> Reading[None]:
        yield [(_NAMES, {})]
        raise LookupError

    async with storage.read() as connection:
        with pytest.raises(LookupError):
            await read_through(connection, stumbles())
        assert len(await _NAMES.rows(connection)) == 3


async def test_a_read_sees_one_state_and_the_next_read_the_newer_one(storage: Storage) -> None:
    query = select(_PEOPLE.c.name).where(_PEOPLE.c.id == 1)
    async with storage.read() as connection:
        assert (await connection.execute(query)).scalar_one() == "Anna"
        async with storage.write() as tx:
            await tx.execute(update(_PEOPLE).where(_PEOPLE.c.id == 1).values(name="Alla"))
        assert (await connection.execute(query)).scalar_one() == "Anna"
    async with storage.read() as connection:
        assert (await connection.execute(query)).scalar_one() == "Alla"


async def test_a_statement_cancelled_on_its_way_leaves_no_transaction_behind(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = asyncio.Event()
    usual: Any = aiosqlite.Connection._execute

    async def telling(self: aiosqlite.Connection, work: Any, *values: Any, **named: Any) -> Any:
        begun.set()
        return await usual(self, work, *values, **named)

    async def write() -> None:
        async with storage.write() as tx:
            await tx.execute(insert(_PEOPLE).values(name="Galina"))

    with monkeypatch.context() as patched:
        patched.setattr(aiosqlite.Connection, "_execute", telling)
        task = asyncio.ensure_future(write())
        await begun.wait()
        task.cancel()
        await asyncio.wait([task])
    async with storage.write() as tx:
        await tx.execute(insert(_PEOPLE).values(name="Dina"))
    async with storage.read() as connection:
        names = (await connection.execute(select(_PEOPLE.c.name))).scalars().all()
    assert "Dina" in names
    assert "Galina" not in names


async def test_a_close_that_is_cut_short_still_ends(storage: Storage) -> None:
    async with storage.read() as connection:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        closing = asyncio.ensure_future(driver.close())
        await asyncio.sleep(0)  # it waits for the thread
        driver.stop()
        await asyncio.wait_for(closing, 10)
