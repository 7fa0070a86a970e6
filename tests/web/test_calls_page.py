"""The call list and the page of one call."""

import re
from datetime import timedelta

import pytest

from crm_core.lists.reading import PAGE
from tests.web.call_log import (
    NINE,
    add_task,
    at,
    log_call,
    log_note,
    log_offer,
    log_talk,
    log_transfer,
)
from tests.web.conftest import ClientAs, Office


def shown(text: str) -> list[str]:
    """The ids of the calls in the list, in order."""
    return re.findall(r'<tr data-href="/calls/([^"]+)"', text)


async def test_the_newest_call_stands_first_with_its_client(
    office: Office, client_as: ClientAs
) -> None:
    await log_call(office, "1.1", client_id=office.cast.romashka)
    await log_call(office, "1.2", started_at=at(60))
    grigory = await client_as("grigory")
    answer = await grigory.get("/calls")
    assert shown(answer.text) == ["1.2", "1.1"]
    assert "ООО «Ромашка»" in answer.words
    assert '<span class="list-total"><b>2</b></span>' in answer.text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("direction=outbound", ["out"]),
        ("outcome=abandoned", ["missed"]),
        ("missed=1", ["missed"]),
        ("queue=sales", ["missed"]),
        ("number=8+(916)+765-43-21", ["out"]),
        ("number=%2B7916765", ["out"]),
        ("live=1", ["live"]),
        ("direction=outbound&missed=1", []),
    ],
)
async def test_the_filter_keeps_what_was_asked_for(
    office: Office, client_as: ClientAs, query: str, expected: list[str]
) -> None:
    await log_call(office, "plain")
    await log_call(office, "out", direction="outbound", number="+79167654321", caller="")
    await log_call(office, "missed", outcome="abandoned", queue="sales", answered_at=None)
    await log_call(office, "live", outcome=None, ended_at=None)
    grigory = await client_as("grigory")
    answer = await grigory.get(f"/calls?{query}")
    assert shown(answer.text) == expected
    if not expected:
        assert "Nothing fits all of this" in answer.words


async def test_calls_are_found_by_operator_and_disposition(
    office: Office, client_as: ClientAs
) -> None:
    cast = office.cast
    await log_call(office, "annas")
    await log_talk(office, "annas", cast.anna.id, "PJSIP/101")
    await log_note(office, "annas", cast.anna.id, "", disposition_id=cast.refused)
    await log_call(office, "borises")
    await log_talk(office, "borises", cast.boris.id, "PJSIP/102")
    vera = await client_as("vera")
    assert shown((await vera.get(f"/calls?agent={cast.boris.id}")).text) == ["borises"]
    assert shown((await vera.get(f"/calls?disposition={cast.refused}")).text) == ["annas"]


async def test_a_day_is_a_day_where_the_person_lives(office: Office, client_as: ClientAs) -> None:
    """In Vladivostok it is 19:00 when London has nine in the morning."""
    cast = office.cast
    await office.services.accounts.set_preferences(cast.grigory, time_zone="Asia/Vladivostok")
    await log_call(office, "evening-before", started_at=NINE - timedelta(hours=19, minutes=1))
    await log_call(office, "first-minute", started_at=NINE - timedelta(hours=18, minutes=59))
    grigory = await client_as("grigory")
    assert shown((await grigory.get("/calls?period=today")).text) == ["first-minute"]
    assert shown((await grigory.get("/calls?period=yesterday")).text) == ["evening-before"]
    own = await grigory.get("/calls?period=own&from=2026-03-02&until=2026-03-02")
    assert shown(own.text) == ["first-minute"]


async def test_own_dates_that_make_no_sense_are_explained(client_as: ClientAs) -> None:
    grigory = await client_as("grigory")
    backwards = await grigory.get("/calls?period=own&from=2026-03-02&until=2026-03-01")
    assert (backwards.status, "The end is before the beginning" in backwards.words) == (422, True)
    for written, said in (
        ("yesterday", "“yesterday” is no date"),
        ("2026-02-31", "“2026-02-31” is no date"),
        ("0026-02-03", "Choose a year between 1990 and 2200"),
    ):
        nonsense = await grigory.get(f"/calls?period=own&from={written}")
        assert (nonsense.status, said in nonsense.words) == (422, True), written


