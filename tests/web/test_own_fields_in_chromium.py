"""An office shapes its cards, and works with what it has shaped, by mouse and keyboard."""

import asyncio

import pytest
from playwright.async_api import Browser, Page, Route, expect

from crm_core.custom_fields.reading import list_fields
from tests.web.conftest import Office
from tests.web.test_tasks_in_chromium import desk_of, opened

pytestmark = pytest.mark.browser


async def add_field(page: Page, title: str, kind: str, choices: str = "") -> None:
    await page.get_by_role("link", name="New field").click()
    await page.get_by_label("Title").fill(title)
    await page.get_by_label("What it holds").select_option(kind)
    if choices:
        await page.get_by_label("What can be chosen").fill(choices)
    else:
        await expect(page.get_by_label("What can be chosen")).to_be_hidden()
    await page.get_by_role("button", name="Add", exact=True).click()
    await expect(page.locator(".toast")).to_contain_text("The field is added")


async def titles(office: Office) -> list[str]:
    async with office.services.storage.read() as connection:
        return [each.title for each in await list_fields(connection, "client")]


async def test_a_section_is_shaped_filled_in_found_by_and_put_away(
    chromium: Browser, office: Office
) -> None:
    async with desk_of(chromium, office, "dina") as context:
        page = await opened(context, office, "/admin/fields")
        await page.get_by_label("Title").fill("Delivery")
        await page.keyboard.press("Enter")
        await add_field(page, "Gate", "text")
        await add_field(page, "Days", "choices", "Monday\nTuesday\nFriday")
        await add_field(page, "Documents", "link")
        assert await titles(office) == ["Gate", "Days", "Documents"]
        # The section's own handle and those of its fields stand in one another.
        grip = page.locator(".field-item", has_text="Documents").locator("[data-grip]")
        async with page.expect_response("**/order") as moved:
            await grip.drag_to(page.locator(".field-item", has_text="Gate"))
        assert (await moved.value).ok
        assert (await titles(office))[0] == "Documents"

    async with desk_of(chromium, office, "anna") as context:
        page = await opened(context, office, f"/clients/{office.cast.pavel}")
        section = page.locator(".own-section")
        await expect(section.locator("dt:visible")).to_have_count(0)
        await section.get_by_role("button", name="Gate").click()
        await page.keyboard.type("Third gate, ask Arkady")
        await page.keyboard.press("Control+Enter")
        await expect(section.get_by_role("button", name="Gate")).to_be_hidden()
        await section.get_by_role("button", name="Days").click()
        for day in ("Friday", "Monday"):
            await section.get_by_label(day).check()
        await page.keyboard.press("Escape")
        await expect(section.locator(".own-picks summary")).to_have_text("MondayFriday")
        await section.get_by_role("button", name="Documents").click()
        await page.keyboard.type("javascript:alert(1)")
        await page.keyboard.press("Enter")
        await expect(section.locator(".inplace-trouble")).to_contain_text("no address")
        await section.get_by_role("textbox", name="Documents").fill("files.example/pavel")
        await page.keyboard.press("Enter")
        link = section.get_by_role("link", name="Open Documents")
        await expect(link).to_have_attribute("href", "https://files.example/pavel")

        await page.reload()
        await expect(section.locator("dt:visible")).to_have_text(["Documents", "Gate", "Days"])
        await page.goto(str(office.url.with_path("/tasks")))
        await page.keyboard.press("/")
        await page.keyboard.type("arkady")
        await page.get_by_role("option", name="Павел").click()
        await expect(page).to_have_url(str(office.url.with_path(f"/clients/{office.cast.pavel}")))

        await page.get_by_role("button", name="Arrange my card").click()
        await page.get_by_role("dialog").get_by_label("Gate").uncheck()
        await page.get_by_role("dialog").get_by_role("button", name="Save").click()
        await expect(page.get_by_role("dialog")).to_be_hidden()
        await expect(section.locator("dt:visible")).to_have_text(["Documents", "Days"])


async def test_an_option_that_was_chosen_stays_chosen_when_later_options_come(
    chromium: Browser, office: Office
) -> None:
    tagging = office.services.tagging
    await tagging.tag(office.cast.anna, "client", office.cast.romashka, "Wholesale")
    released = asyncio.Event()

    async def late(route: Route) -> None:
        await released.wait()
        await route.continue_()

    async with desk_of(chromium, office, "anna") as context:
        page = await opened(context, office, f"/clients/{office.cast.pavel}")
        await page.route("**/tags/options?search=whole", late)
        option = page.get_by_role("option", name="Wholesale")
        await page.keyboard.press("y")
        await expect(option).to_be_visible()
        earlier = await option.element_handle()
        async with page.expect_request("**/tags/options?search=whole"):
            await page.keyboard.type("whole")
        await page.keyboard.press("ArrowDown")
        await expect(option).to_have_attribute("aria-selected", "true")
        released.set()
        await earlier.wait_for_element_state("hidden")
        await expect(option).to_have_attribute("aria-selected", "true")
        await page.keyboard.press("Enter")
        await expect(page.locator("[data-tag]")).to_have_text(["Wholesale"])


async def test_tags_are_written_taken_back_and_taken_off_by_keys(
    chromium: Browser, office: Office
) -> None:
    tagging = office.services.tagging
    await tagging.tag(office.cast.anna, "client", office.cast.romashka, "Wholesale")
    async with desk_of(chromium, office, "anna") as context:
        page = await opened(context, office, f"/clients/{office.cast.pavel}")
        tags, box = page.locator("[data-tag]"), page.get_by_role("combobox", name="Add a tag")
        await page.keyboard.press("y")
        await page.keyboard.type("whole")
        await expect(page.get_by_role("option", name="Wholesale")).to_be_visible()
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("Enter")
        await expect(tags).to_have_text(["Wholesale"])
        await page.keyboard.type("Big spender")
        await page.keyboard.press("Enter")
        await expect(tags).to_have_text(["Big spender", "Wholesale"])
        await expect(box).to_be_focused()
        await page.keyboard.press("Backspace")
        await expect(tags).to_have_text(["Big spender"])
        await page.locator(".toast").last.get_by_role("button", name="Undo").click()
        await expect(tags).to_have_text(["Big spender", "Wholesale"])
        await page.get_by_role("button", name="Take off the tag Big spender").click()
        await expect(tags).to_have_text(["Wholesale"])
