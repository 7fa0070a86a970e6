"""The pages of lists: addresses that can be sent, views, columns, what is ticked, files."""

import csv
import io
import re
from datetime import UTC
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select

from crm_core.audit import list_audit
from crm_core.clients.tables import clients
from crm_core.lists.reading import Cursor
from crm_core.lists.shapes import ListName
from tests.web.conftest import ClientAs, Office
from tests.web.sales import begin_sales
from web.list_addresses import read_address, read_cursor, read_query_text, write_cursor


def test_an_address_says_the_same_when_it_is_read_again() -> None:
    query = [("owner", "me"), ("owner", "7"), ("amount.from", "5"), ("amount.to", ""), ("x", "")]
    address = read_address(ListName.DEALS, [*query, ("search", " lamp "), ("view", "3")])
    assert dict(address.filters) == {"owner": "me,7", "amount": "5.."}
    assert read_query_text(ListName.DEALS, address.as_query) == address
    asked = parse_qs(urlsplit(address.but(owner="").written()).query)
    assert asked == {"amount": ["5.."], "search": ["lamp"], "view": ["3"], "look": ["list"]}


def test_how_the_board_says_it_is_understood_too() -> None:
    query = {"whose": "nobody", "period": "quarter", "stale": "1", "look": "list", "page": "2"}
    address = read_address(ListName.DEALS, query.items())
    assert dict(address.filters) == {"owner": "none", "expected": "quarter", "stale": "yes"}
    assert read_address(ListName.DEALS, [("whose", "all")]).filters == {}


def test_a_list_without_filters_is_not_mistaken_for_ones_usual_view() -> None:
    address = read_address(ListName.CLIENTS, [("owner", "me")]).but(owner="")
    assert address.written() == "/clients?view=all"
    address = read_address(ListName.CLIENTS, [("owner", "me"), ("view", "5")]).but(owner="")
    assert read_query_text(ListName.CLIENTS, address.as_query).states


@given(st.text(max_size=60))
def test_a_place_in_a_list_that_is_none_is_the_beginning(written: str) -> None:
    found = read_cursor(written)
    assert found is None or read_cursor(write_cursor(found)) == found


@given(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=300)
    | st.datetimes(timezones=st.just(UTC))
    | st.dates()
    | st.integers(0, 2**60),
    st.integers(1, 2**31 - 1),
)
def test_a_place_in_a_list_is_found_again(key: object, record_id: int) -> None:
    cursor = Cursor(key, record_id)  # type: ignore[arg-type]
    assert read_cursor(write_cursor(cursor)) == cursor


@pytest.mark.parametrize("path", ["/clients", "/clients/records", "/leads", "/deals/records"])
@pytest.mark.parametrize(
    "query",
    ["nonsense=1", "owner=%00'", "sort=price", "created=..", "view=99", "view=99999999999999999"],
)
async def test_nonsense_is_a_sentence_and_shows_nothing(
    path: str, query: str, office: Office, client_as: ClientAs
) -> None:
    await begin_sales(office)
    anna = await client_as("anna")
    answer = await anna.get(f"{path}?look=list&{query}")
    assert answer.status == 200
    assert "form-error" in answer.text
    assert "Ромашка" not in answer.words


async def test_chips_say_what_is_asked_and_the_empty_list_what_to_loosen(
    office: Office, client_as: ClientAs
) -> None:
    boris = await client_as("boris")
    answer = await boris.get("/clients?owner=me&kind=person,organisation")
    assert "Owner: me" in answer.words
    assert "Take one filter off:" in answer.words
    (way,) = re.findall(r'class="loosen">.*?href="([^"]+)"', answer.text, re.DOTALL)
    assert "Ромашка" in (await boris.get(way.replace("&amp;", "&"))).words


