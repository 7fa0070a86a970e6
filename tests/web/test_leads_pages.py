"""The pages of leads: taken down, taken, made a client, taken back."""

from typing import Any

import pytest
from sqlalchemy import select, update

from crm_core.agents.rights import RecordKind
from crm_core.clients.tables import clients
from crm_core.custom_fields.shaping import FieldPlan
from crm_core.custom_fields.types import FieldType
from crm_core.deals.pipelines import Pipeline
from crm_core.leads.records import NewLead, Party
from crm_core.leads.tables import leads
from tests.web.conftest import ClientAs, Office
from tests.web.sales import begin_sales, stage_id


@pytest.fixture
async def pipelines(office: Office) -> tuple[Pipeline, Pipeline]:
    return await begin_sales(office)


async def _lead(office: Office, login: str = "anna") -> int:
    party = Party("Olga Novak", number="8 916 765-43-21")
    wanted = NewLead(party, request="Forty lamps")
    return await office.services.leads.create(getattr(office.cast, login), wanted)


async def _row(office: Office, lead_id: int) -> dict[str, Any]:
    async with office.services.storage.read() as connection:
        query = select(leads, clients.c.client_since).join(clients).where(leads.c.id == lead_id)
        return dict((await connection.execute(query)).mappings().one())


Pipelines = tuple[Pipeline, Pipeline]


async def test_a_lead_is_taken_down_and_shown_with_who_asks(
    office: Office, pipelines: Pipelines, client_as: ClientAs
) -> None:
    anna = await client_as("anna")
    wanted = {
        "kind": "organisation",
        "name": "Lux Ltd",
        "contact_name": "Olga Novak",
        "number": "8 916 765-43-21",
        "request": "Forty lamps\nby June",
    }
    answer = await anna.post("/leads", wanted)
    for told in ("Forty lamps", "Lux Ltd", "Olga Novak", "765-43-21", "nobody has answered"):
        assert told in answer.text, told
    assert "Forty lamps" in (await anna.get("/leads")).words


@pytest.mark.parametrize(
    "wrong", [{"name": ""}, {"number": "none"}, {"email": "olga"}, {"client_id": "999"}]
)
async def test_a_lead_that_cannot_be_is_refused_beside_its_field(
    wrong: dict[str, str], office: Office, pipelines: Pipelines, client_as: ClientAs
) -> None:
    anna = await client_as("anna")
    answer = await anna.post("/leads", {"kind": "person", "name": "Olga", **wrong})
    assert answer.status == 422


async def test_a_free_lead_is_taken_once(
    office: Office, pipelines: Pipelines, client_as: ClientAs
) -> None:
    lead_id = await _lead(office, "vera")
    anna, boris = await client_as("anna"), await client_as("boris")
    assert "Take it" in (await boris.get(f"/leads/{lead_id}")).words
    assert (await anna.post(f"/leads/{lead_id}/take", {})).status == 200
    late = await boris.post(f"/leads/{lead_id}/take", {})
    assert (late.status, "Anna Orlova has taken" in late.words) == (409, True)


async def test_a_lead_becomes_a_client_with_a_deal_and_is_taken_back(
    office: Office, pipelines: Pipelines, client_as: ClientAs
) -> None:
    lead_id, anna = await _lead(office), await client_as("anna")
    assert "A new client" in (await anna.get(f"/leads/{lead_id}/convert")).words
    wish = {"whom": "new", "with_deal": "1", "title": "Lamps", "amount": "900"}
    page = await anna.post(f"/leads/{lead_id}/convert", wish)
    row = await _row(office, lead_id)
    assert row["client_since"] is not None
    assert "It became a deal" in page.words
    deal = await anna.get(f"/deals/{row['deal_id']}")
    assert 'value="Lamps"' in deal.text
    assert "Olga Novak" in deal.words
    later = await anna.get(f"/leads/{lead_id}")
    [undo] = [link for link in later.text.split('"') if "/unconvert/" in link]
    assert "/unconvert/" not in (await (await client_as("boris")).get(f"/leads/{lead_id}")).text
    await anna.post(undo, {})
    assert "/unconvert/" not in (await anna.get(f"/leads/{lead_id}")).text
    assert (await _row(office, lead_id))["client_since"] is None
    assert (await anna.get(f"/deals/{row['deal_id']}")).status == 404


async def test_a_lead_is_made_one_with_a_client_that_is_known(
    office: Office, pipelines: Pipelines, client_as: ClientAs
) -> None:
    lead_id, anna = await _lead(office), await client_as("anna")
    wish = {"whom": "known", "into_client_id": office.cast.romashka}
    await anna.post(f"/leads/{lead_id}/convert", wish)
    card = await anna.get(f"/clients/{office.cast.romashka}")
    assert "Olga Novak" in card.text


