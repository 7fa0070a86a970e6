"""A tab that nobody has looked at for half an hour still tells of a call."""

import re

import pytest
from playwright.async_api import Browser, Page, expect

from tests.web.conftest import Office
from tests.web.shift import ANNAS, at_work

pytestmark = pytest.mark.browser

AWAY_SECONDS = 30 * 60
# Headless pages are never hidden, and their notifications are seen by nobody.
_STAGED = """
window.away = false;
const told = [];
Object.defineProperty(document, "hidden", { get: () => window.away });
const state = () => window.away ? "hidden" : "visible";
Object.defineProperty(document, "visibilityState", { get: state });
window.Notification = class extends EventTarget {
  static permission = "granted";
  constructor(title) {
    super();
    told.push(title);
    document.documentElement.dataset.told = told.join("; ");
  }
};
"""
_LOOK = "away => { window.away = away; document.dispatchEvent(new Event('visibilitychange')); }"


async def test_a_tab_hidden_for_half_an_hour_tells_of_a_call_and_shows_it_when_looked_at(
    chromium: Browser, office: Office
) -> None:
    async with at_work(office) as shift:
        await shift.sit("anna", "desk_101")
        token = await office.services.sessions.open(office.cast.anna.id)
        context = await chromium.new_context(locale="en-GB")
        await context.add_cookies([{"name": "perezvon", "value": token, "url": str(office.url)}])
        page = await context.new_page()
        await page.clock.install()
        await page.add_init_script(_STAGED)
        await page.goto(str(office.url / "workplace"))
        await expect(page.locator("#status .state")).to_have_text("Ready")
        own_title = await page.title()

        await page.evaluate(_LOOK, True)
        await office.clock.advance(AWAY_SECONDS)
        await page.clock.fast_forward(AWAY_SECONDS * 1000)
        await _connected(page)
        await shift.ring(ANNAS)
        once = re.compile("^[^;]*Иван Петров[^;]*$")
        await expect(page.locator("html")).to_have_attribute("data-told", once)
        await expect(page).to_have_title(re.compile("☎ .*Иван Петров"))

        await page.evaluate(_LOOK, False)
        await expect(page.locator(".card.ringing .card-name h2")).to_have_text("Иван Петров")
        await expect(page).to_have_title(own_title)
        await context.close()


async def _connected(page: Page) -> None:
    """The page found its line silent for half an hour, and has it back."""
    await expect(page.locator("#link-state")).to_be_hidden()
