"""In a real browser: a campaign is made, filled from the clients, looked at and explained, and one
person is taken off its list."""

import pytest
from playwright.async_api import expect

from tests.journeys.browsing import Open
from tests.web.conftest import (  # noqa: F401 - fixtures of the running office
    Office,
    clock,
    furnished_database,
    office,
    routes,
    settings,
)

pytestmark = pytest.mark.browser


async def test_a_campaign_is_made_filled_explained_and_one_is_taken_off(browse: Open) -> None:
    vera = await browse("vera", "campaigns")
    await vera.keyboard.press("c")
    await vera.get_by_label("Title").fill("Spring")
    await vera.get_by_label("Law profile").select_option("us_federal")
    await vera.keyboard.press("Control+Enter")
    await expect(vera.get_by_text("Nobody is on the list yet")).to_be_visible()
    await vera.locator(".empty a").click()
    await vera.get_by_label("Segment").fill("north")
    await vera.get_by_role("button", name="Put them on the list").click()
    await expect(vera.locator("#progress")).to_contain_text("2 people were put on the list.")
    await vera.get_by_role("link", name="Who is next, and why").click()
    await expect(vera.locator("tbody tr").first).to_contain_text("priority 5, not tried yet")
    await vera.get_by_role("link", name="List", exact=True).click()
    await vera.wait_for_url("**/entries", wait_until="load")
    await vera.keyboard.press("j")
    await expect(vera.locator("tr[aria-selected=true]")).to_have_count(1)
    await vera.keyboard.press("Enter")
    await expect(vera.locator(".why-facts")).to_contain_text("still being prepared")
    vera.once("dialog", lambda dialog: dialog.accept())
    await vera.get_by_role("button", name="Take off the list").click()
    agreed = vera.locator("dialog[open] button.primary, dialog[open] button.danger")
    if await agreed.count():
        await agreed.first.click()
    await expect(vera.get_by_text("nobody calls them for this campaign")).to_be_visible()
    await expect(vera.locator("tbody tr", has_text="not called any more")).to_have_count(1)
