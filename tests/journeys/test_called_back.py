"""Nobody is forgotten: who was not answered is called back, and the task closes by itself."""

import re

import pytest
from playwright.async_api import expect
from sqlalchemy import select

from crm_core.calls.tables import calls
from crm_core.tasks.tables import tasks
from tests.journeys.office import Perezvon, until
from tests.lab.stage import Stage

pytestmark = [pytest.mark.lab, pytest.mark.browser]

PAVEL = "79037654321"  # nobody looks after him: the queue's team does


async def _give_up(perezvon: Perezvon, stage: Stage, times: int) -> None:
    """Pavel phones the queue and hangs up before anybody answers; returns once it is logged."""
    client = stage.from_city("201", caller=PAVEL)
    await stage.phones["101"].incoming()
    await client.hang_up()

    async def counted() -> bool:
        rows = await perezvon.rows(select(tasks.c.call_count))
        return [row.call_count for row in rows] == [times]

    await until(counted, f"one callback counts {times}")


async def test_a_missed_caller_is_one_callback_that_closes_when_he_was_called_back(
    perezvon: Perezvon, lab_stage: Stage
) -> None:
    cast = perezvon.cast
    anna = await perezvon.workplace(cast.anna, cast.desk_101)
    await _give_up(perezvon, lab_stage, 1)
    await _give_up(perezvon, lab_stage, 2)
    await expect(anna.locator("#tasks")).to_contain_text("Call back: called 2 times")
    await expect(anna.locator("#tasks")).to_contain_text("for the team")
    (task,) = await perezvon.rows(select(tasks))
    assert (task.kind, task.queue, task.client_id) == ("callback", "sales", cast.pavel)

    await anna.locator("#tasks .call-number").click()
    own = await lab_stage.phones["101"].incoming()
    await expect(anna.locator(".card.dialling .card-name h2")).to_have_text("Павел Семёнов")
    await own.answer()
    at_client = await lab_stage.city.incoming()
    assert at_client.called == PAVEL
    await at_client.answer()
    await expect(anna.locator(".card.talking .card-name h2")).to_have_text("Павел Семёнов")
    await at_client.hang_up()
    await expect(anna.locator(".card.wrap_up")).to_be_visible()

    async def closed() -> object:
        (row,) = await perezvon.rows(select(tasks))
        return row.done_at

    await until(closed, "the callback is closed by itself")
    await expect(anna.locator("#tasks")).not_to_contain_text("Call back")
    found = await perezvon.rows(select(calls).order_by(calls.c.started_at))
    assert [(call.direction, call.outcome) for call in found] == [
        ("inbound", "abandoned"),
        ("inbound", "abandoned"),
        ("outbound", "answered"),
    ]


async def test_a_click_that_reaches_nobody_leaves_the_callback_open(
    perezvon: Perezvon, lab_stage: Stage
) -> None:
    cast = perezvon.cast
    anna = await perezvon.workplace(cast.anna, cast.desk_101)
    await _give_up(perezvon, lab_stage, 1)
    await expect(anna.locator("#tasks")).to_contain_text("Call back: called once")
    await anna.locator("#tasks .call-number").click()
    own = await lab_stage.phones["101"].incoming()
    await own.answer()
    (await lab_stage.city.incoming()).refuse(486)
    await own.over()
    await expect(anna.locator(".card")).to_have_count(0)

    async def over() -> object:
        rows = await perezvon.rows(select(calls).where(calls.c.direction == "outbound"))
        return [row for row in rows if row.ended_at]

    (call,) = await until(over, "the call to him is in the log")
    assert call.outcome == "busy"
    await perezvon.settled()
    (task,) = await perezvon.rows(select(tasks))
    assert (task.done_at, task.call_count) == (None, 1)
    await expect(anna.locator("#status .state")).to_have_text(re.compile("Ready"))
