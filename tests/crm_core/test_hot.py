"""Hot selects on both engines: many values in one parameter, rows as tuples, instants."""

from datetime import UTC, datetime, timedelta, timezone
from typing import NamedTuple

import pytest
from sqlalchemy import bindparam, insert, select, text, update

from crm_core.clients.tables import client_numbers, clients
from crm_core.storage.among import among
from crm_core.storage.base import Instant
from crm_core.storage.engine import Connection, Storage
from crm_core.storage.hot import HotSelect
from crm_core.storage.hot_write import HotWrite

EARLY = datetime(2026, 3, 2, 9, 30, 0, 7, tzinfo=UTC)
NAMES = ["Anna", "Борис «Рекс»", "D'Arcy", 'Quo"te', "back\\slash", "{brace,s}", "NULL", ""]


class Who(NamedTuple):
    id: int
    name: str
    created_at: datetime
    deleted_at: datetime | None


WHO = [clients.c.id, clients.c.name, clients.c.created_at, clients.c.deleted_at]
BY_ID = HotSelect(select(*WHO).where(among(clients.c.id, "ids")).order_by(clients.c.id), row=Who)
BY_NAME = HotSelect(select(clients.c.name).where(among(clients.c.name, "names")))
SINCE = HotSelect(
    select(clients.c.id).where(clients.c.created_at >= bindparam("since", type_=Instant()))
)


@pytest.fixture
async def people(storage: Storage) -> list[int]:
    rows = [
        {
            "kind": "person",
            "name": name,
            "client_since": EARLY,
            "created_at": EARLY + timedelta(hours=n),
            "updated_at": EARLY,
        }
        for n, name in enumerate(NAMES)
    ]
    async with storage.write() as tx:
        await tx.execute(insert(clients), rows)
        found = await tx.execute(select(clients.c.id).order_by(clients.c.id))
        return list(found.scalars())


async def test_as_many_as_are_asked_for_are_found(storage: Storage, people: list[int]) -> None:
    async with storage.read() as connection:
        every = await BY_ID.rows(connection, ids=[*people, *range(10_000, 13_000)])
        assert [row.id for row in every] == people
        assert [row.id for row in await BY_ID.rows(connection, ids=people[1:3])] == people[1:3]
        assert await BY_ID.rows(connection, ids=[]) == []


async def test_whatever_a_text_holds_it_is_that_text(storage: Storage, people: list[int]) -> None:
    async with storage.read() as connection:
        for name in NAMES:
            found = await BY_NAME.rows(connection, names=[name, "nobody"])
            assert found == [{"name": name}]


async def test_rows_are_tuples_with_instants_in_them(storage: Storage, people: list[int]) -> None:
    async with storage.write() as tx:
        gone = update(clients).where(clients.c.id == people[1])
        await tx.execute(gone.values(deleted_at=EARLY.astimezone(timezone(timedelta(hours=5)))))
    async with storage.read() as connection:
        first, second = await BY_ID.rows(connection, ids=people[:2])
    assert first == Who(people[0], NAMES[0], EARLY, None)
    assert second == Who(people[1], NAMES[1], EARLY + timedelta(hours=1), EARLY)
    assert second.deleted_at is not None
    assert second.deleted_at.tzinfo is UTC


async def test_an_instant_may_be_asked_about(storage: Storage, people: list[int]) -> None:
    async with storage.read() as connection:
        since = EARLY + timedelta(hours=5)
        found = await SINCE.rows(connection, since=since.astimezone(timezone(timedelta(hours=3))))
        assert sorted(row["id"] for row in found) == people[5:]


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_a_date_alone_is_its_midnight(storage: Storage, people: list[int]) -> None:
    async with storage.write() as tx:
        await tx.execute(text("UPDATE clients SET created_at = '2026-03-02'"))
    async with storage.read() as connection:
        [row] = await BY_ID.rows(connection, ids=people[:1])
    assert row.created_at == datetime(2026, 3, 2, tzinfo=UTC)


async def test_a_write_may_be_about_many(storage: Storage, people: list[int]) -> None:
    rename = HotWrite.same(
        update(clients).where(among(clients.c.id, "ids")).values(name=bindparam("to"))
    )
    async with storage.write() as tx:
        await rename.run(tx.connection, [{"ids": people[2:5], "to": "One"}])
    async with storage.read() as connection:
        found = await BY_NAME.rows(connection, names=["One"])
    assert len(found) == 3


async def test_many_values_are_sought_in_an_index(storage: Storage, engine: str) -> None:
    by_number = select(client_numbers.c.id).where(among(client_numbers.c.e164, "numbers"))
    async with storage.read() as connection:
        sql, values, _ = HotSelect(by_number).prepare(connection.dialect, {"numbers": ["+7", "+8"]})
        plan = await _plan(connection, engine, sql, values)
    assert "ix_client_numbers_e164_client" in plan


async def _plan(connection: Connection, engine: str, sql: str, values: tuple[object, ...]) -> str:
    if engine == "postgres":
        await connection.execute(text("SET LOCAL enable_seqscan = off"))
    prefix = "EXPLAIN QUERY PLAN " if engine == "sqlite" else "EXPLAIN "
    return str([*await connection.exec_driver_sql(prefix + sql, values)])
