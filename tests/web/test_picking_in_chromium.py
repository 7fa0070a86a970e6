"""A record is chosen by writing a part of its name, however late the answers come."""

import asyncio

import pytest
from playwright.async_api import Browser, Route, expect

from tests.web.conftest import Office
from tests.web.test_tasks_in_chromium import desk_of, opened

pytestmark = pytest.mark.browser


async def test_who_was_gone_down_to_stays_chosen_when_a_later_answer_comes(
    chromium: Browser, office: Office
) -> None:
    clients = office.services.clients
    for name in ("Wholesale North", "Wholesale South"):
        await clients.create(office.cast.anna, name=name)
    released = asyncio.Event()

    async def late(route: Route) -> None:
        await released.wait()
        await route.continue_()

    async with desk_of(chromium, office, "anna") as context:
        page = await opened(context, office, "/deals/new")
        await page.route("**/pick/clients?search=wholesale", late)
        options = page.get_by_role("option")
        await page.locator("#client-search").press_sequentially("whole")
        await expect(options).to_have_count(2)
        await expect(options.nth(0)).to_have_attribute("aria-selected", "true")
        earlier = await options.nth(1).element_handle()
        name = await options.nth(1).get_attribute("data-name") or ""
        async with page.expect_request("**/pick/clients?search=wholesale"):
            await page.keyboard.type("sale")
        await page.keyboard.press("ArrowDown")
        released.set()
        await earlier.wait_for_element_state("hidden")
        await expect(options.filter(has_text=name)).to_have_attribute("aria-selected", "true")
        await page.keyboard.press("Enter")
        await expect(page.locator("#client-search")).to_have_value(name)


async def test_an_answer_that_comes_after_the_choice_does_not_open_the_list_again(
    chromium: Browser, office: Office
) -> None:
    await office.services.clients.create(office.cast.anna, name="Wholesale North")
    released = asyncio.Event()

    async def late(route: Route) -> None:
        await released.wait()
        await route.continue_()

    async with desk_of(chromium, office, "anna") as context:
        page = await opened(context, office, "/deals/new")
        await page.route("**/pick/clients?search=wholesale", late)
        await page.locator("#client-search").press_sequentially("whole")
        await expect(page.get_by_role("option")).to_have_count(1)
        async with page.expect_request("**/pick/clients?search=wholesale"):
            await page.keyboard.type("sale")
        await page.keyboard.press("Enter")
        async with page.expect_response("**/pick/clients?search=wholesale") as answer:
            released.set()
        await (await answer.value).finished()
        await page.evaluate("new Promise(requestAnimationFrame)")
        await expect(page.get_by_role("listbox")).to_be_hidden()
        await expect(page.locator("#client-search")).to_have_value("Wholesale North")
