"""A client phones in: from the first ring to the next step, on a real exchange."""

import re
from datetime import UTC

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import select

from crm_core.calls.tables import calls, wrap_ups
from crm_core.tasks.tables import tasks
from tests.journeys.office import Perezvon, seat_of, until
from tests.lab.stage import Stage

pytestmark = [pytest.mark.lab, pytest.mark.browser]

IVAN = "79161234567"


async def fill_form_by_keyboard(page: Page, step: str) -> None:
    """Disposition 1, the next step tomorrow, saved: nothing but keys."""
    await expect(page.locator(".card.wrap_up")).to_be_visible()
    if await page.evaluate("document.activeElement?.name") == "note":
        await page.keyboard.press("Shift+Tab")
    await page.keyboard.press("1")
    await page.keyboard.press("Tab")
    await page.keyboard.press("2")
    await page.keyboard.type(step)
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".card")).to_have_count(0)


@pytest.mark.parametrize(
    "database",
    ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)],
    indirect=True,
)
async def test_a_client_phones_the_queue_and_no_conversation_ends_without_its_next_step(
    perezvon: Perezvon, lab_stage: Stage
) -> None:
    cast, exchange = perezvon.cast, lab_stage.exchange
    anna = await perezvon.workplace(cast.anna, cast.desk_101)

    client = lab_stage.from_city("201", caller=IVAN)
    ring = await lab_stage.phones["101"].incoming()
    await expect(anna.locator(".card.ringing .card-name h2")).to_have_text("Иван Петров")
    await expect(anna.locator(".card.ringing")).to_contain_text("ООО «Ромашка»")
    await expect(anna.locator(".card.ringing .card-head .chip")).to_have_text("Sales")

    await ring.answer()
    answered_at = lab_stage.now()
    await expect(anna.locator(".card.talking")).to_be_visible()
    await until(
        lambda: "paused:wrap-up" in seat_of(exchange, "sales", "PJSIP/101"),
        "the seat is closed from the answer on",
    )
    await anna.locator(".card-form textarea").click()
    await anna.keyboard.type("wants 20 pumps")
    await expect(anna.locator(".saved")).to_be_visible()

    talked = lab_stage.now() - answered_at
    await client.hang_up()
    await fill_form_by_keyboard(anna, "send the offer")
    await expect(anna.locator("#tasks")).to_contain_text("send the offer")
    await expect(anna.locator("#status .state")).to_have_text("Ready")
    await until(
        lambda: "paused" not in seat_of(exchange, "sales", "PJSIP/101"), "the seat is open again"
    )

    (call,) = await perezvon.rows(select(calls))
    (form,) = await perezvon.rows(select(wrap_ups))
    (task,) = await perezvon.rows(select(tasks))
    assert (call.outcome, call.queue, call.ended_by) == ("answered", "sales", "client")
    assert call.client_id == cast.romashka
    assert call.talk_seconds == pytest.approx(talked, abs=0.3)
    assert (form.note, form.ending, form.task_id) == ("wants 20 pumps", "saved", task.id)
    assert task.due_at.astimezone(UTC).strftime("%H:%M") == "10:00"

    await anna.goto(str(perezvon.url / "tasks"))
    await expect(anna.locator("#records table")).to_contain_text("send the offer")
    await anna.goto(str(perezvon.url / "calls"))
    row = anna.locator("tbody tr")
    await expect(row).to_have_count(1)
    await expect(row).to_contain_text("Ромашка")
    seconds = round(call.talk_seconds)
    await expect(row).to_contain_text(re.compile(rf"0:0?{seconds}\b"))
