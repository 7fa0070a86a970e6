"""Do-not-call lists on the pages: looked up in any writing, put on by anybody, taken off with a
reason, imported from files good and bad."""

import re
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from dialer.do_not_call.kinds import ListKind
from dialer.do_not_call.lists import list_lists
from dialer.do_not_call.looking import list_of_number
from tests.web.browsing import Visitor
from tests.web.conftest import ClientAs, Office

PAVEL = "+79037654321"


async def _send(
    visitor: Visitor, list_id: int, body: bytes, name: str = "list.csv", **fields: str
) -> tuple[int, Any]:
    form = aiohttp.FormData()
    for field, value in fields.items():
        form.add_field(field, value)
    form.add_field("file", body, filename=name, content_type="text/csv")
    headers = {"X-CSRF-Token": await visitor.csrf(), "Accept": "application/json"}
    at = f"/do-not-call/lists/{list_id}/file"
    async with visitor.session.post(at, data=form, headers=headers) as answer:
        return answer.status, await answer.json()


@pytest.fixture
async def national(office: Office) -> int:
    lists = office.services.lists
    return await lists.create(None, ListKind.NATIONAL, "FTC", country="US")


def _numbers(count: int) -> bytes:
    return b"".join(b"212555%04d\n" % number for number in range(count))


async def test_anybody_puts_a_person_on_the_list_and_the_next_who_looks_sees_why(
    office: Office, client_as: ClientAs
) -> None:
    anna = await client_as("anna")
    assert "There is no list yet" in (await anna.get("/do-not-call")).words
    told = await anna.post(
        "/do-not-call/stop", {"number": "8 903 765-43-21", "how": "said", "reason": "“<tired>”"}
    )
    assert "Nobody calls him any more" in told.words
    found = (await anna.get("/do-not-call?q=(903) 765 43 21")).words
    for said in ("Nobody calls this number", "“<tired>”", "said to an operator", "Anna Orlova"):
        assert said in found, said
    assert "It is on no list" in (await anna.get("/do-not-call?q=8 916 000 00 00")).words
    assert "no telephone number" in (await anna.get("/do-not-call?q=12")).words
    wrong = await anna.post("/do-not-call/stop", {"number": "abc", "how": "said"})
    assert (wrong.status, 'id="number-error"' in wrong.text) == (422, True)


async def test_what_a_person_asked_for_himself_is_not_taken_off_by_hand(
    office: Office, client_as: ClientAs
) -> None:
    vera = await client_as("vera")
    await vera.post("/do-not-call/stop", {"number": PAVEL, "how": "written"})
    async with office.services.storage.read() as connection:
        [listing] = await list_of_number(connection, PAVEL)
    answer = await vera.post(f"/do-not-call/{listing.id}/remove", {"why": "by mistake"})
    assert (answer.status, "asked for this himself" in answer.words) == (409, True)
    refused = await vera.post(f"/do-not-call/lists/{listing.list_id}/retire", {})
    assert (refused.status, "it must stay in use" in refused.words) == (422, True)


async def test_a_number_is_put_on_taken_off_with_a_reason_and_put_back(
    office: Office, client_as: ClientAs
) -> None:
    vera, anna = await client_as("vera"), await client_as("anna")
    made = await vera.post("/do-not-call/lists", {"title": "Rivals", "kind": "own"}, follow=False)
    at = made.headers["Location"]
    data = {"number": PAVEL, "how": "office", "reason": "a rival"}
    assert "nobody dials it from now on" in (await vera.post(f"{at}/numbers", data)).words
    assert (await anna.get(at)).status == 403
    [number_id] = re.findall(r'id="listing-(\d+)"', (await vera.get(at)).text)
    assert (await vera.post(f"/do-not-call/{number_id}/remove", {"why": " "})).status == 422
    assert (await anna.post(f"/do-not-call/{number_id}/remove", {"why": "x"})).status == 403
    gone = await vera.post(
        f"/do-not-call/{number_id}/remove", {"why": "no rival", "list": at.rpartition("/")[2]}
    )
    assert f'action="/do-not-call/{number_id}/undo"' in gone.text
    assert "no rival" in (await vera.get(f"{at}?removed=1")).words
    await vera.post(f"/do-not-call/{number_id}/undo", {})
    assert "Nobody calls this number" in (await vera.get(f"/do-not-call?q={PAVEL}")).words
    past = {**data, "until": "2020-01-01T10:00"}
    assert 'id="until-error"' in (await vera.post(f"{at}/numbers", past)).text


