"""A deleted client is nowhere, and comes back whole."""

from dataclasses import replace

import pytest
from sqlalchemy import insert, select

from crm_core.agents.rights import Action, RecordKind, Scope
from crm_core.clients import deleting
from crm_core.clients.access import access_client
from crm_core.clients.deleting import Deletion
from crm_core.clients.lookup import LookupKind, find_by_number
from crm_core.clients.tables import clients
from crm_core.clock import ManualClock
from crm_core.deals.access import access_deal
from crm_core.deleted import count_of_step, find_deleted, list_deleted
from crm_core.errors import Forbidden, NotFound
from crm_core.search.finding import find
from crm_core.storage.engine import Storage
from crm_core.tasks.tables import tasks
from tests.cast import Cast
from tests.crm_core.listed import listed_clients
from tests.crm_core.sales import open_sales, with_scope

NUMBER = "+74951234567"
_ENDINGS = select(tasks.c.id, tasks.c.ending).order_by(tasks.c.id)


@pytest.fixture
def deletion(storage: Storage, clock: ManualClock) -> Deletion:
    return Deletion(storage, clock)


async def _found(storage: Storage, cast: Cast) -> tuple[bool, LookupKind, bool]:
    """In the list, by the number, in the search."""
    async with storage.read() as connection:
        listed = await listed_clients(connection, cast.grigory)
        lookup = await find_by_number(connection, NUMBER, "RU")
        found = await find(connection, cast.grigory, "ромашка", "RU")
    hits = [hit for group in found.groups for hit in group.hits] if found else []
    return cast.romashka in listed, lookup.kind, bool(hits)


async def test_a_deleted_client_is_nowhere_and_comes_back_with_all_that_is_his(
    storage: Storage, clock: ManualClock, cast: Cast, deletion: Deletion
) -> None:
    sales = await open_sales(storage, clock)
    deal_id = await sales.deal(cast.anna, cast.romashka)
    row = {"kind": "call", "client_id": cast.romashka, "created_at": clock.now()}
    row |= {"assignee_agent_id": cast.anna.id, "due_at": clock.now()}
    async with storage.write() as tx:
        await tx.execute(insert(tasks).values(**row))
        await tx.execute(insert(tasks).values(**row, done_at=clock.now(), ending="done"))
    async with storage.read() as connection:
        before = (await connection.execute(_ENDINGS)).all()
    assert await _found(storage, cast) == (True, LookupKind.ONE, True)

    await clock.advance(60)
    await deletion.delete(cast.grigory, cast.romashka)
    assert await _found(storage, cast) == (False, LookupKind.NONE, False)
    async with storage.read() as connection:
        with pytest.raises(NotFound):
            await access_client(connection, cast.grigory, cast.romashka)
        with pytest.raises(NotFound):
            await access_deal(connection, cast.grigory, deal_id)
        endings = (await connection.execute(select(tasks.c.ending).order_by(tasks.c.id))).scalars()
        assert list(endings) == ["cancelled", "done"]
        [gone] = await list_deleted(connection, cast.grigory, RecordKind.CLIENT)
        assert (gone.id, gone.agent_name) == (cast.romashka, "Grigory Lvov")
        assert gone.deleted_at == clock.now()
        assert await list_deleted(connection, cast.anna, RecordKind.CLIENT) == []
        assert await find_deleted(connection, cast.anna, RecordKind.CLIENT, gone.id) is None
    with pytest.raises(NotFound):
        await deletion.restore(cast.anna, cast.romashka)

    await clock.advance(60)
    await deletion.restore(cast.grigory, cast.romashka)
    assert await _found(storage, cast) == (True, LookupKind.ONE, True)
    async with storage.read() as connection:
        await access_deal(connection, cast.grigory, deal_id)
        assert (await connection.execute(_ENDINGS)).all() == before
    with pytest.raises(NotFound):
        await deletion.restore(cast.grigory, cast.romashka)


async def test_many_are_deleted_and_brought_back_in_one_step(
    storage: Storage,
    clock: ManualClock,
    cast: Cast,
    deletion: Deletion,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(deleting, "PIECE", 10)
    row = {"kind": "person", "client_since": clock.now(), "owner_agent_id": cast.boris.id}
    row |= {"created_at": clock.now(), "updated_at": clock.now()}
    async with storage.write() as tx:
        await tx.execute(insert(clients), [{**row, "name": f"Many {n}"} for n in range(25)])
    everybody = select(clients.c.id)
    done = await deletion.delete_chosen(cast.grigory, everybody)
    assert (done.count, done.skipped) == (27, 0)
    async with storage.read() as connection:
        assert await listed_clients(connection, cast.grigory) == []
        assert await count_of_step(connection, cast.grigory, done.at) == 27
        assert await count_of_step(connection, cast.anna, done.at) == 0
    assert await deletion.restore_step(cast.anna, done.at) == 0
    assert await deletion.restore_step(cast.grigory, done.at) == 27
    async with storage.read() as connection:
        assert len(await listed_clients(connection, cast.grigory)) == 27


async def test_only_what_is_ones_own_to_delete_is_deleted(
    storage: Storage, cast: Cast, deletion: Deletion
) -> None:
    anna = with_scope(cast.anna, RecordKind.CLIENT, Scope.OWN, Action.DELETE)
    with pytest.raises(Forbidden):
        await deletion.delete(cast.boris, cast.romashka)
    with pytest.raises(Forbidden):
        await deletion.delete_chosen(cast.boris, select(clients.c.id))
    with pytest.raises(NotFound):
        await deletion.delete(replace(anna, active=False), cast.romashka)
    boris = with_scope(cast.boris, RecordKind.CLIENT, Scope.OWN, Action.DELETE)
    done = await deletion.delete_chosen(boris, select(clients.c.id))
    assert (done.count, done.skipped) == (1, 1)  # Pavel was nobody's
