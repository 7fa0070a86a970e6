"""One call, several operators: transfers from the SIP phone, and who answers first."""

from dataclasses import dataclass

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import select

from crm_core.tasks.tables import tasks
from tests.journeys.office import Perezvon
from tests.lab.sip_phone import Dialog
from tests.lab.stage import Stage

pytestmark = [pytest.mark.lab, pytest.mark.browser]


@dataclass
class Talk:
    """Anna talks with Ivan; both operators have their screens before them."""

    anna: Page
    boris: Page
    client: Dialog
    at_anna: Dialog


@pytest.fixture
async def talk(perezvon: Perezvon, lab_stage: Stage) -> Talk:
    cast = perezvon.cast
    anna = await perezvon.workplace(cast.anna, cast.desk_101)
    boris = await perezvon.workplace(cast.boris, cast.desk_102)
    client = lab_stage.from_city("101")
    at_anna = await lab_stage.phones["101"].incoming()
    await at_anna.answer()
    await expect(anna.locator(".card.talking")).to_be_visible()
    await anna.locator(".card-form textarea").fill("wants 20 pumps")
    await expect(anna.locator(".saved")).to_be_visible()
    return Talk(anna, boris, client, at_anna)


async def _one_call_with_two_operators(perezvon: Perezvon, page: Page, kind: str) -> None:
    call = await perezvon.only_call()
    assert call.outcome == "answered"
    await page.goto(str(perezvon.url / "calls" / call.call_id))
    main = page.locator("main")
    await expect(main).to_contain_text("Anna Orlova")
    await expect(main).to_contain_text("Boris Klimov")
    await expect(main).to_contain_text("wants 20 pumps")
    await expect(main).to_contain_text(kind)


async def test_a_client_handed_over_blindly_arrives_with_the_notes(
    perezvon: Perezvon, lab_stage: Stage, talk: Talk
) -> None:
    await talk.at_anna.refer("102")
    at_boris = await lab_stage.phones["102"].incoming()
    await expect(talk.boris.locator(".card.ringing .card-name h2")).to_have_text("Иван Петров")
    await expect(talk.boris.locator(".card.ringing")).to_contain_text("from Anna Orlova")
    await expect(talk.boris.locator(".card .earlier")).to_contain_text("wants 20 pumps")
    await expect(talk.anna.locator(".card.wrap_up")).to_be_visible()
    await at_boris.answer()
    await expect(talk.boris.locator(".card.talking")).to_be_visible()
    await expect(talk.anna.locator(".card.wrap_up")).to_be_visible()
    await talk.client.hang_up()
    await expect(talk.boris.locator(".card.wrap_up")).to_be_visible()
    await _one_call_with_two_operators(perezvon, talk.boris, "blind")


async def test_a_client_handed_over_after_a_word_arrives_with_the_notes(
    perezvon: Perezvon, lab_stage: Stage, talk: Talk
) -> None:
    await talk.at_anna.hold()
    await expect(talk.anna.locator(".card.held")).to_be_visible()
    asking = lab_stage.phones["101"].dial("102")
    at_boris = await lab_stage.phones["102"].incoming()
    await at_boris.answer()
    await asking.answered()
    await talk.at_anna.refer_to(asking)
    await expect(talk.boris.locator(".card.talking .card-name h2")).to_have_text("Иван Петров")
    await expect(talk.boris.locator(".card .earlier")).to_contain_text("wants 20 pumps")
    await expect(talk.boris.locator(".card")).to_have_count(1)
    await expect(talk.anna.locator(".card.wrap_up")).to_be_visible()
    await expect(talk.anna.locator(".card")).to_have_count(1)
    await talk.client.hang_up()
    await expect(talk.boris.locator(".card.wrap_up")).to_be_visible()
    await _one_call_with_two_operators(perezvon, talk.boris, "ttended")


async def test_a_client_handed_over_to_nobody_is_called_back(
    perezvon: Perezvon, lab_stage: Stage, talk: Talk
) -> None:
    await talk.at_anna.refer("102")
    at_boris = await lab_stage.phones["102"].incoming()
    await expect(talk.boris.locator(".card.ringing")).to_be_visible()
    at_boris.refuse(486)
    await talk.client.over()
    await expect(talk.boris.locator(".card")).to_have_count(0)
    await expect(talk.anna.locator(".card.wrap_up")).to_be_visible()
    call = await perezvon.only_call()
    assert call.outcome == "answered"


async def test_a_colleague_is_asked_first_from_the_card_and_gets_the_client(
    perezvon: Perezvon, lab_stage: Stage, talk: Talk
) -> None:
    await talk.anna.keyboard.press("Escape")
    await talk.anna.keyboard.press("t")
    await talk.anna.keyboard.type("102")
    await talk.anna.get_by_role("button", name="Ask first").click()
    await expect(talk.anna.locator(".card.held")).to_contain_text("asking 102")
    at_boris = await lab_stage.phones["102"].incoming()
    await at_boris.answer()
    await talk.anna.get_by_role("button", name="Connect them and leave").click()
    await expect(talk.boris.locator(".card.talking .card-name h2")).to_have_text("Иван Петров")
    await expect(talk.boris.locator(".card .earlier")).to_contain_text("wants 20 pumps")
    await expect(talk.anna.locator(".card.wrap_up")).to_be_visible()
    await talk.client.hang_up()
    await _one_call_with_two_operators(perezvon, talk.boris, "ttended")


async def test_where_the_exchange_allows_no_consultation_the_card_says_so(
    perezvon: Perezvon, lab_stage: Stage
) -> None:
    cast = perezvon.cast
    anna = await perezvon.workplace(cast.anna, cast.desk_101)
    client = lab_stage.from_city("223")
    await (await lab_stage.phones["101"].incoming()).answer()
    await expect(anna.locator(".card.talking")).to_be_visible()
    await anna.keyboard.press("t")
    await anna.keyboard.type("102")
    await anna.get_by_role("button", name="Ask first").click()
    await expect(anna.locator(".card")).to_contain_text("asking 102")
    await expect(anna.locator(".toast")).to_contain_text(
        "did not take the client aside", timeout=15_000
    )
    await expect(anna.locator(".card")).not_to_contain_text("asking 102")
    await client.hang_up()


async def test_when_one_answers_the_other_s_card_withdraws_and_nobody_missed_anything(
    perezvon: Perezvon, lab_stage: Stage
) -> None:
    cast = perezvon.cast
    queues = perezvon.services.desks.queues
    await queues.set_member(None, cast.sales, cast.boris.id, penalty=0)
    anna = await perezvon.workplace(cast.anna, cast.desk_101)
    boris = await perezvon.workplace(cast.boris, cast.desk_102)
    client = lab_stage.from_city("201")
    await lab_stage.phones["101"].incoming()
    at_boris = await lab_stage.phones["102"].incoming()
    for page in (anna, boris):
        await expect(page.locator(".card.ringing .card-name h2")).to_have_text("Иван Петров")
    await at_boris.answer()
    await expect(boris.locator(".card.talking")).to_be_visible()
    await expect(anna.locator(".card")).to_have_count(0)
    await expect(anna.locator(".trace")).to_contain_text("answered by Boris Klimov")
    await expect(anna.locator("#status .state")).to_have_text("Ready")
    await client.hang_up()
    await expect(boris.locator(".card.wrap_up")).to_be_visible()
    await perezvon.settled()
    assert [status.missed for status in perezvon.services.roster.states()] == [0, 0]
    assert not await perezvon.rows(select(tasks))
