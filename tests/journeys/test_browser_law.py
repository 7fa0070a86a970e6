"""In a real browser: a rule is loosened with a reason, a person says stop and is refused, a list is
read while its bar moves."""

# ruff: noqa: F811 - fixtures are imported by name and asked for by name

from pathlib import Path

import pytest
from playwright.async_api import expect

from crm_core.clients.contact_points import PointKind
from dialer.do_not_call.kinds import ListKind
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


async def test_a_rule_is_loosened_with_a_reason_that_is_told_while_one_writes(
    browse: Open,
) -> None:
    vera = await browse("vera", "law/ru/edit")
    await vera.get_by_label("Left alone afterwards, hours").fill("24")
    await expect(vera.locator("#judged")).to_contain_text("Only an administrator may do that")
    dina = await browse("dina", "law/ru")
    await dina.keyboard.press("e")
    await dina.get_by_label("Left alone afterwards, hours").fill("24")
    await expect(dina.locator("#judged")).to_contain_text("72 hours → 24 hours")
    await expect(dina.locator("#judged")).to_contain_text("This allows what was forbidden")
    await dina.keyboard.press("Control+Enter")
    await expect(dina.locator("#reason-error")).to_have_text("Fill this in.")
    await dina.get_by_label("Why").fill("Our lawyer says so")
    await dina.keyboard.press("Control+Enter")
    await expect(dina.get_by_text("The rules are saved")).to_be_visible()
    await dina.get_by_role("link", name="History").click()
    await expect(dina.locator("#version-1")).to_contain_text("Our lawyer says so")


async def test_who_says_stop_is_on_no_page_to_be_called(office: Office, browse: Open) -> None:
    built, cast = office.services, office.cast
    await built.clients.add_point(cast.anna, cast.pavel, PointKind.ADDRESS, "Москва, Тверская 1")
    await built.wordings.add(None, "Calls", "I agree to calls.")
    anna = await browse("anna", f"clients/{cast.pavel}")
    block = anna.locator(f"#calling-{cast.pavel}")
    await expect(block).to_contain_text("has not agreed to calls")
    await block.locator("summary", has_text="Consent").click()
    await block.get_by_label("What proves it").last.fill("in this call")
    await block.get_by_role("button", name="Keep", exact=True).click()
    await expect(block).to_contain_text("may be called now")
    await block.locator("summary", has_text="Call him no more").click()
    await block.get_by_placeholder("In his own words").fill("Enough!")
    await block.get_by_role("button", name="Call no more", exact=True).click()
    await expect(block.locator(".verdict.no")).to_contain_text("asked not to be called")
    await block.get_by_label("By which law").select_option("us_federal")
    await expect(block.locator(".verdict.no")).to_contain_text("said to an operator")
    vera = await browse("vera", "do-not-call?q=8 903 765-43-21")
    await expect(vera.locator(".lookup-answer")).to_contain_text("Nobody calls this number")
    await expect(vera.get_by_text("Enough!")).to_be_visible()


async def test_a_list_is_sent_read_and_its_nonsense_shown(
    office: Office, browse: Open, tmp_path: Path
) -> None:
    lists = office.services.lists
    list_id = await lists.create(None, ListKind.NATIONAL, "FTC", country="US")
    file = tmp_path / "list.txt"
    lines = [f"212555{number:04d}" for number in range(5_000)]
    file.write_text("\n".join([*lines, "a line of nobody"]))
    vera = await browse("vera", f"do-not-call/lists/{list_id}")
    await vera.get_by_label("Text, CSV, ZIP or gzip").set_input_files(file)
    await vera.get_by_role("button", name="Import", exact=True).click()
    row = vera.locator("tr[id^=import-]")
    await expect(row).to_contain_text("in force")
    await expect(row).to_contain_text("5,000")
    await row.locator("summary").click()
    await expect(row.get_by_text("a line of nobody")).to_be_visible()


async def test_an_old_table_of_consents_is_read_in_the_code_page_of_windows(
    browse: Open, tmp_path: Path
) -> None:
    file = tmp_path / "consents.csv"
    file.write_bytes(
        "Номер;Дано;Чем подтверждается\r\n8 903 765-43-21;01.02.2026;бланк 7".encode("cp1251")
    )
    vera = await browse("vera", "consents/import")
    rows = vera.get_by_label("or pasted here")
    await vera.get_by_label("From a file (CSV)").set_input_files(file)
    await expect(rows).to_have_value(
        "Номер;Дано;Чем подтверждается\n8 903 765-43-21;01.02.2026;бланк 7"
    )
    await vera.get_by_role("button", name="Look at it first").click()
    await expect(vera.get_by_text("1 row is understood")).to_be_visible()
    await expect(vera.get_by_role("cell", name="бланк 7")).to_be_visible()
    picture = tmp_path / "picture.csv"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4)
    await vera.get_by_label("From a file (CSV)").set_input_files(picture)
    await vera.get_by_role("button", name="Look at it first").click()
    await expect(vera.get_by_text("This is no table of consents")).to_be_visible()
