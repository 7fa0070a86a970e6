"""The board, the list and the page of deals, as people use them."""

from typing import Any

import pytest
from sqlalchemy import insert, select, update

from crm_core.agents.tables import agents
from crm_core.clients.tables import clients
from crm_core.deals.pipelines import Pipeline
from crm_core.deals.records import NewDeal
from crm_core.deals.tables import deals
from crm_core.tables import catalogue_entries
from crm_core.tasks.about import About
from crm_core.tasks.next_step import NextStep
from tests.web.conftest import ClientAs, Office
from tests.web.sales import begin_sales, stage_id
from tests.web.test_task_form import open_ones


@pytest.fixture
async def pipeline(office: Office) -> Pipeline:
    of_deals, _ = await begin_sales(office)
    return of_deals


async def _deal(office: Office, login: str = "anna", client: str = "romashka", **more: Any) -> int:
    wanted = NewDeal(**{"title": "Forty lamps", "client_id": getattr(office.cast, client), **more})
    return await office.services.deals.create(getattr(office.cast, login), wanted)


async def _row(office: Office, deal_id: int) -> dict[str, Any]:
    async with office.services.storage.read() as connection:
        query = select(deals).where(deals.c.id == deal_id)
        return dict((await connection.execute(query)).mappings().one())


async def test_the_board_shows_each_stage_with_its_count_and_sum(
    office: Office, pipeline: Pipeline, client_as: ClientAs
) -> None:
    await _deal(office, amount=1500_00)
    deal_id = await _deal(office, title="Ten chairs", amount=500_50)
    step = NextStep("Call about the price", office.clock.now(), office.cast.anna.id)
    await office.services.tasks.create(office.cast.anna, step, About(deal_id=deal_id))
    await office.clock.advance(3 * 86400)
    anna = await client_as("anna")
    answer = await anna.get("/deals")
    assert answer.status == 200
    for told in ("New 2 RUB 2,000.50", "Forty lamps", "ООО «Ромашка»", "no step", "Contract 0"):
        assert told in " ".join(answer.words.split()), told
    assert 'class="next-step late"' in answer.text
    assert answer.text.count("board-card stale") == 2


async def test_the_look_is_remembered_for_the_person(
    office: Office, pipeline: Pipeline, client_as: ClientAs
) -> None:
    await _deal(office)
    anna = await client_as("anna")
    assert 'id="board"' in (await anna.get("/deals")).text
    assert "data-rows" in (await anna.get("/deals?look=list")).text
    assert 'id="board"' in (await anna.get("/deals")).text  # to look changes nothing
    assert (await anna.post("/deals/look", {"look": "list"})).status == 200
    assert "data-rows" in (await anna.get("/deals")).text
    assert 'id="board"' in (await anna.get("/deals?look=board")).text
    assert "data-rows" in (await anna.get("/deals")).text
    assert 'id="board"' in (await anna.get("/leads")).text
    assert (await anna.post("/deals/look", {"look": "upside down"})).status == 422


async def test_a_move_is_answered_with_its_way_back(
    office: Office, pipeline: Pipeline, client_as: ClientAs
) -> None:
    deal_id, anna = await _deal(office), await client_as("anna")
    new, offer = stage_id(pipeline, "New"), stage_id(pipeline, "Offer")
    answer = await anna.post(f"/deals/{deal_id}/move", {"stage": offer, "before": new})
    assert answer.json["told"] == "It is in “Offer” now."
    assert (await _row(office, deal_id))["stage_id"] == offer
    undone = await anna.post(answer.json["undo"], {})
    assert undone.status == 200
    assert (await _row(office, deal_id))["stage_id"] == new


async def test_who_is_late_with_a_move_hears_of_it(
    office: Office, pipeline: Pipeline, client_as: ClientAs
) -> None:
    deal_id, anna = await _deal(office), await client_as("anna")
    new, offer = stage_id(pipeline, "New"), stage_id(pipeline, "Offer")
    await office.services.deals.move(office.cast.boris, deal_id, offer, before=new)
    values = {"stage": stage_id(pipeline, "Contract"), "before": new}
    answer = await anna.request(
        "POST",
        f"/deals/{deal_id}/move",
        data=values,
        headers={"Accept": "application/json", "X-CSRF-Token": await anna.csrf()},
    )
    assert answer.status == 409
    assert answer.json["error"]["message"] == "Boris Klimov has moved it to “Offer” meanwhile."


