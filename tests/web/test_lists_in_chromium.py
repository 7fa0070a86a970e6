"""A list in a real browser: asked for by keyboard, shared as a view, ticked, taken as a file."""

import csv
import io
import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect
from sqlalchemy import insert

from crm_core.clients.tables import clients
from tests.web.conftest import Office

pytestmark = pytest.mark.browser


async def _browse(office: Office, chromium: Browser, login: str, path: str) -> Page:
    token = await office.services.sessions.open(getattr(office.cast, login).id)
    context = await chromium.new_context(
        viewport={"width": 1280, "height": 720}, locale="en-GB", accept_downloads=True
    )
    await context.add_cookies([{"name": "perezvon", "value": token, "url": str(office.url)}])
    page = await context.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"the page's script failed: {error}"))
    await page.goto(f"{office.url}{path}")
    return page


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8-sig")


async def test_a_list_is_asked_for_shared_ticked_and_taken_away(
    office: Office, chromium: Browser
) -> None:
    now = office.clock.now()
    common = {"kind": "person", "client_since": now, "created_at": now, "updated_at": now}
    async with office.services.storage.write() as tx:
        for n in range(60):
            await tx.execute(insert(clients).values(name=f"Guest {n:02}", **common))
    vera = await _browse(office, chromium, "vera", "clients")
    await vera.evaluate("window.same = true")
    rows = vera.locator("table tbody tr")
    await expect(rows).to_have_count(50)

    # A filter, by keyboard alone; the very next key after the menu's own belongs to its field.
    await vera.keyboard.press("Escape")
    assert await vera.evaluate(
        """() => {
          document.querySelector("#filter-menu summary").click();
          return document.activeElement.matches("[data-filter-names] [data-find-choice]");
        }"""
    )
    await vera.keyboard.press("Escape")
    await expect(vera.locator("#filter-menu summary")).to_be_focused()
    await vera.locator("#filter-menu summary").press("Enter")
    await vera.keyboard.type("owner")
    await vera.keyboard.press("Enter")
    await vera.keyboard.press("ArrowDown")
    await vera.get_by_label("nobody", exact=True).press("Space")
    await vera.keyboard.press("Enter")
    await expect(vera.locator(".filter-chip")).to_have_text(re.compile("Owner:\\s*nobody"))
    assert "owner=none" in vera.url

    # Sorted by a head, the next page and back, without a reload.
    await vera.get_by_role("link", name="Client", exact=True).click()
    await expect(rows.first).to_contain_text("Guest 00")
    await vera.get_by_role("link", name="Further").click()
    await expect(rows).to_have_count(11)
    await vera.go_back()
    await expect(rows.first).to_contain_text("Guest 00")
    assert await vera.evaluate("window.same") is True

    # Ticked with Shift and by the key x, over pages.
    await rows.nth(1).locator("[data-tick]").click()
    await rows.nth(4).locator("[data-tick]").click(modifiers=["Shift"])
    await expect(vera.locator("[data-chosen-count]")).to_have_text("4 chosen")
    await vera.locator("body").click(position={"x": 5, "y": 700})
    await vera.keyboard.press("j")
    await vera.keyboard.press("x")
    await expect(vera.locator("[data-chosen-count]")).to_have_text("5 chosen")
    async with vera.expect_download() as download:
        await vera.locator("#bulk-export summary").click()
        await vera.get_by_role("button", name="CSV file").click()
    file = _read(await (await download.value).path())
    assert [line["Client"] for line in csv.DictReader(io.StringIO(file))] == [
        f"Guest {n:02}" for n in range(5)
    ]
    await vera.locator("[data-choose-all]").click()
    await expect(vera.locator("[data-chosen-count]")).to_have_text("All 61 chosen")

    # Columns, then a view for everybody.
    await vera.locator("[data-choose-none]").click()
    await vera.get_by_role("button", name="Columns").click()
    await vera.locator("#column-choice").get_by_text("Contacts").click()
    await vera.locator("#columns-dialog").get_by_role("button", name="Show").click()
    await expect(vera.get_by_role("columnheader", name="Contacts")).to_have_count(0)
    await vera.get_by_role("button", name="Save as a view").first.click()
    await expect(vera.get_by_label("Title")).to_be_focused()
    await vera.keyboard.type("Nobody's")
    await vera.get_by_label("Everybody sees it").check()
    await vera.locator("#view-new").get_by_role("button", name="Save").click()
    await expect(vera.get_by_role("link", name="Nobody's")).to_have_attribute(
        "aria-current", "page"
    )
    anna = await _browse(office, chromium, "anna", "clients")
    await anna.get_by_role("link", name="Nobody's").click()
    await expect(anna.locator(".filter-chip")).to_have_text(re.compile("Owner:\\s*nobody"))
    await expect(anna.get_by_role("columnheader", name="Contacts")).to_have_count(0)
    await anna.context.close()

    # Deleted, and taken back.
    await vera.locator("#view-menu summary").click()
    await vera.get_by_role("button", name="Delete the view").click()
    await expect(vera.get_by_role("link", name="Nobody's")).to_have_count(0)
    await vera.get_by_role("button", name="Undo").click()
    await expect(vera.get_by_role("link", name="Nobody's")).to_have_count(1)
    await vera.context.close()
