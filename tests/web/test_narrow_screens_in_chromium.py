"""The dialer's pages on a telephone's screen: nothing is cut off, every title is read in words."""

import pytest
from playwright.async_api import Browser

from dialer.do_not_call.kinds import ListKind
from tests.web.conftest import Office

pytestmark = pytest.mark.browser

WIDTH = 390
PATHS = (
    *("/campaigns", "/campaigns/1", "/campaigns/1/next", "/campaigns/1/entries"),
    *("/campaigns/1/load", "/campaigns/1/edit", "/do-not-call", "/do-not-call/lists/1"),
    *("/consents", "/consents/wordings", "/consents/import", "/law", "/law/ru", "/simulate"),
)
SEEN = ".page-head *, .bar *, .page-body :is(.panel, form, p, select, input)"
BEYOND = """(seen) => {
  const edge = document.documentElement.clientWidth + 1;
  return [...document.querySelectorAll(seen)]
    .filter((each) => each.getClientRects().length && !each.closest(".table-wrap"))
    .filter((each) => each.getBoundingClientRect().right > edge)
    .map((each) => `${each.tagName}.${each.className}: ${each.textContent.slice(0, 40)}`);
}"""


@pytest.mark.parametrize("language", ["en", "ru"])
async def test_nothing_is_cut_off_and_titles_are_read_in_words(
    chromium: Browser, office: Office, language: str
) -> None:
    built, vera = office.services, office.cast.vera
    await built.accounts.set_preferences(vera, language=language)
    await built.campaigns.create(vera, "The delivery, and how it was", "ru")
    await built.lists.create(None, ListKind.OWN, "Constructors and competitors")
    token = await built.sessions.open(vera.id)
    context = await chromium.new_context(viewport={"width": WIDTH, "height": 800})
    try:
        await context.add_cookies([{"name": "perezvon", "value": token, "url": str(office.url)}])
        page = await context.new_page()
        for path in PATHS:
            await page.goto(str(office.url.with_path(path)))
            await page.wait_for_selector("#status > *")
            assert await page.evaluate(BEYOND, SEEN) == [], path
            title = await page.locator(".page-head h1").bounding_box()
            assert title is not None
            assert title["height"] < 60, path  # two lines
    finally:
        await context.close()
