"""What has become late is counted in the navigation of a page that stays open."""

import pytest
from playwright.async_api import Browser, expect

from tests.web.call_log import add_task, at
from tests.web.conftest import Office
from tests.web.shift import at_work

pytestmark = pytest.mark.browser


async def test_a_task_that_becomes_late_by_itself_is_counted_beside_tasks(
    chromium: Browser, office: Office
) -> None:
    async with at_work(office) as shift:
        await shift.sit("anna", "desk_101")
        token = await office.services.sessions.open(office.cast.anna.id)
        context = await chromium.new_context(locale="en-GB")
        await context.add_cookies([{"name": "perezvon", "value": token, "url": str(office.url)}])
        page = await context.new_page()
        await page.clock.install()
        await page.goto(str(office.url / "workplace"))
        await expect(page.locator("#status .state")).to_have_text("Ready")
        count = page.locator('.rail-link[href="/tasks"] .count')
        await expect(count).to_be_hidden()

        await add_task(office, "Send the contract", due_at=at(-60))
        await page.clock.fast_forward(61_000)
        await expect(count).to_have_text("1")
        await expect(count).to_be_visible()
        await context.close()
