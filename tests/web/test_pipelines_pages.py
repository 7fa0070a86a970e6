"""The administration of pipelines, stages, what is to be done in them, and products."""

import pytest

from crm_core.agents.rights import RecordKind
from crm_core.deals.pipelines import Ending, Pipeline, get_pipeline
from tests.web.conftest import ClientAs, Office
from tests.web.sales import begin_sales, stage_id
from web.first_pipelines import first_plans


@pytest.fixture
async def pipeline(office: Office) -> Pipeline:
    of_deals, _ = await begin_sales(office)
    return of_deals


async def _now(office: Office, pipeline: Pipeline) -> Pipeline:
    async with office.services.storage.read() as connection:
        return await get_pipeline(connection, pipeline.id)


async def test_an_office_without_a_pipeline_is_told_what_one_is(client_as: ClientAs) -> None:
    anna, dina = await client_as("anna"), await client_as("dina")
    assert "There is no pipeline yet" in (await anna.get("/deals")).words
    assert "Make one" in (await dina.get("/deals")).words
    assert (await anna.get("/leads/records")).status == 200


async def test_a_new_pipeline_begins_with_the_usual_stages(
    office: Office, pipeline: Pipeline, client_as: ClientAs
) -> None:
    dina = await client_as("dina")
    wanted = {"kind": "deal", "title": "Wholesale", "currency": "eur"}
    answer = await dina.post("/admin/pipelines", wanted)
    assert "Agreement" in answer.words
    assert "EUR" in (await dina.get("/admin/pipelines")).words
    for wrong in ({"kind": "client"}, {"kind": ""}, {"title": " "}, {"currency": "€"}):
        assert (await dina.post("/admin/pipelines", {**wanted, **wrong})).status == 422, wrong


async def test_a_stage_is_added_changed_and_put_in_order(
    office: Office, pipeline: Pipeline, client_as: ClientAs
) -> None:
    dina, here = await client_as("dina"), f"/admin/pipelines/{pipeline.id}"
    await dina.post(f"{here}/stages", {"title": "Sample", "probability": "25", "ending": ""})
    sample = stage_id(await _now(office, pipeline), "Sample")
    changed = {"title": "Samples", "probability": "30", "patience_days": "9"}
    await dina.post(f"{here}/stages/{sample}", changed)
    await dina.post(f"{here}/stages/order", {"stage": sample, "to": "up"})
    by_hand = [stage.title for stage in (await _now(office, pipeline)).in_use][:4]
    assert by_hand == ["New", "Offer", "Samples", "Contract"]
    order = [sample, *(stage.id for stage in pipeline.stages)]
    await dina.post(f"{here}/stages/order", {"ids": ",".join(map(str, order))})
    stage = (await _now(office, pipeline)).in_use[0]
    assert (stage.title, stage.probability, stage.patience_days) == ("Samples", 30, 9)


async def test_what_cannot_be_a_stage_is_refused_beside_its_field(
    office: Office, pipeline: Pipeline, client_as: ClientAs
) -> None:
    dina, here = await client_as("dina"), f"/admin/pipelines/{pipeline.id}"
    new = stage_id(pipeline, "New")
    for path, wrong in (
        (f"{here}/stages", {"title": ""}),
        (f"{here}/stages", {"title": "X", "probability": "101"}),
        (f"{here}/stages/{new}", {"title": "X", "patience_days": "-1"}),
        (f"{here}/stages/{new}/actions", {"action_title": " "}),
        (here, {"title": "X", "currency": "roubles"}),
    ):
        assert (await dina.post(path, wrong)).status == 422, path


async def test_the_last_stage_of_its_kind_is_not_retired(
    office: Office, pipeline: Pipeline, client_as: ClientAs
) -> None:
    dina, here = await client_as("dina"), f"/admin/pipelines/{pipeline.id}"
    answer = await dina.post(f"{here}/stages/{stage_id(pipeline, 'Won')}/retire", {})
    assert (answer.status, "last stage of its kind" in answer.words) == (409, True)
    offer = stage_id(pipeline, "Offer")
    await dina.post(f"{here}/stages/{offer}/retire", {})
    assert offer not in {stage.id for stage in (await _now(office, pipeline)).in_use}
    await dina.post(f"{here}/stages/{offer}/restore", {})
    assert offer in {stage.id for stage in (await _now(office, pipeline)).in_use}


async def test_what_is_to_be_done_in_a_stage_is_written_there(
    office: Office, pipeline: Pipeline, client_as: ClientAs
) -> None:
    dina, new = await client_as("dina"), stage_id(pipeline, "New")
    here = f"/admin/pipelines/{pipeline.id}/stages/{new}/actions"
    await dina.post(here, {"action_title": "Ask for the plan"})
    action = (await _now(office, pipeline)).stage(new).actions[-1]
    await dina.post(f"{here}/{action.id}", {"action_title": "Ask for the drawing"})
    assert (await _now(office, pipeline)).stage(new).actions[-1].title == "Ask for the drawing"
    await dina.post(f"{here}/{action.id}", {"retire": "1"})
    assert not (await _now(office, pipeline)).stage(new).actions[-1].active
    assert (await dina.post(f"{here}/999", {"retire": "1"})).status == 404


async def test_a_pipeline_is_retired_only_when_nothing_is_open_there(
    office: Office, pipeline: Pipeline, client_as: ClientAs
) -> None:
    dina = await client_as("dina")
    refused = await dina.post(f"/admin/pipelines/{pipeline.id}/retire", {})
    assert "last pipeline of its kind" in refused.words
    await dina.post("/admin/pipelines", {"kind": "deal", "title": "Other", "currency": "EUR"})
    await dina.post(f"/admin/pipelines/{pipeline.id}/move", {"to": "down"})
    assert (await dina.post(f"/admin/pipelines/{pipeline.id}/retire", {})).status == 200
    assert (await dina.post(f"/admin/pipelines/{pipeline.id}/restore", {})).status == 200


async def test_products_have_a_price_in_their_currency(office: Office, client_as: ClientAs) -> None:
    dina = await client_as("dina")
    wanted = {"title": "Lamp", "price": "1 990,50", "currency": "rub", "unit": "pcs"}
    answer = await dina.post("/admin/products", wanted)
    assert "1,990.50" in answer.words
    for wrong in ({"price": "free"}, {"currency": "R"}, {"title": ""}, {"price": "1.234"}):
        assert (await dina.post("/admin/products", {**wanted, **wrong})).status == 422, wrong
    await dina.post("/admin/products/1", {**wanted, "title": "Big lamp"})
    assert "1990.50" in (await dina.get("/admin/products/1")).text
    await dina.post("/admin/products/1/retire", {})
    assert "retired" in (await dina.get("/admin/products")).words
    await dina.post("/admin/products/1/restore", {})
    assert (await dina.get("/admin/products/999")).status == 404


def test_the_first_pipelines_speak_the_language_of_the_office_and_count_in_its_money() -> None:
    plans = first_plans("ru", "RU")
    assert plans[RecordKind.DEAL].stages[1].title == "Предложение"
    assert plans[RecordKind.DEAL].currency == "RUB"
    assert first_plans("en", "DE")[RecordKind.LEAD].currency == "EUR"
    assert first_plans("en", "??")[RecordKind.LEAD].currency == "EUR"
    for plan in plans.values():
        endings = [stage.ending for stage in plan.stages]
        assert (endings[0], set(endings)) == (None, {None, Ending.WON, Ending.LOST})
