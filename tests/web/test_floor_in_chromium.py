"""The live floor in a real browser: who moves up in the queue moves up on the screen."""

from datetime import datetime, timedelta

import pytest
from playwright.async_api import Browser, expect

from telephony.events import CallerWaiting
from telephony.ids import Uniqueid
from tests.cast import PASSWORD
from tests.web.conftest import Office

pytestmark = pytest.mark.browser


def waits(unique: str, position: int, since: datetime) -> CallerWaiting:
    return CallerWaiting(
        at=since,
        queue="sales",
        uniqueid=Uniqueid(unique),
        position=position,
        number="",
        name=f"Caller {unique}",
        since=since,
    )


async def test_who_comes_to_stand_before_another_in_the_queue_stands_before_him(
    chromium: Browser, office: Office
) -> None:
    nine = office.clock.now()
    context = await chromium.new_context(viewport={"width": 1280, "height": 720}, locale="en")
    page = await context.new_page()
    await page.goto(str(office.url / "login"))
    await page.get_by_label("Login").fill("vera")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Floor")).to_be_visible()
    names = page.locator("[data-area='floor-waiting'] b")
    office.services.bus.publish_all([waits("1", 1, nine), waits("2", 2, nine)])
    await expect(names).to_have_text(["Caller 1", "Caller 2"])
    later = nine + timedelta(seconds=1)
    office.services.bus.publish_all([waits("2", 1, later), waits("1", 2, later)])
    await expect(names).to_have_text(["Caller 2", "Caller 1"])
    await context.close()