async def test_a_loss_asks_for_its_reason(
    office: Office, pipeline: Pipeline, client_as: ClientAs
) -> None:
    async with office.services.storage.write() as tx:
        row = {"catalogue": "loss_reason", "title": "Too dear"}
        [reason] = (await tx.execute(insert(catalogue_entries).values(row))).inserted_primary_key
    deal_id, anna = await _deal(office), await client_as("anna")
    values = {"stage": stage_id(pipeline, "Lost"), "before": stage_id(pipeline, "New")}
    refused = await anna.post(f"/deals/{deal_id}/move", values)
    assert refused.status == 422
    await anna.post(f"/deals/{deal_id}/move", {**values, "loss_reason": reason})
    assert "Lost: Too dear" in (await anna.get(f"/deals/{deal_id}")).words
    await anna.post(f"/deals/{deal_id}/reopen", {})
    assert (await _row(office, deal_id))["closed_at"] is None


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("whose=me", {"Lamps"}),
        ("whose=all", {"Lamps", "Chairs"}),
        ("search=семенов", {"Chairs"}),
        ("search=LAMP", {"Lamps"}),
        ("period=this_month", {"Lamps"}),
        ("period=next_month", {"Chairs"}),
        ("period=overdue", set()),
        ("state=won&look=list", set()),
        ("pipeline=999&page=0&more=x:y&period=never", {"Lamps", "Chairs"}),
    ],
)
async def test_the_board_is_filtered(
    query: str, found: set[str], office: Office, pipeline: Pipeline, client_as: ClientAs
) -> None:
    today = office.clock.now().date()
    await _deal(office, title="Lamps", expected_on=today)
    later = today.replace(month=today.month + 1)
    await _deal(office, "boris", "pavel", title="Chairs", expected_on=later)
    anna = await client_as("anna")
    words = (await anna.get(f"/deals/records?{query}")).words
    assert {title for title in ("Lamps", "Chairs") if title in words} == found


async def test_a_column_gives_more_cards_when_asked(
    office: Office, pipeline: Pipeline, client_as: ClientAs
) -> None:
    for number in range(52):
        await _deal(office, title=f"Deal {number}")
    anna = await client_as("anna")
    short = await anna.get("/deals/records")
    assert (short.text.count("board-card"), "2 more" in short.words) == (50, True)
    new = stage_id(pipeline, "New")
    assert (await anna.get(f"/deals/records?more={new}:100")).text.count("board-card") == 52


async def test_a_deal_is_made_for_a_client_that_is_found_by_writing(
    office: Office, pipeline: Pipeline, client_as: ClientAs
) -> None:
    anna = await client_as("anna")
    found = await anna.get("/pick/clients?search=ромаш")
    assert f'data-value="{office.cast.romashka}"' in found.text
    wanted = {
        "client_id": office.cast.romashka,
        "title": "Forty lamps",
        "amount": "1 234,50",
        "expected_on": "2026-04-01",
        "stage": stage_id(pipeline, "Offer"),
    }
    answer = await anna.post("/deals", wanted, follow=False)
    row = await _row(office, int(answer.headers["Location"].rsplit("/", 1)[1]))
    assert (row["amount"], row["stage_id"]) == (1234_50, stage_id(pipeline, "Offer"))


async def test_a_task_is_about_whatever_was_found_by_writing(
    office: Office, pipeline: Pipeline, client_as: ClientAs
) -> None:
    deal_id = await _deal(office, title="Forty lamps")
    anna = await client_as("anna")
    found = await anna.get("/pick/records?search=forty")
    assert f'data-fills="deal_id" data-value="{deal_id}"' in found.text
    promised: dict[str, Any] = {
        "text": "Ask about the lamps",
        "pick": "tomorrow",
        "deal_id": deal_id,
    }
    promised["assignee"] = f"agent:{office.cast.anna.id}"
    answer = await anna.post("/tasks", promised, follow=False)
    assert answer.headers["Location"] == f"/deals/{deal_id}"
    [task] = await open_ones(office)
    assert (task.deal_title, task.client_id) == ("Forty lamps", office.cast.romashka)


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": ""},
        {"amount": "much"},
        {"client_id": "999"},
        {"client_id": ""},
        {"expected_on": "soon"},
        {"stage": "won"},
    ],
)
async def test_a_deal_that_cannot_be_is_refused_beside_its_field(
    wrong: dict[str, str], office: Office, pipeline: Pipeline, client_as: ClientAs
) -> None:
    anna = await client_as("anna")
    wanted = {"client_id": str(office.cast.romashka), "title": "Lamps", **wrong}
    answer = await anna.post("/deals", wanted)
    assert answer.status == 422
    assert 'class="error"' in answer.text or "form-error" in answer.text


