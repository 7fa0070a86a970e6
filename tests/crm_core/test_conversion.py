"""A lead becomes a client without losing a line of history, and it can be taken back."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, insert, select, update

from crm_core.agents.rights import RecordKind, Scope
from crm_core.calls.tables import calls
from crm_core.clients.hanging import hanging
from crm_core.clients.tables import client_numbers, clients, contact_points, contacts, files, notes
from crm_core.clock import ManualClock
from crm_core.deals.records import NewDeal
from crm_core.deals.tables import deals, stage_changes
from crm_core.errors import Conflict, Forbidden, Invalid, NotFound
from crm_core.leads.conversion import DealWish
from crm_core.leads.records import NewLead, Party
from crm_core.leads.tables import leads
from crm_core.storage.engine import Storage
from crm_core.storage.schema import metadata
from crm_core.tasks.tables import tasks
from tests.cast import Cast
from tests.crm_core.sales import Sales, open_sales, with_scope

SAME_NUMBER = "8 (495) 123-45-67"  # Romashka has it as well


@pytest.fixture
async def sales(storage: Storage, clock: ManualClock, cast: Cast) -> Sales:
    return await open_sales(storage, clock)


async def _all(storage: Storage, table: Any, *where: Any) -> list[dict[str, Any]]:
    async with storage.read() as connection:
        found = await connection.execute(select(table).where(*where).order_by(*table.primary_key))
        return [dict(row) for row in found.mappings()]


async def _lead(storage: Storage, lead_id: int) -> dict[str, Any]:
    [row] = await _all(storage, leads, leads.c.id == lead_id)
    return row


async def _add_history(
    storage: Storage, client_id: int, lead_id: int, clock: ManualClock, counts: dict[str, int]
) -> None:
    """So many notes, calls, tasks and files of somebody."""
    at, made = clock.now(), {"created_at": clock.now()}
    mine: dict[str, Any] = {"client_id": client_id}
    rows: dict[Any, Callable[[int], dict[str, Any]]] = {
        notes: lambda n: {**made, **mine, "lead_id": lead_id, "text": f"note {n}"},
        calls: lambda n: {
            **mine,
            "call_id": f"{client_id}.{n}",
            "direction": "inbound",
            "started_at": at,
        },
        tasks: lambda n: {
            **made,
            **mine,
            "kind": "next_step",
            "text": f"task {n}",
            "lead_id": lead_id,
            "due_at": at + timedelta(days=n),
        },
        files: lambda n: {
            **made,
            **mine,
            "name": f"{n}.pdf",
            "media_type": "application/pdf",
            "size": n,
            "sha256": f"{n:064x}",
        },
    }
    async with storage.write() as tx:
        for table, row in rows.items():
            for n in range(counts[table.name]):
                await tx.execute(insert(table).values(**row(n)))


HISTORY = (notes, calls, tasks, files, stage_changes, leads, contacts, contact_points)


async def _history(storage: Storage) -> dict[str, list[dict[str, Any]]]:
    """Every line, without whose it is."""
    hidden = {"client_id", "deal_id", "contact_id", "updated_at", "version", "search"}
    kept: dict[str, list[dict[str, Any]]] = {}
    for table in (*HISTORY, client_numbers, deals, clients):
        rows = await _all(storage, table)
        kept[table.name] = [{k: v for k, v in row.items() if k not in hidden} for row in rows]
    return kept


async def _owners(storage: Storage) -> dict[str, list[tuple[Any, int]]]:
    owned = {}
    for name, (table, key) in hanging().items():
        rows = await _all(storage, table)
        owned[name] = sorted((row[key], row["client_id"]) for row in rows if row["client_id"])
    return owned


def test_everything_that_hangs_on_a_client_moves_with_him() -> None:
    referring = {
        table.name
        for table in metadata.sorted_tables
        for column in table.columns
        if any(key.column.table is clients for key in column.foreign_keys)
    }
    assert referring - {"client_merges"} == set(hanging())


async def test_who_asked_becomes_a_client_with_a_deal_of_his(
    storage: Storage, sales: Sales, cast: Cast, clock: ManualClock
) -> None:
    lead_id = await sales.lead(cast.anna, "Olga Novak", "8 916 765-43-21")
    party_id = (await _lead(storage, lead_id))["client_id"]
    await _add_history(storage, party_id, lead_id, clock, {t.name: 1 for t in HISTORY})
    became = await sales.conversion.convert(
        cast.anna, lead_id, deal=DealWish(amount=500_00, title="Lamps")
    )
    assert became.client_id == party_id
    [client] = await _all(storage, clients, clients.c.id == party_id)
    [deal] = await _all(storage, deals)
    lead, [task] = await _lead(storage, lead_id), await _all(storage, tasks)
    assert client["client_since"] == clock.now()
    assert (deal["title"], deal["amount"], deal["client_id"]) == ("Lamps", 500_00, party_id)
    assert (lead["stage_id"], lead["deal_id"]) == (sales.stage("Client").id, deal["id"])
    assert (task["lead_id"], task["deal_id"]) == (lead_id, deal["id"])


async def test_without_a_deal_there_is_none(storage: Storage, sales: Sales, cast: Cast) -> None:
    lead_id = await sales.lead(cast.anna)
    became = await sales.conversion.convert(cast.anna, lead_id)
    assert (became.deal_id, await _all(storage, deals)) == (None, [])
    with pytest.raises(Conflict, match="lead_is_converted"):
        await sales.conversion.convert(cast.anna, lead_id)


async def test_a_person_who_works_for_a_client_becomes_a_contact_there(
    storage: Storage, sales: Sales, cast: Cast
) -> None:
    party = Party("Olga Novak", number=f"8 916 765-43-21, {SAME_NUMBER}", email="o@lux.example")
    lead_id = await sales.leads.create(cast.anna, NewLead(party))
    await sales.conversion.convert(cast.anna, lead_id, into_client_id=cast.romashka)
    mine = contacts.c.client_id == cast.romashka
    [olga] = await _all(storage, contacts, mine, contacts.c.name == "Olga Novak")
    numbers = await _all(storage, client_numbers, client_numbers.c.client_id == cast.romashka)
    assert [n["digits"] for n in numbers] == ["74951234567", "79161234567", "79167654321"]
    assert [n["contact_id"] for n in numbers] == [olga["id"], cast.ivan, olga["id"]]
    [email] = await _all(storage, contact_points)
    assert (email["client_id"], email["contact_id"]) == (cast.romashka, olga["id"])


async def test_a_lead_is_not_made_one_with_another_lead(
    storage: Storage, sales: Sales, cast: Cast
) -> None:
    one, other = [await sales.lead(cast.anna, name) for name in ("Olga", "Petr")]
    into = (await _lead(storage, other))["client_id"]
    with pytest.raises(Invalid, match="client_is_a_lead"):
        await sales.conversion.convert(cast.anna, one, into_client_id=into)


async def test_a_lead_of_somebody_known_only_brings_the_deal(
    storage: Storage, sales: Sales, cast: Cast
) -> None:
    wanted = NewLead(client_id=cast.romashka, request="More lamps")
    lead_id = await sales.leads.create(cast.anna, wanted)
    before = await _all(storage, clients)
    became = await sales.conversion.convert(cast.anna, lead_id, deal=DealWish())
    after = await _all(storage, clients)
    assert became.client_id == cast.romashka
    assert [row["client_since"] for row in after] == [row["client_since"] for row in before]
    with pytest.raises(Conflict, match="lead_is_converted"):
        await sales.deletion.delete(cast.anna, RecordKind.LEAD, lead_id)


async def test_a_conversion_that_is_refused_leaves_everything_as_it_was(
    storage: Storage, sales: Sales, cast: Cast
) -> None:
    lead_id = await sales.lead(cast.anna)
    before = await _history(storage)
    wish = DealWish(amount=-1)
    with pytest.raises(Invalid):
        await sales.conversion.convert(cast.anna, lead_id, into_client_id=cast.romashka, deal=wish)
    no_deals = with_scope(cast.anna, RecordKind.DEAL, Scope.NONE)
    with pytest.raises(Forbidden):
        await sales.conversion.convert(no_deals, lead_id, deal=DealWish())
    assert await _history(storage) == before


async def test_what_something_was_built_on_is_not_taken_back(sales: Sales, cast: Cast) -> None:
    lead_id = await sales.lead(cast.anna)
    became = await sales.conversion.convert(cast.anna, lead_id, deal=DealWish())
    assert became.deal_id is not None
    await sales.selling.add(cast.anna, became.deal_id, title="Lamp", price="10")
    with pytest.raises(Conflict, match="built_on"):
        await sales.conversion.undo(cast.anna, lead_id, became.change_id)


async def test_a_client_with_a_second_deal_stays_one(sales: Sales, cast: Cast) -> None:
    lead_id = await sales.lead(cast.anna)
    became = await sales.conversion.convert(cast.anna, lead_id)
    await sales.deals.create(cast.anna, NewDeal("Lamps", became.client_id))
    with pytest.raises(Conflict, match="built_on"):
        await sales.conversion.undo(cast.anna, lead_id, became.change_id)


async def test_another_does_not_take_a_conversion_back(sales: Sales, cast: Cast) -> None:
    lead_id = await sales.lead(cast.anna)
    became = await sales.conversion.convert(cast.anna, lead_id)
    with pytest.raises(NotFound):
        await sales.conversion.undo(cast.boris, lead_id, became.change_id)


_COUNTS = st.fixed_dictionaries({table.name: st.integers(0, 3) for table in HISTORY})


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    counts=_COUNTS,
    into_known=st.booleans(),
    organisation=st.booleans(),
    with_deal=st.booleans(),
    numbers=st.sets(st.sampled_from([SAME_NUMBER, "8 916 765-43-21", "+44 20 7946 0958"])),
    note=st.sampled_from(["", "Likes tea"]),
)
async def test_no_line_is_lost_or_doubled_and_undoing_leaves_all_as_it_was(
    counts: dict[str, int],
    into_known: bool,
    organisation: bool,
    with_deal: bool,
    numbers: set[str],
    note: str,
    storage: Storage,
    sales: Sales,
    cast: Cast,
    clock: ManualClock,
) -> None:
    kind = "organisation" if organisation else "person"
    party = Party("Olga Novak", kind, "Petr", ", ".join(sorted(numbers)), "olga@lux.example")
    lead_id = await sales.leads.create(cast.anna, NewLead(party))
    party_id = (await _lead(storage, lead_id))["client_id"]
    await _add_history(storage, party_id, lead_id, clock, counts)
    async with storage.write() as tx:
        await tx.execute(update(clients).where(clients.c.id == party_id).values(note=note))
    before, owned = await _history(storage), await _owners(storage)
    target = cast.romashka if into_known else None
    await clock.advance(60)

    became = await sales.conversion.convert(
        cast.anna, lead_id, into_client_id=target, deal=DealWish() if with_deal else None
    )
    after = await _history(storage)
    for table in (calls, tasks, files):
        assert after[table.name] == before[table.name]
    for table in (notes, stage_changes, contact_points):
        assert all(row in after[table.name] for row in before[table.name])
    kept = {key for key, owner in (await _owners(storage))["calls"] if owner == became.client_id}
    assert {key for key, owner in owned["calls"] if owner == party_id} <= kept
    if into_known:
        async with storage.read() as connection:
            for table, _ in hanging().values():
                left = select(func.count()).where(table.c.client_id == party_id)
                assert (await connection.execute(left)).scalar_one() == 0, table.name

    await sales.conversion.undo(cast.anna, lead_id, became.change_id)
    assert await _history(storage) == before
    assert await _owners(storage) == owned
    await sales.deletion.delete(cast.anna, RecordKind.LEAD, lead_id)
    async with storage.write() as tx:  # the next example begins without this one's calls
        await tx.execute(calls.delete())
