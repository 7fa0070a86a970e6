"""Tasks by mouse and keyboard: a series, My day worked through, reminders, the calendar."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from crm_core.tasks.queries import Scope, TaskFilter, TaskRow, list_tasks
from tests.web.call_log import add_task, at
from tests.web.conftest import Office
from tests.web.test_day_page import fresh_lead, quiet_client
from tests.web.test_tasks_pages import callback_of_sales, stored

pytestmark = pytest.mark.browser


@asynccontextmanager
async def desk_of(chromium: Browser, office: Office, login: str) -> AsyncIterator[BrowserContext]:
    """A browser of this person, with one window per page opened in it."""
    token = await office.services.sessions.open(getattr(office.cast, login).id)
    context = await chromium.new_context(locale="en-GB", viewport={"width": 1280, "height": 800})
    await context.add_cookies([{"name": "perezvon", "value": token, "url": str(office.url)}])
    try:
        yield context
    finally:
        await context.close()


async def opened(context: BrowserContext, office: Office, path: str) -> Page:
    """A new window, once its live connection is up."""
    page = await context.new_page()
    await page.goto(str(office.url.with_path(path)))
    await expect(page.locator("#link-state")).to_be_hidden()
    return page


async def open_ones(office: Office) -> list[TaskRow]:
    async with office.services.storage.read() as connection:
        asked = TaskFilter(scope=Scope.MINE)
        return list((await list_tasks(connection, office.cast.anna, asked)).rows)


async def test_a_task_of_each_second_tuesday_is_done_and_stands_on_the_right_day_again(
    chromium: Browser, office: Office
) -> None:
    await office.services.accounts.set_preferences(office.cast.anna, time_zone="Europe/Berlin")
    async with desk_of(chromium, office, "anna") as context:
        page = await opened(context, office, "/tasks/new")
        await page.keyboard.type("Call about the order")
        await page.keyboard.press("Tab")
        await page.keyboard.type("Ромаш")
        await page.get_by_role("option", name="Ромашка").click()
        await page.locator('[name="due_at"]').fill("2026-03-17T10:00")
        await page.locator("#repeat").select_option("week")
        await page.locator('[name="every"]').fill("2")
        await page.keyboard.press("Control+Enter")
        await expect(page.locator(".toast")).to_contain_text("The task is set")
        await page.goto(str(office.url.with_path("/tasks")))
        await page.get_by_role("link", name="Call about the order").click()
        await expect(page.get_by_text("every 2 weeks on Tuesday")).to_be_visible()
        await page.locator("body").press("d")
        await expect(page.locator(".undo")).to_contain_text("Call about the order")
        [later] = await open_ones(office)
        assert later.due_at == datetime(2026, 3, 31, 8, tzinfo=UTC)  # summer time has begun
        assert later.client_id == office.cast.romashka
        await expect(page.locator("tbody .due-at")).to_contain_text("Mar 31 10:00")
        await page.locator("body").press("u")
        await expect(page.locator("tbody .due-at")).to_contain_text("Mar 17 10:00")
        assert len(await open_ones(office)) == 1


async def test_my_day_is_worked_through_by_keyboard_until_it_is_empty(
    chromium: Browser, office: Office
) -> None:
    await callback_of_sales(office, due_at=at(-600))
    await fresh_lead(office)
    offer = await add_task(office, "Send the offer", client_id=office.cast.romashka)
    await add_task(office, "Write to Ivan", due_at=at(-60))
    await quiet_client(office)
    async with desk_of(chromium, office, "anna") as context:
        page = await opened(context, office, "/workplace")
        await page.keyboard.press("g")
        await page.keyboard.press("m")
        focus = page.locator(".focus")
        await expect(focus.locator("h2")).to_have_text("8 (495) 111-22-33")
        await expect(page.locator(".day-progress")).to_contain_text("0 of 5 done")
        await page.keyboard.press("d")
        await expect(focus).to_contain_text("Forty chairs")
        await page.keyboard.press("s")
        await expect(focus).to_contain_text("Write to Ivan")
        await page.reload()  # what was skipped stays skipped
        await expect(focus).to_contain_text("Write to Ivan")
        await expect(page.locator("#day")).not_to_have_attribute("data-skipped", "")
        await page.keyboard.press("d")
        await expect(focus).to_contain_text("Send the offer")
        await page.keyboard.press("u")
        await expect(focus).to_contain_text("Write to Ivan")
        await page.keyboard.press("l")
        await page.keyboard.press("2")
        await expect(focus).to_contain_text("Send the offer")
        await page.keyboard.press("n")
        await page.keyboard.type("Ask what they think of it")
        await page.keyboard.press("Control+Enter")
        await expect(focus).to_contain_text("Silent Sam")
        assert (await stored(office, offer)).ending == "done"
        await page.keyboard.press("l")
        await page.keyboard.press("4")
        await expect(focus).to_contain_text("Forty chairs")
        await focus.get_by_role("button", name="Seen to").click()
        await expect(page.locator("#day-end")).to_contain_text("That was all: 3 things done today")
        await expect(page.locator(".day-queue li")).to_have_count(0)


async def test_what_a_colleague_does_meanwhile_goes_away_and_what_one_is_at_stays(
    chromium: Browser, office: Office
) -> None:
    await add_task(office, "Send the offer", due_at=at(-60))
    async with desk_of(chromium, office, "anna") as context:
        page = await opened(context, office, "/day")
        await page.keyboard.press("n")
        await page.keyboard.type("They want")
        team = await callback_of_sales(office, due_at=at(-600))
        await office.services.tasks.take(office.cast.boris, team)
        await office.services.tasks.hand_over(office.cast.boris, team, 2, queue="sales")
        await expect(page.locator(".day-queue li")).to_have_count(2)
        await expect(page.locator(".focus h2")).to_have_text("Send the offer")
        await expect(page.locator("#step-text")).to_have_value("They want")
        await office.services.tasks.done(office.cast.boris, team)
        await expect(page.locator(".day-queue li")).to_have_count(1)


async def test_a_reminder_rings_in_one_of_several_tabs_and_stands_until_it_is_acted_on(
    chromium: Browser, office: Office
) -> None:
    async with desk_of(chromium, office, "anna") as context:
        one = await opened(context, office, "/calls")
        other = await opened(context, office, "/tasks")
        task_id = await add_task(office, "Call Ivan", remind_at=at(0), remind_seconds=0)
        assert await office.services.reminders.sweep() == [task_id]
        for page in (one, other):
            await expect(page.locator(".reminder")).to_contain_text("Call Ivan")
            await expect(page.locator(".reminder[data-looked]")).to_be_visible()
        await other.reload()
        await expect(other.locator(".reminder[data-looked]")).to_be_visible()
        rang = [await page.locator(".reminder.rang").count() for page in (one, other)]
        assert sum(rang) <= 1
        rung = await one.evaluate("JSON.parse(localStorage.getItem('perezvon-rung')).length")
        assert rung == 1
        await one.locator(".reminder").get_by_role("button", name="1 h").click()
        for page in (one, other):
            await expect(page.locator(".reminder")).to_have_count(0)
        assert (await stored(office, task_id)).remind_at == at(3600)


async def test_in_the_calendar_a_task_is_set_dragged_and_moved_by_keyboard(
    chromium: Browser, office: Office
) -> None:
    async with desk_of(chromium, office, "anna") as context:
        page = await opened(context, office, "/calendar")
        wednesday = page.locator("#day-2026-03-04")
        box = await wednesday.bounding_box()
        assert box is not None
        await page.mouse.click(box["x"] + 40, box["y"] + 14 * 48 + 5)
        await page.keyboard.type("Tour of the works")
        await page.keyboard.press("Control+Enter")
        block = page.locator(".block", has_text="Tour of the works")
        await expect(block).to_be_visible()
        await page.wait_for_load_state("networkidle")  # nothing is drawn anew under the hand
        [task] = await open_ones(office)
        assert task.due_at == datetime(2026, 3, 4, 14, tzinfo=UTC)

        place = await block.bounding_box()
        assert place is not None
        x, y = place["x"] + 20, place["y"] + 10
        await page.mouse.move(x, y)
        await page.mouse.down()
        await page.mouse.move(x + box["width"] / 2, y + 30, steps=4)
        await page.mouse.move(x + box["width"], y + 72, steps=4)
        async with page.expect_response("**/move") as moved:
            await page.mouse.up()
        assert (await moved.value).ok
        task = await stored(office, task.id)
        assert task.due_at == datetime(2026, 3, 5, 15, 30, tzinfo=UTC)
        assert task.ends_at == datetime(2026, 3, 5, 16, 30, tzinfo=UTC)

        await expect(page.locator("#day-2026-03-05 .block")).to_have_attribute("data-version", "2")
        await page.locator("#day-2026-03-05 .block").focus()
        async with page.expect_response("**/move"):
            await page.keyboard.press("Shift+ArrowUp")
            # A colleague's change draws the calendar anew, not the block in hand.
            async with page.expect_response("**/calendar/grid*"):
                await page.evaluate("document.dispatchEvent(new Event('tasks-changed'))")
            await page.keyboard.press("Shift+ArrowLeft")
        assert (await stored(office, task.id)).due_at == datetime(2026, 3, 4, 15, 15, tzinfo=UTC)
        await page.locator("body").press("d")
        await expect(page.locator(".calendar-day")).to_have_count(1)
        await page.locator("body").press("ArrowRight")
        await expect(page.locator(".calendar-day")).to_have_attribute("data-date", "2026-03-03")
