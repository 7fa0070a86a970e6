"""Simulation in a browser: a file is opened and run, the page shows how far it is and what came."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.cast import PASSWORD
from tests.web.conftest import Office
from web import simulating

SCENARIO = 'title = "Half an hour"\noperators = {count = 2, to = "09:30"}\ndays = 1\n'


@pytest.mark.browser
async def test_a_supervisor_opens_a_file_and_sees_its_day(
    chromium: Browser, office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulating, "AT_ONCE_SECONDS", 0.0)
    small, large = tmp_path / "small.toml", tmp_path / "large.toml"
    small.write_text(SCENARIO)
    large.write_text("#" * 400_000)
    context = await chromium.new_context(viewport={"width": 1280, "height": 720}, locale="en")
    page = await context.new_page()
    await page.goto(str(office.url / "login"))
    await page.get_by_label("Login").fill("vera")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/floor")
    await page.goto(str(office.url / "simulate"))
    await page.get_by_text("As a file").click()
    await page.locator("input[type=file]").set_input_files(large)
    await expect(page.get_by_text("This file is too large for a scenario.")).to_be_visible()
    await page.locator("input[type=file]").set_input_files(small)
    await expect(page.get_by_label("Scenario")).to_have_value(SCENARIO)
    await expect(page.get_by_text("This file is too large")).to_be_hidden()
    await page.get_by_role("button", name="Simulate the file").click()
    # It is shown by itself, when the page has heard that it is over.
    await expect(page.get_by_role("heading", name="Half an hour")).to_be_visible(timeout=30_000)
    await expect(page.get_by_text("No rule was broken.")).to_be_visible()
    await context.close()
