"""The list of calls in a real browser: it changes by itself, is walked by keyboard and saved."""

import re

import pytest
from playwright.async_api import Browser, expect

from crm_core.events import CallLinked
from tests.journeys.office import until
from tests.web.call_log import at, log_call
from tests.web.conftest import Office
from web.lists_live import CALLS_TOPIC

pytestmark = pytest.mark.browser
REFRESHED = """async () => {
  const lists = document.querySelector('script[src$="/lists.js"]').src;
  const { refresh } = await import(lists.replace("lists.js", "cards.js"));
  await refresh({ id: "records" });
}"""


async def _ring(office: Office, call_id: str, **values: object) -> None:
    """A call that began now, told to all who look."""
    live = {"outcome": None, "ended_at": None, "answered_at": None, "talk_seconds": 0}
    await log_call(office, call_id, **{**live, "started_at": office.clock.now(), **values})
    async with office.services.storage.write() as tx:
        tx.announce(CallLinked(call_id=call_id, client_id=None))


async def test_a_list_of_calls_follows_the_office_and_is_kept_as_a_view(
    office: Office, chromium: Browser
) -> None:
    for n in range(3):
        await log_call(office, f"old.{n}", queue="sales", started_at=at(n - 60))
    token = await office.services.sessions.open(office.cast.vera.id)
    context = await chromium.new_context(
        viewport={"width": 1280, "height": 720}, locale="en-GB", accept_downloads=True
    )
    await context.add_cookies([{"name": "perezvon", "value": token, "url": str(office.url)}])
    page = await context.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"the page's script failed: {error}"))
    await page.goto(f"{office.url}calls")
    rows = page.locator("table tbody tr")
    await expect(rows).to_have_count(3)
    await page.evaluate("window.same = true")
    hub = office.services.screens.hub
    await until(lambda: hub.is_watched(CALLS_TOPIC), "the page listens")

    # A new call comes by itself, above the others, and is still the chosen line's neighbour.
    await page.keyboard.press("Escape")
    await page.keyboard.press("j")
    await expect(rows.first).to_have_attribute("aria-selected", "true")
    await _ring(office, "new.1", queue="support")
    await expect(rows).to_have_count(4)
    await expect(rows.first).to_contain_text("Live")
    await expect(page.locator('tr[aria-selected="true"]')).to_have_attribute("data-id", "old.2")

    # Asked for by the menu; the new call is of another queue.
    await page.keyboard.press("f")
    await page.keyboard.type("queue")
    await page.keyboard.press("Enter")
    await page.get_by_label("Sales", exact=True).check()
    # What comes meanwhile waits until the menu is closed: nothing is unticked under one's hands.
    await _ring(office, "new.2", queue="support")
    await page.evaluate(REFRESHED)
    await expect(page.get_by_label("Sales", exact=True)).to_be_checked()
    await page.locator("[data-filter=queue]").get_by_role("button", name="Show").click()
    await expect(rows).to_have_count(3)
    await expect(page.locator(".filter-chip").nth(1)).to_have_text(re.compile("Queue:\\s*Sales"))
    assert await page.evaluate("window.same") is True
    await page.get_by_role("button", name="Save as a view").first.click()
    await page.get_by_label("Title").fill("Of sales")
    await page.locator("#view-new").get_by_role("button", name="Save").click()
    tab = page.get_by_role("link", name="Of sales")
    await expect(tab).to_have_attribute("aria-current", "page")
    async with page.expect_download() as download:
        await page.locator("#export-menu summary").click()
        await page.get_by_role("link", name="CSV file these columns").click()
    assert (await download.value).suggested_filename.startswith("calls-")
    await page.keyboard.press("Escape")
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile("/calls/old.2$"))
    await context.close()
