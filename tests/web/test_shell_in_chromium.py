"""The frame of the pages in a real browser: keys, toasts, theme, and not one complaint."""

import asyncio
import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect

from telephony.events import ExchangeLost
from tests.cast import PASSWORD
from tests.web.conftest import Office
from tests.web.shift import at_work

_PRESS = "about => document.body.dispatchEvent(new KeyboardEvent('keydown', about))"
pytestmark = pytest.mark.browser


@pytest.fixture
async def page(chromium: Browser, office: Office) -> AsyncIterator[Page]:
    """Vera, logged in by the form; what the console complains of fails the test."""
    context = await chromium.new_context(
        viewport={"width": 1280, "height": 720}, locale="en", color_scheme="light"
    )
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
    # Chromium notes every refused form as an error; that is no fault of the page.
    assert [one for one in complaints if "status of 422" not in one] == []


async def test_the_question_mark_lists_the_keys(page: Page) -> None:
    await page.keyboard.press("?")
    overlay = page.get_by_role("dialog", name="Keyboard")
    await expect(overlay).to_be_visible()
    await expect(overlay).to_contain_text("Search everything")
    await page.keyboard.press("Escape")
    await expect(overlay).to_be_hidden()


async def test_letters_lead_to_pages_in_any_layout(page: Page) -> None:
    await page.keyboard.press("g")
    await page.keyboard.press("c")
    await expect(page).to_have_url(_at("/calls"))
    for key, code in (("п", "KeyG"), ("л", "KeyK")):
        await page.evaluate(_PRESS, {"key": key, "code": code, "bubbles": True})
    await expect(page).to_have_url(_at("/clients"))


async def test_the_slash_goes_to_the_search_and_typing_there_is_only_typing(page: Page) -> None:
    await page.keyboard.press("/")
    search = page.get_by_role("combobox", name="Search everything")
    await expect(search).to_be_focused()
    await page.keyboard.type("gc?")
    await expect(search).to_have_value("gc?")
    await expect(page).to_have_url(_at("/me"))
    await page.keyboard.press("Escape")
    await expect(search).to_be_hidden()


async def test_saving_tells_so_and_the_colours_change_at_once(page: Page) -> None:
    day = await _background(page)
    await page.get_by_label("Colours").select_option("dark")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Your settings are saved.")).to_be_visible()
    assert await _background(page) != day
    await page.get_by_role("button", name="Close").last.click()
    await expect(page.get_by_text("Your settings are saved.")).to_be_hidden()


async def test_the_computers_dark_theme_is_followed(page: Page) -> None:
    day = await _background(page)
    await page.emulate_media(color_scheme="dark")
    assert await _background(page) != day


async def test_the_first_thing_on_the_keyboards_way_leads_to_the_content(page: Page) -> None:
    await page.keyboard.press("Tab")
    await expect(page.get_by_text("Skip to the content")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("#main")).to_be_focused()


async def test_a_field_with_an_error_takes_the_focus(page: Page) -> None:
    await page.get_by_label("Current password").fill("wrong one")
    await page.get_by_label("New password", exact=True).fill("малиновый-звон-7")
    await page.get_by_label("New password again").fill("малиновый-звон-7")
    await page.get_by_role("button", name="Change the password").click()
    await expect(page.get_by_label("Current password")).to_be_focused()


_WIDE = """[document.documentElement, document.querySelector(".main")].some(
  (box) => box.scrollWidth > box.clientWidth)"""


async def test_the_pages_fit_a_small_screen_without_scrolling_sideways(
    page: Page, office: Office
) -> None:
    for path in ("me", "calls", "clients", "tasks", "floor", "workplace", "help/connect"):
        await page.goto(str(office.url / path))
        assert not await page.evaluate(_WIDE), path


_LONG_ROW = """area => {
  const cells = ["", "Константин Константинопольский +44 7700 900 123", "Поддержка и сервис",
    "Екатерина Преображенская, Александр Рождественский",
    "<span class='chip warn'>10:00:00</span>"];
  const row = document.createElement("tr");
  row.innerHTML = cells.map((cell) => `<td class="cut">${cell}</td>`).join("");
  document.querySelector(`[data-area="${area}"]`).append(row);
  return document.querySelector(".main").scrollWidth <= document.querySelector(".main").clientWidth;
}"""


async def test_a_colleague_with_an_endless_name_breaks_no_page(page: Page, office: Office) -> None:
    client_id = await office.services.clients.create(
        office.cast.vera, name="Northwind", number="+44 161 496 0345"
    )
    lengthen = "for (const one of document.querySelectorAll('option')) one.text = 'О'.repeat(190)"
    for path in ("tasks", f"clients/{client_id}"):
        await page.goto(str(office.url / path))
        await page.evaluate(lengthen)
        assert not await page.evaluate(_WIDE), path


async def test_long_names_do_not_push_the_floors_clocks_off_the_screen(
    page: Page, office: Office
) -> None:
    await page.goto(str(office.url / "floor"))
    assert await page.evaluate(_LONG_ROW, "floor-calls")
    assert await page.evaluate(_LONG_ROW, "floor-waiting")


async def test_escape_closes_an_open_menu(page: Page, office: Office) -> None:
    await page.goto(str(office.url / "calls"))
    menu = page.locator("details.menu").first
    await menu.locator("summary").click()
    await expect(menu).to_have_attribute("open", "")
    await page.keyboard.press("Escape")
    await expect(menu).not_to_have_attribute("open", "")


def _at(path: str) -> re.Pattern[str]:
    return re.compile(rf"^https?://[^/]+{re.escape(path)}(\?.*)?$")


async def _background(page: Page) -> str:
    found: str = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    return found


async def test_what_is_cut_is_read_in_full_under_the_pointer(page: Page, office: Office) -> None:
    long_name = "ООО «Производственно-коммерческое объединение «Северо-Западный ветер и сыновья»»"
    for name in (long_name, "ИП Ян"):
        await office.services.clients.create(office.cast.vera, name=name)
    await page.goto(str(office.url / "clients"))
    cut = page.locator("td.cut", has_text="Производственно")
    await cut.hover()
    await expect(cut).to_have_attribute("title", long_name)
    whole = page.locator("td.cut", has_text="ИП Ян")
    await whole.hover()
    await expect(whole).not_to_have_attribute("title", re.compile(""))


async def test_an_administrator_is_told_of_a_restart_and_of_the_exchange_on_every_page(
    chromium: Browser, office: Office
) -> None:
    async with at_work(office) as shift:
        token = await office.services.sessions.open(office.cast.dina.id)
        context = await chromium.new_context(locale="en")
        await context.add_cookies([{"name": "perezvon", "value": token, "url": str(office.url)}])
        pages = [await context.new_page() for _ in range(2)]
        for page, path in zip(pages, ("admin/people", "floor"), strict=True):
            await page.goto(str(office.url / path))
        lost = ExchangeLost(at=office.clock.now(), reason="unreachable")
        for page in pages:
            await expect(page.locator("#link-state")).to_be_hidden()
        async with asyncio.timeout(20):
            while len(office.services.screens.hub) < len(pages):  # noqa: ASYNC110 - browsers tell
                await asyncio.sleep(0.01)
        await shift.hear(lost)
        for page in pages:
            await expect(page.locator("#exchange-banner")).to_contain_text("nothing answers")
        await office.services.screens.close()
        for page in pages:
            await expect(page.locator("#restarting")).to_contain_text("Your calls go on")
        await context.close()