async def test_a_view_is_saved_shared_opened_by_a_colleague_and_made_the_first(
    office: Office, client_as: ClientAs
) -> None:
    vera, anna = await client_as("vera"), await client_as("anna")
    query = "kind=organisation&columns=name,owner&sort=-name"
    made = await vera.post(
        "/lists/clients/views", {"title": "Firms", "shared": "1", "query": query}
    )
    assert (made.status, made.url.query["view"]) == (200, "1")
    shown = await anna.get("/clients?view=1")
    assert "Павел" not in shown.words
    assert _heads(shown.text) == ["Client", "Owner"]
    assert 'aria-sort="descending"' in shown.text
    assert "Rename or share" not in shown.words
    refused = await anna.post("/lists/clients/views/1", {"version": "1", "renames": "1"})
    assert refused.status == 403
    await anna.post("/lists/clients/usual", {"view": "1"})
    assert "Павел" not in (await anna.get("/clients")).words
    assert "Павел" in (await anna.get("/clients?view=all")).words
    late = await vera.post(
        "/lists/clients/views/1", {"version": "9", "renames": "1", "title": "Late"}
    )
    assert (late.status, "was changed meanwhile" in late.words) == (409, True)
    gone = await vera.post("/lists/clients/views/1/delete", {})
    assert "not there any more" in (await anna.get("/clients?view=1")).words
    assert "Павел" in (await anna.get("/clients")).words
    await vera.post(gone.json["undo"], {})
    assert "Firms" in (await anna.get("/clients")).words


async def test_columns_are_chosen_once_and_stay(office: Office, client_as: ClientAs) -> None:
    anna = await client_as("anna")
    await anna.post("/lists/clients/columns", {"column": "owner"})
    assert _heads((await anna.get("/clients")).text) == ["Owner"]
    refused = await anna.post("/lists/clients/columns", {"query": ""})
    assert "Choose at least one column" in refused.words
    await anna.post("/lists/clients/columns", {"usual": "1"})
    assert "Numbers" in _heads((await anna.get("/clients")).text)


def _heads(html: str) -> list[str]:
    return re.findall(r"<th[^>]*>(?:<a[^>]*>)?([A-Z][^<]*)", html)


def _lines(body: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))


async def test_the_file_has_the_columns_and_the_chosen_lines_and_is_noted(
    office: Office, client_as: ClientAs
) -> None:
    async with office.services.storage.write() as tx:
        now = office.clock.now()
        row = {"kind": "person", "name": "=1+1", "created_at": now, "updated_at": now}
        await tx.execute(insert(clients).values(**row, client_since=now))
    grigory, cast = await client_as("grigory"), office.cast
    query = "columns=name,owner&sort=name"
    chosen = {"ids": f"{cast.romashka},999", "query": query}
    some = _lines((await grigory.post("/clients/export.csv", chosen)).body)
    assert some == [{"Client": "ООО «Ромашка»", "Owner": "Anna Orlova"}]
    every = {"all": "1", "query": f"{query}&kind=person"}
    answer = await grigory.post("/clients/export.csv", every)
    assert [line["Client"] for line in _lines(answer.body)] == ["'=1+1", "Павел Семёнов"]
    book = await grigory.post("/clients/export.xlsx", every)
    assert book.body.startswith(b"PK")
    async with office.services.storage.read() as connection:
        noted = await list_audit(connection, subject="clients")
    assert [(each.action, each.details["count"]) for each in noted] == [
        ("exported", n) for n in (2, 2, 1)
    ]


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"ids": ""}, 422),
        ({"ids": "one"}, 422),
        ({"ids": ",".join(map(str, range(1, 1100)))}, 422),
        ({"all": "1", "query": "nonsense=1"}, 422),
        ({"ids": "998,999"}, 422),
    ],
)
async def test_a_selection_that_cannot_be_is_refused(
    form: dict[str, str], status: int, client_as: ClientAs
) -> None:
    grigory, anna = await client_as("grigory"), await client_as("anna")
    assert (await grigory.post("/clients/export.csv", form)).status == status
    assert (await anna.post("/clients/export.csv", form)).status == 403


async def test_leads_and_deals_have_their_files_too(office: Office, client_as: ClientAs) -> None:
    await begin_sales(office)
    grigory = await client_as("grigory")
    await grigory.post("/deals", {"client_id": str(office.cast.romashka), "title": "Lamps"})
    answer = await grigory.post("/deals/export.csv", {"all": "1", "query": "columns=title,amount"})
    assert _lines(answer.body) == [{"Title": "Lamps", "Amount": "0.00", "Currency": "RUB"}]
    refused = await grigory.post("/leads/export.csv", {"all": "1", "query": ""})
    assert "nothing to export" in refused.words
    async with office.services.storage.read() as connection:
        assert (await connection.execute(select(clients.c.id))).first() is not None