async def test_whoever_has_the_same_number_is_proposed_first_and_one_click_makes_them_one(
    office: Office, pipelines: Pipelines, client_as: ClientAs
) -> None:
    cast, leads, anna = office.cast, office.services.leads, await client_as("anna")
    await leads.create(cast.anna, NewLead(Party("Another who asks", number="8 495 123-45-00")))
    await office.services.clients.add_number(cast.anna, cast.romashka, "8 495 123-45-00")
    lead_id = await leads.create(cast.anna, NewLead(Party("Lamps", number="+7 495 1234500")))
    form = (await anna.get(f"/leads/{lead_id}/convert")).text
    ticked = [tag for tag in form.split("<input") if 'name="whom"' in tag and " checked" in tag]
    assert [tag.partition('value="')[2].partition('"')[0] for tag in ticked] == [str(cast.romashka)]
    assert "Another who asks" not in form
    await anna.post(f"/leads/{lead_id}/convert", {"whom": str(cast.romashka)})
    assert (await _row(office, lead_id))["client_id"] == cast.romashka


@pytest.mark.parametrize(
    "wrong",
    [
        {"whom": "known"},
        {"whom": "999"},
        {"whom": "somebody"},
        {"whom": "known", "into_client_id": "999"},
        {"whom": "new", "with_deal": "1", "amount": "much"},
        {"whom": "new", "with_deal": "1", "expected_on": "soon"},
    ],
)
async def test_a_conversion_that_cannot_be_changes_nothing(
    wrong: dict[str, str], office: Office, pipelines: Pipelines, client_as: ClientAs
) -> None:
    lead_id, anna = await _lead(office), await client_as("anna")
    answer = await anna.post(f"/leads/{lead_id}/convert", wrong)
    assert answer.status == 422
    assert (await _row(office, lead_id))["client_since"] is None


async def test_a_lead_of_a_client_that_is_known_asks_for_no_name(
    office: Office, pipelines: Pipelines, client_as: ClientAs
) -> None:
    anna = await client_as("anna")
    assert "ООО «Ромашка»" in (await anna.get(f"/leads/new?client_id={office.cast.romashka}")).words
    wanted = {"client_id": office.cast.romashka, "request": "More lamps"}
    answer = await anna.post("/leads", wanted)
    assert "ООО «Ромашка»" in answer.text


async def test_a_lost_lead_is_reopened(
    office: Office, pipelines: Pipelines, client_as: ClientAs
) -> None:
    lead_id, anna = await _lead(office), await client_as("anna")
    _, of_leads = pipelines
    values = {"stage": stage_id(of_leads, "Not ours"), "before": stage_id(of_leads, "Fresh")}
    assert (await anna.post(f"/leads/{lead_id}/move", values)).status == 200
    assert "Reopen" in (await anna.get(f"/leads/{lead_id}")).words
    await anna.post(f"/leads/{lead_id}/reopen", {})
    assert (await _row(office, lead_id))["closed_at"] is None


async def test_a_lead_is_not_dropped_on_the_end_where_clients_are(
    office: Office, pipelines: Pipelines, client_as: ClientAs
) -> None:
    lead_id, anna = await _lead(office), await client_as("anna")
    _, of_leads = pipelines
    values = {"stage": stage_id(of_leads, "Client"), "before": stage_id(of_leads, "Fresh")}
    assert (await anna.post(f"/leads/{lead_id}/move", values)).status == 409


async def test_what_goes_along_is_shown_before_and_told_after(
    office: Office, pipelines: Pipelines, client_as: ClientAs
) -> None:
    lead_id, shaping, dina = await _lead(office), office.services.shaping, office.cast.dina
    keys = dict[str, int]()
    for kind, titles in ((RecordKind.LEAD, ("Gate", "Floor")), (RecordKind.CLIENT, ("Gate",))):
        section_id = await shaping.sections.create(dina, kind, title="The way there")
        for title in titles:
            plan = FieldPlan(FieldType.TEXT, title)
            keys[f"{kind} {title}"] = await shaping.fields.create(dina, section_id, plan)
    async with office.services.storage.write() as tx:
        values = {str(keys["lead Gate"]): "the blue one", str(keys["lead Floor"]): "third"}
        await tx.execute(update(leads).values(fields=values))
    anna = await client_as("anna")
    words = " ".join((await anna.get(f"/leads/{lead_id}/convert")).words.split())
    assert "Gate the blue one goes along to the client" in words
    assert "Floor third stays with the lead" in words
    told = await anna.post(f"/leads/{lead_id}/convert", {"whom": "new"})
    assert "what was in its own fields went along" in told.words
    client_id = (await _row(office, lead_id))["client_id"]
    assert "the blue one" in (await anna.get(f"/clients/{client_id}")).text
    [undo] = [link for link in told.text.split('"') if "/unconvert/" in link]
    await anna.post(undo, {})
    assert "the blue one" not in (await anna.get(f"/clients/{client_id}")).text
