"""A deleted client is nowhere, and comes back whole."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Select, insert, select, update

from crm_core.agents.rights import Action, RecordKind, Scope
from crm_core.clients.access import access_client
from crm_core.clients.lookup import LookupKind, find_by_number
from crm_core.clients.tables import clients
from crm_core.clock import ManualClock
from crm_core.deals.access import access_deal
from crm_core.deals.tables import deals
from crm_core.deleted import find_deleted, list_deleted
from crm_core.deletion import records
from crm_core.deletion.queries import get_deletion, list_deletions, read_deletion_progress
from crm_core.deletion.records import Deletion
from crm_core.deletion.tables import deleted_records, deletions
from crm_core.errors import Conflict, Forbidden, NotFound
from crm_core.leads.tables import leads
from crm_core.search.finding import find
from crm_core.search.renewing import TextRenewal
from crm_core.search.tables import search_texts
from crm_core.storage.engine import Storage
from crm_core.tasks.tables import tasks
from tests.cast import Cast
from tests.crm_core.listed import listed_clients
from tests.crm_core.sales import Sales, open_sales, with_scope

NUMBER = "+74951234567"
MANY = 25  # three pieces of ten
KINDS = (RecordKind.CLIENT, RecordKind.LEAD, RecordKind.DEAL)
TABLES = {RecordKind.CLIENT: clients, RecordKind.LEAD: leads, RecordKind.DEAL: deals}
_ENDINGS = select(tasks.c.id, tasks.c.ending).order_by(tasks.c.id)


@pytest.fixture
def deletion(storage: Storage, clock: ManualClock) -> Deletion:
    return Deletion(storage, clock)


@pytest.fixture
async def many(
    storage: Storage, clock: ManualClock, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> Sales:
    """So many clients of Boris, each with a lead, a deal and a task; deleted ten at a time."""
    monkeypatch.setattr(records, "PIECE", 10)
    sales, now = await open_sales(storage, clock), clock.now()
    made: dict[str, Any] = {"created_at": now, "updated_at": now, "owner_agent_id": cast.boris.id}
    staged = {**made, "stage_since": now}
    lead = {**staged, "stage_id": sales.stage("Fresh").id, "title": "Lamps"}
    deal = {**staged, "stage_id": sales.stage("New").id, "title": "Lamps", "currency": "RUB"}
    task = {"kind": "call", "due_at": now, "created_at": now, "assignee_agent_id": cast.boris.id}
    ids = range(1001, 1001 + MANY)
    async with storage.write() as tx:
        his = {**made, "kind": "person", "client_since": now}
        await tx.execute(insert(clients), [{**his, "id": n, "name": f"Many {n}"} for n in ids])
        await tx.execute(insert(leads), [{**lead, "client_id": n} for n in ids])
        await tx.execute(insert(deals), [{**deal, "amount": 0, "client_id": n} for n in ids])
        await tx.execute(insert(tasks), [{**task, "client_id": n} for n in ids])
    return sales


def _chosen(kind: RecordKind) -> Select[tuple[int]]:
    table, whose = TABLES[kind], "id" if kind is RecordKind.CLIENT else "client_id"
    return select(table.c.id).where(table.c[whose] > 1000)


async def _gone(storage: Storage, kind: RecordKind) -> int:
    query = _chosen(kind).where(TABLES[kind].c.deleted_at.is_not(None))
    async with storage.read() as connection:
        return len((await connection.execute(query)).all())


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
    await deletion.delete(cast.grigory, RecordKind.CLIENT, cast.romashka)
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
        await deletion.restore(cast.anna, RecordKind.CLIENT, cast.romashka)

    await clock.advance(60)
    await deletion.restore(cast.grigory, RecordKind.CLIENT, cast.romashka)
    assert await _found(storage, cast) == (True, LookupKind.ONE, True)
    async with storage.read() as connection:
        await access_deal(connection, cast.grigory, deal_id)
        assert (await connection.execute(_ENDINGS)).all() == before
    with pytest.raises(NotFound):
        await deletion.restore(cast.grigory, RecordKind.CLIENT, cast.romashka)


@pytest.mark.parametrize("kind", KINDS)
async def test_many_are_deleted_and_brought_back_in_one_step(
    kind: RecordKind,
    storage: Storage,
    clock: ManualClock,
    cast: Cast,
    many: Sales,
    deletion: Deletion,
) -> None:
    grigory = cast.grigory
    async with storage.read() as connection:
        before = (await connection.execute(_ENDINGS)).all()
    step = await deletion.begin(grigory, kind, _chosen(kind))
    assert step is not None
    assert await _gone(storage, kind) == 0
    await deletion.carry_out(step)
    assert await _gone(storage, kind) == MANY
    async with storage.read() as connection:
        done = await get_deletion(connection, grigory, step)
        [listed] = await list_deletions(connection, grigory, kind)
        gone = await list_deleted(connection, grigory, kind)
        with pytest.raises(NotFound):
            await get_deletion(connection, cast.boris, step)
    assert (done, done.state, done.count, done.skipped) == (listed, "done", MANY, 0)
    assert {(each.agent_name, each.deleted_at) for each in gone} == {("Grigory Lvov", done.at)}
    assert await deletion.begin(grigory, kind, _chosen(kind)) is None

    await clock.advance(60)
    await deletion.restore(grigory, kind, gone[0].id)  # one of them, for himself
    async with storage.write() as tx:  # the index was built anew while they were deleted
        await tx.execute(search_texts.delete())
    with pytest.raises(NotFound):
        await deletion.undo(cast.boris, step)
    await deletion.undo(grigory, step)
    await deletion.carry_out(step)
    await TextRenewal(storage).renew_all()
    assert await _gone(storage, kind) == 0
    async with storage.read() as connection:
        undone = await get_deletion(connection, grigory, step)
        progress = await read_deletion_progress(connection, undone)
        assert (await connection.execute(_ENDINGS)).all() == before
        found = select(search_texts.c.record_id).where(search_texts.c.kind == kind.value)
        assert len((await connection.execute(found)).all()) == MANY
        assert await list_deletions(connection, grigory, kind) == []
    assert (undone.state, progress.done, progress.kept) == ("restored", MANY, 1)
    with pytest.raises(Conflict, match="deletion_undone"):
        await deletion.undo(grigory, step)


@pytest.mark.parametrize("kind", KINDS)
async def test_one_that_was_cut_short_goes_on_at_the_next_start(
    kind: RecordKind, storage: Storage, cast: Cast, many: Sales, deletion: Deletion
) -> None:
    step = await deletion.begin(cast.grigory, kind, _chosen(kind))
    assert step is not None

    async def power_cut(nth: int) -> None:
        writes, original = 0, storage.write

        def write(*, urgent: bool = False):  # type: ignore[no-untyped-def]
            nonlocal writes
            writes += 1
            if writes > nth:
                raise KeyboardInterrupt
            return original(urgent=urgent)

        storage.write = write  # type: ignore[method-assign]
        try:
            with pytest.raises(KeyboardInterrupt):
                await deletion.carry_out(step)
        finally:
            storage.write = original  # type: ignore[method-assign]

    await power_cut(2)
    assert await _gone(storage, kind) == 20
    async with storage.read() as connection:
        [half] = await list_deletions(connection, cast.grigory, kind)
        progress = await read_deletion_progress(connection, half)
    assert (half.is_going_on, progress.done, progress.total) == (True, 20, MANY)
    with pytest.raises(Conflict, match="deletion_goes_on"):
        await deletion.undo(cast.grigory, step)
    await deletion.resume()
    assert await _gone(storage, kind) == MANY
    await deletion.undo(cast.grigory, step)
    await power_cut(1)
    assert await _gone(storage, kind) == MANY - 10
    await deletion.resume()
    assert await _gone(storage, kind) == 0


async def test_a_choice_that_was_cut_short_never_happened(
    storage: Storage, cast: Cast, many: Sales, deletion: Deletion
) -> None:
    await deletion.begin(cast.grigory, RecordKind.DEAL, _chosen(RecordKind.DEAL))
    async with storage.write() as tx:
        await tx.execute(update(deletions).values(state="chosen"))
    await deletion.resume()
    async with storage.read() as connection:
        for table in (deletions, deleted_records):
            assert (await connection.execute(select(table))).all() == []
    assert await _gone(storage, RecordKind.DEAL) == 0


async def test_what_is_another_s_by_now_stays(
    storage: Storage, cast: Cast, many: Sales, deletion: Deletion
) -> None:
    boris = with_scope(cast.boris, RecordKind.DEAL, Scope.OWN, Action.DELETE)
    chosen = _chosen(RecordKind.DEAL)
    step = await deletion.begin(boris, RecordKind.DEAL, chosen)
    assert step is not None
    async with storage.write() as tx:
        one = deals.c.client_id == 1001
        await tx.execute(update(deals).where(one).values(owner_agent_id=cast.vera.id))
    await deletion.carry_out(step)
    assert await _gone(storage, RecordKind.DEAL) == MANY - 1
    async with storage.read() as connection:
        done = await get_deletion(connection, cast.boris, step)
        progress = await read_deletion_progress(connection, done)
    assert (done.count, progress.stayed) == (MANY - 1, 1)


async def test_a_lead_that_became_a_client_is_left_out(
    storage: Storage, cast: Cast, many: Sales, deletion: Deletion
) -> None:
    lead_id = await many.lead(cast.anna)
    await many.conversion.convert(cast.anna, lead_id)
    with pytest.raises(Conflict, match="lead_is_converted"):
        await deletion.delete(cast.grigory, RecordKind.LEAD, lead_id)
    of_lead = select(leads.c.id).where(leads.c.id == lead_id)
    with pytest.raises(Conflict, match="lead_is_converted"):
        await deletion.begin(cast.grigory, RecordKind.LEAD, of_lead)
    step = await deletion.begin(cast.grigory, RecordKind.LEAD, select(leads.c.id))
    assert step is not None
    await deletion.carry_out(step)
    async with storage.read() as connection:
        done = await get_deletion(connection, cast.grigory, step)
    assert (done.count, done.skipped) == (MANY, 1)


async def test_only_what_is_ones_own_to_delete_is_deleted(
    storage: Storage, cast: Cast, deletion: Deletion
) -> None:
    kind, everybody = RecordKind.CLIENT, select(clients.c.id)
    anna = with_scope(cast.anna, kind, Scope.OWN, Action.DELETE)
    with pytest.raises(Forbidden):
        await deletion.delete(cast.boris, kind, cast.romashka)
    with pytest.raises(Forbidden):
        await deletion.begin(cast.boris, kind, everybody)
    with pytest.raises(NotFound):
        await deletion.delete(replace(anna, active=False), kind, cast.romashka)
    boris = with_scope(cast.boris, kind, Scope.OWN, Action.DELETE)
    step = await deletion.begin(boris, kind, everybody)
    assert step is not None
    async with storage.read() as connection:
        begun = await get_deletion(connection, boris, step)
    assert (begun.count, begun.skipped) == (1, 1)  # Pavel was nobody's
    with pytest.raises(Conflict, match="deletion_goes_on"):
        await deletion.undo(boris, step)
