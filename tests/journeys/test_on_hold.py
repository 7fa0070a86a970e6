"""Hold from the card: the client hears music, the phone is free, and the call stays the agent's."""

import pytest
from playwright.async_api import expect
from sqlalchemy import select

from crm_core.calls.tables import call_holds, wrap_ups
from tests.journeys.office import Perezvon, seat_of
from tests.lab.stage import Stage

pytestmark = [pytest.mark.lab, pytest.mark.browser]


async def test_a_client_on_hold_is_fetched_again_and_the_form_comes_once_at_the_end(
    perezvon: Perezvon, lab_stage: Stage
) -> None:
    cast, exchange = perezvon.cast, lab_stage.exchange
    anna = await perezvon.workplace(cast.anna, cast.desk_101)
    client = lab_stage.from_city("201")
    ring = await lab_stage.phones["101"].incoming()
    await ring.answer()
    await expect(anna.locator(".card.talking")).to_be_visible()
    await anna.locator(".card-form textarea").fill("asks for a discount")
    await expect(anna.locator(".saved")).to_be_visible()
    await anna.keyboard.press("Escape")
    await anna.keyboard.press("h")
    await ring.over()
    await expect(anna.locator(".card.held")).to_contain_text("On hold, your phone is free")
    await perezvon.settled()
    await expect(anna.locator("#status .state")).to_have_text("Talking")
    assert "paused:wrap-up" in seat_of(exchange, "sales", "PJSIP/101")
    assert [row.started_at for row in await perezvon.rows(select(wrap_ups))] == [None]

    await anna.keyboard.press("h")
    again = await lab_stage.phones["101"].incoming()
    await again.answer()
    await expect(anna.locator(".card.talking:not(.held)")).to_be_visible()
    await expect(anna.locator(".card")).to_have_count(1)
    await expect(anna.locator(".card-form textarea")).to_have_value("asks for a discount")
    await perezvon.settled()
    assert [row.started_at for row in await perezvon.rows(select(wrap_ups))] == [None]
    assert "paused:wrap-up" in seat_of(exchange, "sales", "PJSIP/101")

    await client.hang_up()
    await expect(anna.locator(".card.wrap_up .card-form textarea")).to_have_value(
        "asks for a discount"
    )
    call = await perezvon.only_call()
    (hold,) = await perezvon.rows(select(call_holds))
    assert (call.outcome, hold.parked) == ("answered", True)
    assert hold.ended_at > hold.started_at
    assert call.hold_seconds == pytest.approx(
        (hold.ended_at - hold.started_at).total_seconds(), abs=0.2
    )


async def test_a_client_who_gives_up_on_hold_leaves_the_form_behind(
    perezvon: Perezvon, lab_stage: Stage
) -> None:
    cast = perezvon.cast
    anna = await perezvon.workplace(cast.anna, cast.desk_101)
    client = lab_stage.from_city("101")
    ring = await lab_stage.phones["101"].incoming()
    await ring.answer()
    await expect(anna.locator(".card.talking")).to_be_visible()
    await anna.get_by_role("button", name="Hold").click()
    await ring.over()
    await expect(anna.locator(".card.held")).to_contain_text("your phone is free")
    await client.hang_up()
    await expect(anna.locator(".card.wrap_up")).to_be_visible()
    await expect(anna.locator("#status .state")).to_have_text("Wrap-up")
