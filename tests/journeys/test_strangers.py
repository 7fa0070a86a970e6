"""Who is calling: nobody known, one of several, or somebody who hides; and names that attack."""

import csv
import io
import zipfile

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import select

from crm_core.calls.tables import calls, wrap_ups
from tests.journeys.office import Perezvon, until
from tests.lab.sip_phone import Dialog
from tests.lab.stage import Stage

pytestmark = [pytest.mark.lab, pytest.mark.browser]

STRANGER = "79991112233"
PAVEL = "79037654321"
SCRIPT = "<script>alert(1)</script>"
QUOTES = "\"><img src=x onerror=alert(2)>'"
FORMULA = '=HYPERLINK("http://evil.example","x")'


@pytest.fixture
async def anna(perezvon: Perezvon) -> Page:
    return await perezvon.workplace(perezvon.cast.anna, perezvon.cast.desk_101)


async def _rings(stage: Stage, caller: str, name: str = "") -> tuple[Dialog, Dialog]:
    client = stage.from_city("101", caller=caller, name=name)
    return client, await stage.phones["101"].incoming()


async def test_an_unknown_caller_becomes_a_client_with_one_field_and_is_known_the_next_time(
    perezvon: Perezvon, lab_stage: Stage, anna: Page
) -> None:
    client, _ = await _rings(lab_stage, STRANGER)
    await expect(anna.locator(".card.ringing .card-name h2")).to_have_text("8 (999) 111-22-33")
    await anna.keyboard.press("n")
    await anna.keyboard.type("Фёдор Чайкин")
    await anna.keyboard.press("Enter")
    await expect(anna.locator(".card-name h2")).to_have_text("Фёдор Чайкин")
    await client.hang_up()
    await expect(anna.locator(".card")).to_have_count(0)
    client, _ = await _rings(lab_stage, STRANGER)
    await expect(anna.locator(".card.ringing .card-name h2")).to_have_text("Фёдор Чайкин")
    await client.hang_up()
    await expect(anna.locator(".card")).to_have_count(0)
    found = await perezvon.rows(select(calls.c.client_id))
    assert len({row.client_id for row in found} - {None}) == 1
    assert len(found) == 2


async def test_one_of_two_clients_with_a_number_is_chosen_and_remembered(
    perezvon: Perezvon, lab_stage: Stage, anna: Page
) -> None:
    cast = perezvon.cast
    await perezvon.services.clients.create(cast.anna, name="Сергей Семёнов", number=PAVEL)
    client, _ = await _rings(lab_stage, PAVEL)
    await expect(anna.locator(".choice")).to_have_count(2)
    name = await anna.locator(".choice").nth(1).locator("b").inner_text()
    await anna.keyboard.press("2")
    await expect(anna.locator(".card-name h2")).to_have_text(name)
    await client.hang_up()
    await expect(anna.locator(".card")).to_have_count(0)
    client, _ = await _rings(lab_stage, PAVEL)
    await expect(anna.locator(".card.ringing .card-name h2")).to_have_text(name)
    await client.hang_up()


async def test_who_hides_his_number_is_still_a_call_to_note(
    perezvon: Perezvon, lab_stage: Stage, anna: Page
) -> None:
    client, ring = await _rings(lab_stage, "anonymous", "Anonymous")
    await expect(anna.locator(".card.ringing .card-name h2")).to_have_text("Hidden number")
    await ring.answer()
    await expect(anna.locator(".card.talking")).to_be_visible()
    await anna.locator(".card-form textarea").fill("the neighbour")
    await client.hang_up()
    await expect(anna.locator(".card.wrap_up")).to_be_visible()
    await expect(anna.locator(".card-form textarea")).to_have_value("the neighbour")

    async def noted() -> bool:
        return [row.note for row in await perezvon.rows(select(wrap_ups))] == ["the neighbour"]

    await until(noted, "the note is kept")


@pytest.mark.parametrize("name", [SCRIPT, QUOTES, FORMULA], ids=["script", "quotes", "formula"])
async def test_a_hostile_name_is_text_everywhere_and_does_nothing(
    perezvon: Perezvon, lab_stage: Stage, anna: Page, name: str
) -> None:
    spoken: list[str] = []
    anna.on("dialog", lambda dialog: spoken.append(dialog.message))
    heard = name.replace('"', '\\"')  # Asterisk keeps a quoted string as it was written
    client, _ = await _rings(lab_stage, STRANGER, name)
    await expect(anna.locator(".card.ringing")).to_contain_text(heard)
    assert await anna.locator(".card script, .card img").count() == 0
    await client.hang_up()

    call = await perezvon.only_call()
    assert call.caller_name == heard
    for path in ("calls", f"calls/{call.call_id}", "tasks", "workplace"):
        await anna.goto(str(perezvon.url / path))
        assert await anna.locator("main script, main img").count() == 0
    assert spoken == []

    async with perezvon.visitor(perezvon.cast.grigory) as head_of_sales:
        table = await head_of_sales.get("/calls/export.csv")
        book = await head_of_sales.get("/calls/export.xlsx")
    cells = [
        cell for row in csv.reader(io.StringIO(table.body.decode("utf-8-sig"))) for cell in row
    ]
    assert not [cell for cell in cells if cell.startswith(("=", "@", "\t", "\r"))]
    with zipfile.ZipFile(io.BytesIO(book.body)) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "<script" not in sheet
