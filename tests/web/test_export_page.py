"""The call list as a file: exactly the filtered calls, and no cell that does anything."""

import csv
import io
from typing import Any

import pytest
from openpyxl import load_workbook

from crm_core.audit import list_audit
from crm_core.lists import reading
from tests.web.call_log import at, log_call, log_talk
from tests.web.conftest import ClientAs, Office
from web.sheets import LIMITS, Format, harmless

HOSTILE = (
    '=HYPERLINK("http://evil")',
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "=1\r\n=2",
)


def rows_of(body: bytes, delimiter: str = ",") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(body.decode("utf-8-sig")), delimiter=delimiter))


def sheet_of(body: bytes) -> list[tuple[Any, ...]]:
    book = load_workbook(io.BytesIO(body))
    return list(book.worksheets[0].iter_rows(values_only=True))


async def test_the_file_holds_exactly_the_filtered_calls(
    office: Office, client_as: ClientAs
) -> None:
    await log_call(office, "missed", outcome="abandoned", answered_at=None, talk_seconds=0)
    await log_call(office, "answered", client_id=office.cast.romashka, started_at=at(10))
    await log_talk(office, "answered", office.cast.anna.id, "PJSIP/101")
    grigory = await client_as("grigory")
    every = rows_of((await grigory.get("/calls/export.csv")).body)
    assert [row["Call id"] for row in every] == ["answered", "missed"]
    assert every[0]["Client"] == "ООО «Ромашка»"
    assert every[0]["Operators"] == "Anna Orlova"
    assert every[0]["Talk, s"] == "60"
    assert every[0]["Began"] == "2026-03-02 09:00:10"
    missed = rows_of((await grigory.get("/calls/export.csv?missed=1")).body)
    assert [row["Call id"] for row in missed] == ["missed"]


async def test_a_call_that_goes_on_is_not_taken_for_an_unanswered_one(
    office: Office, client_as: ClientAs
) -> None:
    await log_call(office, "1.1", outcome=None, ended_at=None, talk_seconds=0)
    grigory = await client_as("grigory")
    (row,) = rows_of((await grigory.get("/calls/export.csv")).body)
    assert row["Outcome"] == "Live"
    assert (row["Waiting, s"], row["Talk, s"], row["On hold, s"], row["Ended"]) == ("",) * 4
    (_, line) = sheet_of((await grigory.get("/calls/export.xlsx")).body)
    assert line[8:12] == ("Live", None, None, None)


@pytest.mark.parametrize(
    "asked",
    [
        "period=own&from=2026-02-31",
        "period=own&from=2026-03-02&until=2026-03-01",
        "period=own&until=tomorrow",
    ],
)
async def test_a_filter_that_is_refused_offers_and_gives_no_file(
    office: Office, client_as: ClientAs, asked: str
) -> None:
    await log_call(office, "1.1")
    grigory = await client_as("grigory")
    page = await grigory.get(f"/calls?{asked}")
    assert page.status == 422
    assert "Export" not in page.words
    assert (await grigory.get("/calls/export.csv", follow=False)).status == 200
    refused = await grigory.get(f"/calls/export.csv?{asked}", follow=False)
    assert (refused.status, refused.headers["Location"].startswith("/calls?")) == (303, True)


