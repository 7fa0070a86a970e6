"""Leads: whoever asks becomes a row that is nobody's client yet; taken, moved, lost, reopened."""

from typing import Any

import pytest
from sqlalchemy import insert, select

from crm_core.agents.rights import RecordKind, Scope
from crm_core.clients.access import access_client
from crm_core.clients.tables import client_numbers, clients, contact_points, contacts
from crm_core.clock import ManualClock
from crm_core.errors import Conflict, Forbidden, Invalid, NotFound
from crm_core.events import LeadChanged
from crm_core.leads.access import access_lead
from crm_core.leads.records import NewLead, Party
from crm_core.leads.tables import leads
from crm_core.storage.engine import Storage
from crm_core.tables import catalogue_entries
from tests.cast import Cast
from tests.crm_core.sales import Sales, open_sales, with_scope


@pytest.fixture
async def sales(storage: Storage, clock: ManualClock, cast: Cast) -> Sales:
    return await open_sales(storage, clock)


async def _rows(storage: Storage, table: Any, *where: Any) -> list[dict[str, Any]]:
    async with storage.read() as connection:
        found = await connection.execute(select(table).where(*where))
        return [dict(row) for row in found.mappings()]


async def test_an_organisation_asks_through_a_person(
    storage: Storage, sales: Sales, cast: Cast, clock: ManualClock
) -> None:
    party = Party("Lux Ltd", "organisation", "Olga Novak", "8 916 765-43-21", "Olga@Lux.example")
    lead_id = await sales.leads.create(cast.anna, NewLead(party, request="Forty lamps\nby June"))
    [lead] = await _rows(storage, leads, leads.c.id == lead_id)
    [client] = await _rows(storage, clients, clients.c.id == lead["client_id"])
    assert (lead["title"], lead["owner_agent_id"], lead["touched_at"]) == (
        "Forty lamps",
        cast.anna.id,
        None,
    )
    assert (client["name"], client["client_since"], client["owner_agent_id"]) == (
        "Lux Ltd",
        None,
        cast.anna.id,
    )
    [contact] = await _rows(storage, contacts, contacts.c.client_id == client["id"])
    [number] = await _rows(storage, client_numbers, client_numbers.c.client_id == client["id"])
    [email] = await _rows(storage, contact_points)
    assert (number["e164"], number["contact_id"]) == ("+79167654321", contact["id"])
    assert (email["written"], email["key"]) == ("Olga@Lux.example", "olga@lux.example")


@pytest.mark.parametrize(
    ("wanted", "field", "code"),
    [
        (NewLead(), "name", "required"),
        (NewLead(Party("")), "name", "required"),
        (NewLead(Party("Olga", number="none")), "number", "number_without_digits"),
        (NewLead(Party("Olga", email="olga")), "email", "email_bad"),
        (NewLead(Party("Olga", kind="robot")), "kind", "unknown_choice"),
        (NewLead(Party("Olga"), source_id=999), "source", "not_a_choice"),
        (NewLead(Party("Olga"), title="x" * 301), "title", "too_long"),
    ],
)
async def test_a_lead_that_cannot_be_leaves_nothing_behind(
    wanted: NewLead, field: str, code: str, storage: Storage, sales: Sales, cast: Cast
) -> None:
    before = len(await _rows(storage, clients))
    with pytest.raises(Invalid) as refused:
        await sales.leads.create(cast.anna, wanted)
    assert (refused.value.field, refused.value.code) == (field, code)
    assert (await _rows(storage, leads), len(await _rows(storage, clients))) == ([], before)


async def test_a_free_lead_is_taken_by_the_first_and_so_is_whoever_asks(
    storage: Storage, sales: Sales, cast: Cast, clock: ManualClock
) -> None:
    lead_id = await sales.lead(cast.vera)
    await sales.leads.take(cast.anna, lead_id)
    [lead] = await _rows(storage, leads)
    [client] = await _rows(storage, clients, clients.c.id == lead["client_id"])
    assert (lead["owner_agent_id"], client["owner_agent_id"]) == (cast.anna.id, cast.anna.id)
    assert lead["touched_at"] == clock.now()
    with pytest.raises(Conflict, match="lead_taken"):
        await sales.leads.take(cast.boris, lead_id)


