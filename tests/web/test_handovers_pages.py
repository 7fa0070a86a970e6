"""Handing over on the pages: one client, all that a colleague has, and the way back."""

from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select

from crm_core.clients.tables import clients
from crm_core.deals.records import NewDeal
from crm_core.deals.tables import deals
from crm_core.leads.records import NewLead, Party
from crm_core.leads.tables import leads
from crm_core.tasks.about import About
from crm_core.tasks.next_step import NextStep
from crm_core.tasks.tables import tasks
from tests.web.conftest import ClientAs, Office
from tests.web.sales import begin_sales


async def _owned_by(office: Office, agent_id: int) -> int:
    query = select(func.count()).where(clients.c.owner_agent_id == agent_id)
    async with office.services.storage.read() as connection:
        return int((await connection.execute(query)).scalar_one())


async def test_a_client_is_handed_over_from_his_card_and_back(
    office: Office, client_as: ClientAs
) -> None:
    anna, boris = await client_as("anna"), office.cast.boris
    headers = {"Accept": "application/json", "X-CSRF-Token": await anna.csrf()}
    path = f"/clients/{office.cast.romashka}/owner"
    answer = await anna.request("POST", path, data={"owner": boris.id}, headers=headers)
    assert await _owned_by(office, boris.id) == 1
    assert answer.json["told"] == "The client has another owner."
    card = await anna.get(f"/clients/{office.cast.romashka}/timeline?shown=changes")
    assert "handed over" in card.words
    assert "owner: Boris Klimov" in card.words
    back = await anna.request("POST", answer.json["undo"], headers=headers)
    assert back.json["told"] == "The handover is taken back."
    assert await _owned_by(office, boris.id) == 0
    again = await anna.request("POST", answer.json["undo"], headers=headers)
    assert again.status == 409


async def test_all_that_a_colleague_has_is_handed_over_and_told_in_the_list(
    office: Office, client_as: ClientAs
) -> None:
    now, anna, boris = office.clock.now(), office.cast.anna, office.cast.boris
    row = {"kind": "person", "owner_agent_id": anna.id, "client_since": now}
    row |= {"created_at": now, "updated_at": now}
    async with office.services.storage.write() as tx:
        await tx.execute(insert(clients), [{**row, "name": f"Client {n}"} for n in range(1_000)])
    dina = await client_as("dina")
    path = f"/admin/people/{anna.id}/hand-over"
    shown = await dina.post(path, {"to": boris.id})
    assert "1,001 clients" in shown.words
    assert await _owned_by(office, boris.id) == 1_001
    listed = await (await client_as("boris")).get("/handovers")
    assert "1,001 clients" in listed.words
    assert "Take it back" not in listed.words  # who was given something does not take it back
    nothing = await (await client_as("anna")).get("/handovers")
    assert "Nothing was handed over yet" in nothing.words
    again = await dina.post(path, {"to": boris.id})
    assert "There is nothing to hand over." in again.words
    await dina.post(f"{shown.url.path}/undo", {})
    assert await _owned_by(office, anna.id) == 1_001
    refused = await dina.post(path, {"to": ""})
    assert refused.status == 422


async def test_chosen_clients_are_handed_over_with_what_was_ticked(
    office: Office, client_as: ClientAs
) -> None:
    vera, boris, cast = await client_as("vera"), office.cast.boris, office.cast
    chosen = {"ids": f"{cast.romashka},{cast.pavel}", "asked_along": "1", "along_deals": "1"}
    shown = await vera.post("/clients/hand-over", {**chosen, "to": boris.id})
    assert "2 clients" in shown.words
    nobody = await vera.post("/clients/hand-over", {"ids": "", "to": boris.id})
    assert nobody.status == 422
    everything = await vera.post(
        "/clients/hand-over", {"all": "1", "query": "", "to": cast.anna.id}
    )
    assert "2 clients" in everything.words
    assert await _owned_by(office, cast.anna.id) == 2


@pytest.mark.parametrize("kind", ["lead", "deal"])
async def test_a_lead_or_a_deal_is_handed_over_from_its_page_with_its_tasks_and_back(
    kind: str, office: Office, client_as: ClientAs
) -> None:
    await begin_sales(office)
    services, cast = office.services, office.cast
    if kind == "lead":
        record_id = await services.leads.create(cast.anna, NewLead(Party("Olga Novak")))
    else:
        record_id = await services.deals.create(cast.anna, NewDeal("Lamps", cast.romashka))
    about = About(lead_id=record_id) if kind == "lead" else About(deal_id=record_id)
    due_at = office.clock.now() + timedelta(hours=1)
    step = NextStep(text="Send it", due_at=due_at, assignee_agent_id=cast.anna.id)
    task_id = await services.tasks.create(cast.anna, step, about)

    async def whose() -> list[int | None]:
        table = leads if kind == "lead" else deals
        async with services.storage.read() as connection:
            owner = select(table.c.owner_agent_id).where(table.c.id == record_id)
            doer = select(tasks.c.assignee_agent_id).where(tasks.c.id == task_id)
            return [(await connection.execute(each)).scalar_one() for each in (owner, doer)]

    anna, boris = await client_as("anna"), await client_as("boris")
    headers = {"Accept": "application/json", "X-CSRF-Token": await anna.csrf()}
    path = f"/{kind}s/{record_id}/owner"
    answer = await anna.request("POST", path, data={"owner": cast.boris.id}, headers=headers)
    assert answer.json["told"] == f"The {kind} has another owner."
    assert await whose() == [cast.boris.id, cast.boris.id]
    assert f"1 {kind}" in (await boris.get("/handovers")).words
    late = await anna.request("POST", path, data={"owner": cast.anna.id}, headers=headers)
    assert late.status == 403
    await anna.request("POST", answer.json["undo"], headers=headers)
    assert await whose() == [cast.anna.id, cast.anna.id]