async def test_more_calls_than_one_chunk_are_all_there_once(
    office: Office, client_as: ClientAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = {f"c{n}" for n in range(23)}
    for n in range(23):
        await log_call(office, f"c{n}", started_at=at(n // 3))
    monkeypatch.setattr(reading, "PIECE", 5)
    grigory = await client_as("grigory")
    written = [row["Call id"] for row in rows_of((await grigory.get("/calls/export.csv")).body)]
    assert (len(written), set(written)) == (23, wanted)
    sheet = sheet_of((await grigory.get("/calls/export.xlsx")).body)
    assert {row[-1] for row in sheet[1:]} == wanted


async def test_excel_in_russian_gets_a_mark_semicolons_and_its_own_words(
    office: Office, client_as: ClientAs
) -> None:
    await office.services.accounts.set_preferences(office.cast.grigory, language="ru")
    await log_call(office, "1.1")
    grigory = await client_as("grigory")
    answer = await grigory.get("/calls/export.csv")
    assert answer.body.startswith(b"\xef\xbb\xbf")
    (row,) = rows_of(answer.body, ";")
    assert row["Итог"] == "Отвечен"
    assert row["Начало"] == "2026-03-02 09:00:00"
    assert row["Код звонка"] == "1.1"
    assert answer.headers["Content-Disposition"].endswith('.csv"')


async def test_times_are_those_of_the_person(office: Office, client_as: ClientAs) -> None:
    await office.services.accounts.set_preferences(office.cast.grigory, time_zone="Europe/Moscow")
    await log_call(office, "1.1")
    grigory = await client_as("grigory")
    (row,) = rows_of((await grigory.get("/calls/export.csv")).body)
    assert row["Began"] == "2026-03-02 12:00:00"


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_name_never_becomes_a_formula(
    office: Office, client_as: ClientAs, name: str
) -> None:
    await log_call(office, "1.1", caller_name=name)
    grigory = await client_as("grigory")
    (row,) = rows_of((await grigory.get("/calls/export.csv")).body)
    assert row["Caller's name"].startswith("'")
    book = load_workbook(io.BytesIO((await grigory.get("/calls/export.xlsx")).body))
    cell = book.worksheets[0].cell(2, 4)
    assert cell.data_type == "s"
    assert str(cell.value)[:1] == name[:1]


async def test_a_number_stays_the_text_it_is(office: Office, client_as: ClientAs) -> None:
    await log_call(office, "1.1", number="+79161234567")
    grigory = await client_as("grigory")
    (row,) = rows_of((await grigory.get("/calls/export.csv")).body)
    assert row["Number"] == "+79161234567"
    sheet = sheet_of((await grigory.get("/calls/export.xlsx")).body)
    assert sheet[1][2] == "+79161234567"
    assert sheet[1][10] == 60  # talk, a number one can add up


def test_only_what_begins_like_a_formula_is_changed() -> None:
    assert [harmless(text) for text in ("Anna", "a=b", "", "+79161234567", "'x")] == [
        "Anna",
        "a=b",
        "",
        "+79161234567",
        "'x",
    ]
    assert [harmless(text)[0] for text in ("+7916=1", "+7 916", "＝1", *HOSTILE)] == ["'"] * 9


async def test_an_export_is_noted_in_the_audit_trail(office: Office, client_as: ClientAs) -> None:
    await log_call(office, "1.1")
    grigory = await client_as("grigory")
    await grigory.get("/calls/export.csv?outcome=answered")
    async with office.services.storage.read() as connection:
        (entry, *_) = await list_audit(connection, subject="calls")
    assert (entry.agent_name, entry.action, entry.subject_id) == ("Grigory Lvov", "exported", "csv")
    assert entry.details["count"] == 1
    assert "outcome=answered" in entry.details["filter"]


async def test_too_many_calls_are_refused_with_what_to_do(
    office: Office, client_as: ClientAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LIMITS, Format.XLSX, 1)
    await log_call(office, "1.1")
    await log_call(office, "1.2")
    grigory = await client_as("grigory")
    answer = await grigory.get("/calls/export.xlsx")
    assert answer.status == 422
    assert "Narrow the list" in answer.words
    assert "/calls/export.xlsx" not in (await grigory.get("/calls")).text
    assert (await grigory.get("/calls/export.csv")).status == 200


async def test_a_format_that_does_not_exist_is_nothing(client_as: ClientAs) -> None:
    grigory = await client_as("grigory")
    assert (await grigory.get("/calls/export.exe")).status == 404


async def test_a_filter_that_cannot_be_understood_exports_nothing(
    office: Office, client_as: ClientAs
) -> None:
    await log_call(office, "1.1")
    grigory = await client_as("grigory")
    answer = await grigory.get("/calls/export.csv?direction=sideways", follow=False)
    assert (answer.status, answer.headers["Location"][:7]) == (303, "/calls?")