async def test_the_first_thing_done_is_remembered_and_no_later_one(
    storage: Storage, sales: Sales, cast: Cast, clock: ManualClock
) -> None:
    lead_id = await sales.lead(cast.anna)
    await clock.advance(60)
    first = clock.now()
    await sales.leads.touch(cast.anna, lead_id)
    await clock.advance(60)
    fresh, talks = sales.stage("Fresh"), sales.stage("In talks")
    await sales.leads.tick(cast.anna, lead_id, fresh.actions[0].id, done=True)
    await sales.leads.move(cast.anna, lead_id, talks.id, before=fresh.id)
    [lead] = await _rows(storage, leads)
    assert lead["touched_at"] == first


async def test_a_lead_is_not_won_by_moving_it(sales: Sales, cast: Cast) -> None:
    lead_id = await sales.lead(cast.anna)
    with pytest.raises(Conflict, match="lead_won_by_converting"):
        await sales.leads.move(
            cast.anna, lead_id, sales.stage("Client").id, before=sales.stage("Fresh").id
        )


async def test_a_lost_lead_has_its_reason_until_it_is_reopened(
    storage: Storage, sales: Sales, cast: Cast
) -> None:
    async with storage.write() as tx:
        row = {"catalogue": "loss_reason", "title": "Wrong number"}
        [reason_id] = (await tx.execute(insert(catalogue_entries).values(row))).inserted_primary_key
    lead_id, fresh = await sales.lead(cast.anna), sales.stage("Fresh").id
    await sales.leads.lose(cast.anna, lead_id, before=fresh, reason_id=reason_id)
    [lead] = await _rows(storage, leads)
    assert (lead["loss_reason_id"], lead["closed_at"] is not None) == (reason_id, True)
    await sales.leads.reopen(cast.anna, lead_id)
    [lead] = await _rows(storage, leads)
    assert (lead["stage_id"], lead["loss_reason_id"], lead["closed_at"]) == (fresh, None, None)


async def test_every_change_is_told(storage: Storage, sales: Sales, cast: Cast) -> None:
    lead_id = await sales.lead(cast.vera)
    told: list[object] = []
    storage.on_commit = told.extend
    await sales.leads.take(cast.anna, lead_id)
    await sales.hand_over(cast.anna, RecordKind.LEAD, lead_id, cast.boris)
    await sales.deletion.delete(cast.boris, RecordKind.LEAD, lead_id)
    await sales.deletion.restore(cast.boris, RecordKind.LEAD, lead_id)
    [lead] = await _rows(storage, leads)
    of_leads = [fact for fact in told if isinstance(fact, LeadChanged)]
    assert of_leads == [LeadChanged(lead_id=lead_id, client_id=lead["client_id"])] * 4


@pytest.mark.parametrize("scope", Scope)
async def test_a_lead_and_who_asks_are_seen_within_the_scope_of_the_role(
    scope: Scope, storage: Storage, sales: Sales, cast: Cast
) -> None:
    by_owner = {
        Scope.OWN: await sales.lead(cast.anna),
        Scope.TEAM: await sales.lead(cast.boris),
        Scope.ALL: await sales.lead(cast.vera),
    }
    await sales.hand_over(cast.vera, RecordKind.LEAD, by_owner[Scope.ALL], cast.grigory)
    anna = with_scope(cast.anna, RecordKind.LEAD, scope)
    for whose, lead_id in by_owner.items():
        [lead] = await _rows(storage, leads, leads.c.id == lead_id)
        reached = list(Scope).index(whose) <= list(Scope).index(scope)
        async with storage.read() as connection:
            for look in (
                access_lead(connection, anna, lead_id),
                access_client(connection, anna, lead["client_id"]),
            ):
                if reached:
                    await look
                else:
                    with pytest.raises(NotFound):
                        await look


async def test_who_may_change_no_leads_takes_none_down(sales: Sales, cast: Cast) -> None:
    with pytest.raises(Forbidden):
        await sales.lead(with_scope(cast.anna, RecordKind.LEAD, Scope.NONE))
