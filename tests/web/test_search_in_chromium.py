"""The one box in a real browser: by keys alone, one request at a time, the newest answer."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.cast import PASSWORD
from tests.web.conftest import Office

pytestmark = pytest.mark.browser


@pytest.fixture
async def page(chromium: Browser, office: Office) -> AsyncIterator[Page]:
    """Vera on the page of her settings; what the console complains of fails the test."""
    context = await chromium.new_context(viewport={"width": 1280, "height": 720}, locale="en")
    page = await context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    await page.goto(str(office.url / "login"))
    await page.get_by_label("Login").fill("vera")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Floor")).to_be_visible()
    await page.goto(str(office.url / "me"))
    yield page
    await context.close()
    assert [one for one in complaints if "status of 503" not in one] == []


async def test_a_client_is_opened_by_keys_alone_and_offered_first_next_time(
    page: Page, office: Office
) -> None:
    await page.keyboard.press("/")
    field = page.get_by_role("combobox", name="Search everything")
    await expect(field).to_be_focused()
    await expect(page.get_by_role("option", name="Floor")).to_be_visible()
    await page.keyboard.type("сем")
    first = page.get_by_role("option", name="Павел Семёнов")
    await expect(first).to_have_attribute("aria-selected", "true")
    await expect(first.locator("mark")).to_have_text("Сем")
    await expect(field).to_have_attribute(
        "aria-activedescendant", f"found-client-{office.cast.pavel}"
    )
    async with page.expect_response("**/search/opened") as told:
        await page.keyboard.press("Enter")
    await expect(page).to_have_url(str(office.url / f"clients/{office.cast.pavel}"))
    assert (await told.value).status == 200
    await page.keyboard.press("Control+k")
    lately = page.get_by_role("group", name="Opened lately").get_by_role("option")
    await expect(lately).to_have_count(1)
    await expect(lately.first).to_contain_text("Павел Семёнов")
    await page.keyboard.press("Escape")
    await expect(field).to_be_hidden()


async def test_arrows_choose_and_the_last_entries_create(page: Page, office: Office) -> None:
    await page.keyboard.press("Control+k")
    await page.keyboard.type("Незнакомец")
    await expect(page.get_by_text("Nothing fits “Незнакомец”.")).to_be_visible()
    await page.keyboard.press("ArrowUp")
    last = page.get_by_role("option").last
    await expect(last).to_have_attribute("aria-selected", "true")
    await expect(last).to_contain_text("New lead “Незнакомец”")
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("Name", exact=True).first).to_have_value("Незнакомец")


async def test_one_question_is_asked_at_a_time_and_the_newest_answer_stays(page: Page) -> None:
    running, most, asked, all_typed = 0, 0, [], asyncio.Event()

    async def slowly(route: Route) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        asked.append(route.request.url)
        await all_typed.wait()  # a slow server
        await route.continue_()
        running -= 1

    await page.route("**/search/box?q=*", slowly)
    await page.keyboard.press("/")
    await page.get_by_role("combobox", name="Search everything").press_sequentially(
        "павел сем", delay=40
    )
    all_typed.set()
    await expect(page.get_by_role("option", name="All results for “павел сем”")).to_be_visible()
    await expect(page.get_by_role("option", name="Павел Семёнов")).to_be_visible()
    assert most == 1
    assert len(asked) <= 2, "what is typed meanwhile is asked at once"


async def test_a_server_that_fails_is_told_and_asked_again(page: Page) -> None:
    failing = True

    async def fail(route: Route) -> None:
        if failing:
            await route.fulfill(status=503)
        else:
            await route.continue_()

    await page.route("**/search/box?q=*", fail)
    await page.keyboard.press("/")
    await page.keyboard.type("пав")
    await expect(page.get_by_text("No answer from the server.")).to_be_visible()
    failing = False
    await page.keyboard.type("ел")
    await expect(page.get_by_role("option", name="Павел Семёнов")).to_be_visible()


async def test_control_and_enter_open_beside(page: Page, office: Office) -> None:
    await page.keyboard.press("/")
    await page.keyboard.type("ромашка")
    await expect(page.get_by_role("option", name="Ромашка").first).to_be_visible()
    async with page.context.expect_page() as opened:
        await page.keyboard.press("Control+Enter")
    other = await opened.value
    await expect(other).to_have_url(str(office.url / f"clients/{office.cast.romashka}"))
    await expect(page).to_have_url(str(office.url / "me"))