async def test_lines_are_added_changed_and_removed_and_make_the_amount(
    office: Office, pipeline: Pipeline, client_as: ClientAs
) -> None:
    deal_id, anna = await _deal(office), await client_as("anna")
    lamp = await office.services.sales.products.create(
        office.cast.dina, title="Lamp", currency="RUB", price=100_00
    )
    added = await anna.post(f"/deals/{deal_id}/lines", {"product_id": lamp, "quantity": "3"})
    line = f"/deals/{deal_id}/lines/{added.json['line_id']}"
    assert (await _row(office, deal_id))["amount"] == 300_00
    changed = {"name": "discount", "written": "50", "before": "0"}
    assert (await anna.post(line, changed)).status == 200
    assert (await _row(office, deal_id))["amount"] == 150_00
    assert (await anna.post(line, changed)).status == 200  # it is so already
    stale = {"name": "discount", "written": "10", "before": "0"}
    assert (await anna.post(line, stale)).status == 409
    by_hand = {"name": "amount", "written": "5", "before": "150.00"}
    assert (await anna.post(f"/fields/deal/{deal_id}", by_hand)).status == 422
    assert (await anna.post(f"{line}/remove", {})).status == 200


async def test_a_field_is_edited_in_place_and_taken_back(
    office: Office, pipeline: Pipeline, client_as: ClientAs
) -> None:
    deal_id, anna = await _deal(office), await client_as("anna")
    edit = {"name": "expected_on", "written": "2026-05-01", "before": ""}
    answer = await anna.post(f"/fields/deal/{deal_id}", edit)
    assert (await _row(office, deal_id))["expected_on"].isoformat() == "2026-05-01"
    await anna.post(f"/changes/{answer.json['change_id']}/undo", {})
    assert (await _row(office, deal_id))["expected_on"] is None


async def test_an_action_of_the_stage_is_ticked(
    office: Office, pipeline: Pipeline, client_as: ClientAs
) -> None:
    deal_id, anna = await _deal(office), await client_as("anna")
    action = pipeline.stages[0].actions[0]
    await anna.post(f"/deals/{deal_id}/actions/{action.id}", {"done": "1"})
    page = await anna.get(f"/deals/{deal_id}/card")
    assert page.text.count("checked") == 1
    assert "Anna Orlova" in page.words


async def test_a_deal_of_a_key_client_does_not_exist_for_a_newcomer(
    office: Office, pipeline: Pipeline, client_as: ClientAs
) -> None:
    deal_id = await _deal(office, "vera", "pavel")
    async with office.services.storage.write() as tx:
        await tx.execute(
            update(clients).where(clients.c.id == office.cast.pavel).values(is_key=True)
        )
        await tx.execute(update(agents).where(agents.c.login == "boris").values(newcomer=True))
    boris, new = await client_as("boris"), stage_id(pipeline, "New")
    assert (await boris.get(f"/deals/{deal_id}")).status == 404
    assert "Forty lamps" not in (await boris.get("/deals")).words
    values = {"stage": stage_id(pipeline, "Offer"), "before": new}
    assert (await boris.post(f"/deals/{deal_id}/move", values)).status == 404


async def test_a_deleted_deal_comes_back(
    office: Office, pipeline: Pipeline, client_as: ClientAs
) -> None:
    deal_id, boris = await _deal(office), await client_as("boris")
    grigory = await client_as("grigory")
    assert (await boris.post(f"/deals/{deal_id}/delete", {})).status == 403
    gone = await grigory.post(f"/deals/{deal_id}/delete", {}, follow=False)
    assert gone.status == 303
    assert (await grigory.get(f"/deals/{deal_id}")).status == 410
    assert (await grigory.post(f"/deals/{deal_id}/restore", {})).status == 200