async def test_pages_neither_repeat_nor_lose_a_call_while_new_ones_come(
    office: Office, client_as: ClientAs
) -> None:
    for n in range(PAGE + 3):
        await log_call(office, f"c{n:03}", started_at=at(n // 2))  # pairs begin in one instant
    grigory = await client_as("grigory")
    first = await grigory.get("/calls?outcome=answered")
    (older,) = re.findall(r'href="(/calls\?[^"]*after=[^"]*)"', first.text)
    await log_call(office, "newer", started_at=at(1000))
    second = await grigory.get(older.replace("&amp;", "&"))
    seen = shown(first.text) + shown(second.text)
    assert sorted(seen) == [f"c{n:03}" for n in range(PAGE + 3)]
    assert "outcome=answered" in older


async def test_a_client_is_named_by_a_part_of_the_name(office: Office, client_as: ClientAs) -> None:
    await log_call(office, "romashka", client_id=office.cast.romashka)
    await log_call(office, "other")
    grigory = await client_as("grigory")
    found = await grigory.get("/calls?client=ромаш")
    assert shown(found.text) == ["romashka"]
    assert shown((await grigory.get("/calls?search=ромаш")).text) == ["romashka"]
    nobody = await grigory.get("/calls?client=нетникого")
    assert shown(nobody.text) == []
    assert "Nothing fits" in nobody.words
    by_id = await grigory.get(f"/calls?client_id={office.cast.romashka}")
    assert (shown(by_id.text), "Client: ООО «Ромашка»" in by_id.words) == (["romashka"], True)
    assert shown((await grigory.get("/calls?search=951+112")).text) == ["romashka", "other"]


@pytest.mark.parametrize(
    "query",
    [
        "agent=x",
        "disposition=99999999999999999999",
        "direction=sideways",
        "before=nonsense",
        "before=2026-03-02T09:00:00_x",
        "client_id=-1",
        "period=never",
        "number=%00",
        "from=0001-01-01&period=own",
    ],
)
async def test_a_hostile_filter_is_an_answer_and_no_fault(
    office: Office, client_as: ClientAs, query: str
) -> None:
    await log_call(office, "1.1")
    grigory = await client_as("grigory")
    assert (await grigory.get(f"/calls?{query}")).status in (200, 422)


async def test_an_operator_sees_own_calls_and_no_others(
    office: Office, client_as: ClientAs
) -> None:
    cast = office.cast
    await log_call(office, "annas")
    await log_talk(office, "annas", cast.anna.id, "PJSIP/101")
    await log_call(office, "borises", queue="support")
    anna = await client_as("anna")
    answer = await anna.get("/calls")
    assert shown(answer.text) == ["annas"]
    assert "Export" not in answer.words
    assert (await anna.get("/calls/borises")).status == 404
    assert (await anna.get("/calls/borises")).body != (await anna.get("/calls/annas")).body
    missing = await anna.get("/calls/no-such-call")
    assert missing.words == (await anna.get("/calls/borises")).words
    assert (await anna.get("/calls/export.csv")).status == 403


async def test_a_call_page_tells_the_whole_story(office: Office, client_as: ClientAs) -> None:
    cast = office.cast
    await log_call(office, "1.1", client_id=cast.romashka, queue="sales")
    await log_offer(office, "1.1", cast.anna.id, "PJSIP/101", "answered")
    await log_offer(office, "1.1", cast.boris.id, "PJSIP/102", "no_answer")
    await log_talk(office, "1.1", cast.anna.id, "PJSIP/101", 5, 30)
    await log_talk(office, "1.1", cast.boris.id, "PJSIP/102", 30, 65)
    await log_transfer(office, "1.1", "PJSIP/101", "PJSIP/102")
    task_id = await add_task(office, "Send the contract", client_id=cast.romashka)
    await log_note(
        office, "1.1", cast.boris.id, "Likes red", disposition_id=cast.agreed, task_id=task_id
    )
    grigory = await client_as("grigory")
    page = await grigory.get("/calls/1.1")
    for said in (
        "Boris Klimov 102 : did not answer",
        "Anna Orlova 101 joined the conversation",
        "Anna Orlova 101 put the call on hold",
        "Anna Orlova 101 handed the call to Boris Klimov 102",
        "(attended transfer)",
        "The client hung up (hung up as usual)",
        "Likes red",
        "Agreed",
        "Send the contract",
        "Sales",
    ):
        assert said in page.words
    assert f'href="/tasks/{task_id}"' in page.text
    assert f'href="/clients/{cast.romashka}"' in page.text


async def test_a_live_call_is_shown_as_live(office: Office, client_as: ClientAs) -> None:
    await log_call(office, "1.1", outcome=None, ended_at=None, ended_by=None, hangup_cause=None)
    vera = await client_as("vera")
    page = await vera.get("/calls/1.1")
    assert "The call goes on" in page.words
    assert 'data-since="2026-03-02T09:00:00' in page.text


async def test_a_hostile_name_is_text_and_nothing_else(office: Office, client_as: ClientAs) -> None:
    name = '<script>alert(1)</script>" onload=x'
    await log_call(office, "<b>&\"'?#%1", caller_name=name, number="", caller="")
    vera = await client_as("vera")
    listed = await vera.get("/calls")
    assert name in listed.words
    assert "<script>alert" not in listed.text
    (link,) = set(shown(listed.text))
    opened = await vera.get(f"/calls/{link}")
    assert opened.status == 200
    assert "<script>alert" not in opened.text


async def test_the_list_speaks_russian(office: Office, client_as: ClientAs) -> None:
    await office.services.accounts.set_preferences(office.cast.grigory, language="ru")
    await log_call(office, "1.1")
    grigory = await client_as("grigory")
    listed = await grigory.get("/calls?outcome=answered&agent=me,team")
    for said in ("Начало: 7 дней", "Итог: Отвечен", "Оператор: я, моя команда"):
        assert said in listed.words