async def test_lists_are_made_called_otherwise_given_up_and_used_again(
    office: Office, client_as: ClientAs
) -> None:
    vera = await client_as("vera")
    for wrong, field in (
        ({"title": "", "kind": "own"}, "title"),
        ({"title": "x", "kind": "national"}, "country"),
        ({"title": "x", "kind": "national", "country": "US", "fresh_days": "90"}, "fresh_days"),
        ({"title": "x", "kind": "robot"}, "kind"),
        ({"title": "x", "kind": "campaign"}, "campaign"),
    ):
        answer = await vera.post("/do-not-call/lists", wrong)
        assert answer.status == 422, wrong
        assert f'id="{field}-error"' in answer.text or field == "campaign", wrong
    made = await vera.post("/do-not-call/lists", {"title": "A", "kind": "own"}, follow=False)
    at = made.headers["Location"]
    await vera.post(at, {"title": "B"})
    assert "<h1>B</h1>" in (await vera.get(at)).text
    assert (await vera.post(at, {"title": ""})).status == 422
    await vera.post(f"{at}/retire", {})
    assert "given up" in (await vera.get(at)).words
    await vera.post(f"{at}/restore", {})
    async with office.services.storage.read() as connection:
        assert [each.list.title for each in await list_lists(connection)] == ["B"]


async def test_a_national_list_is_imported_grows_old_and_is_taken_back(
    office: Office, client_as: ClientAs, national: int
) -> None:
    vera, at = await client_as("vera"), f"/do-not-call/lists/{national}"
    status, answer = await _send(vera, national, _numbers(100), "ftc.csv", source="telemarketing")
    assert (status, answer) == (200, {"to": at})
    shown = (await vera.get(at)).words
    for said in ("ftc.csv", "telemarketing", "in force", "100"):
        assert said in shown, said
    assert "Nobody calls this number" in (await vera.get("/do-not-call?q=+12125550007")).words
    await _send(vera, national, _numbers(50), "newer.csv")
    [newest, _] = re.findall(r'id="import-(\d+)"', (await vera.get(at)).text)
    await vera.post(f"/do-not-call/imports/{newest}/undo", {"list": national})
    assert "Nobody calls this number" in (await vera.get("/do-not-call?q=+12125550099")).words
    await office.clock.advance(timedelta(days=32).total_seconds())
    old = await (await client_as("dina")).get("/do-not-call")
    assert "too old" in old.words


async def test_a_file_that_is_no_list_changes_nothing_and_its_lines_are_shown(
    office: Office, client_as: ClientAs, national: int
) -> None:
    vera, at = await client_as("vera"), f"/do-not-call/lists/{national}"
    await _send(vera, national, _numbers(100))
    nonsense = _numbers(20) + b"".join(b"<b>nobody %d</b>\n" % number for number in range(10))
    await _send(vera, national, nonsense, "nonsense <i>.csv")
    shown = await vera.get(at)
    assert "10 lines have no number" in shown.words
    assert "<b>nobody 3</b>" in shown.words
    assert "Nobody calls this number" in (await vera.get("/do-not-call?q=+12125550099")).words
    workbook = b"PK\x03\x04" + b"\0" * 40
    await _send(vera, national, workbook, "list.xlsx")
    assert "form-error" in (await vera.get(at)).text
    status, answer = await _send(vera, national, b"")
    assert (status, answer["error"]["code"]) == (422, "file_empty")
    late = {"obtained_at": "2999-01-01T10:00"}
    await _send(vera, national, _numbers(10), **late)
    assert "still to come" in (await vera.get(at)).words
    status, _ = await _send(vera, national, _numbers(10), obtained_at="yesterday")
    assert status == 422
    assert not list(office.services.list_reading._folder.glob("perezvon-list-*"))


async def test_the_number_of_one_list_is_not_looked_for_by_whom_it_does_not_concern(
    office: Office, client_as: ClientAs, national: int
) -> None:
    anna, at = await client_as("anna"), f"/do-not-call/lists/{national}"
    status, _ = await _send(anna, national, _numbers(5))
    assert status == 403
    assert (await anna.get(f"{at}/progress")).status == 403
    vera = await client_as("vera")
    assert (await vera.get("/do-not-call/lists/999")).status == 404
    assert (await _send(vera, 999, b"1"))[0] == 404
    assert (await vera.post(f"{at}/file", {})).status == 422
    assert (await vera.post("/do-not-call/imports/999/undo", {})).status == 404
