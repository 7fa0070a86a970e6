"""The one box and the page of all results: what is found, marked, offered and remembered."""

import re

import pytest
from sqlalchemy import insert

from crm_core.clients.tables import notes
from crm_core.search.index import reindex
from crm_core.search.kinds import SearchKind
from crm_core.search.question import ask
from tests.web.conftest import ClientAs, Office
from web.search_lines import SHOWN, excerpt, pieces


async def note(office: Office, client_id: int, text: str) -> None:
    async with office.services.storage.write() as tx:
        row = {"client_id": client_id, "text": text, "created_at": office.clock.now()}
        made = await tx.execute(insert(notes).values(**row))
        await reindex(tx, SearchKind.NOTE, made.inserted_primary_key[0])


async def test_the_box_shows_who_fits_with_the_fitting_part_marked(client_as: ClientAs) -> None:
    anna = await client_as("anna", language="en")
    answer = await anna.get("/search/box?q=ромаш")
    assert "<mark>Ромаш</mark>ка" in answer.text
    assert re.findall(r'role="option"[^>]+href="(/clients/\d+)"', answer.text) == ["/clients/1"]
    assert "All results for “ромаш”" in answer.words
    by_number = await anna.get("/search/box?q=8+916+123")
    assert "<mark>8 (916) 123</mark>-45-67" in by_number.text


async def test_the_box_offers_what_was_opened_lately_and_all_pages(
    office: Office, client_as: ClientAs
) -> None:
    anna, boris = await client_as("anna", language="en"), await client_as("boris", language="en")
    empty = await anna.get("/search/box?q=")
    assert "Opened lately" not in empty.words
    assert "Workplace" in empty.words
    assert "Administration" not in empty.words
    opened = {"kind": "client", "record_id": office.cast.pavel}
    assert (await anna.post("/search/opened", opened)).status == 200
    answer = await anna.get("/search/box?q=")
    assert "Opened lately" in answer.words
    assert "Павел Семёнов" in answer.words
    assert "Павел" not in (await boris.get("/search/box?q=")).words


async def test_only_what_is_there_counts_as_opened(client_as: ClientAs) -> None:
    anna = await client_as("anna")
    for kind, record_id in (("client", "999"), ("note", "1"), ("alien", "1"), ("client", "x")):
        answer = await anna.post("/search/opened", {"kind": kind, "record_id": record_id})
        assert answer.status == 404, (kind, record_id)


async def test_a_name_or_a_number_that_nobody_has_can_be_created(client_as: ClientAs) -> None:
    anna = await client_as("anna", language="en")
    answer = await anna.get("/search/box?q=Незнакомец")
    assert "Nothing fits “Незнакомец”." in answer.words
    assert "/clients/new?name=%D0%9D" in answer.text
    assert "/leads/new?name=%D0%9D" in answer.text
    answer = await anna.get("/search/box?q=%2B7+999+888-77-66")
    assert "/clients/new?number=%2B7%20999%20888-77-66" in answer.text
    assert "/calls?number=%2B7%20999%20888-77-66" in answer.text


async def test_pages_are_found_by_their_names(client_as: ClientAs) -> None:
    anna = await client_as("anna", language="en")
    answer = await anna.get("/search/box?q=CLI")
    assert 'href="/clients" tabindex' in answer.text
    assert 'href="/tasks" tabindex' not in answer.text


async def test_a_note_is_shown_around_what_fits_and_with_the_clients_name(
    office: Office, client_as: ClientAs
) -> None:
    long = "Просил " + "очень " * 60 + "прислать образцы <b>тканей</b> до пятницы"
    await note(office, office.cast.pavel, long)
    anna = await client_as("anna", language="en")
    answer = await anna.get("/search?q=образцы")
    assert "<mark>образцы</mark> &lt;b&gt;тканей" in answer.text
    assert "Павел Семёнов" in answer.words
    assert f'href="/clients/{office.cast.pavel}#line-note-1"' in answer.text


async def test_one_kind_is_shown_alone(office: Office, client_as: ClientAs) -> None:
    await note(office, office.cast.romashka, "Ромашка просит скидку")
    anna = await client_as("anna", language="en")
    both = await anna.get("/search?q=ромашка")
    assert 'id="group-client"' in both.text
    assert 'id="group-note"' in both.text
    alone = await anna.get("/search?q=ромашка&kind=note")
    assert 'id="group-client"' not in alone.text
    assert 'id="group-note"' in alone.text


@pytest.mark.parametrize("asked", ["", "%00", "%22", "%3Cscript%3E", "a" * 3000, "'%20OR%201=1"])
async def test_whatever_is_asked_is_answered(client_as: ClientAs, asked: str) -> None:
    anna = await client_as("anna")
    for path in ("/search", "/search/box"):
        answer = await anna.get(f"{path}?q={asked}")
        assert answer.status == 200
        assert "<script>" not in answer.text


def test_a_text_is_cut_where_marks_begin_and_end() -> None:
    question = ask("сем пав", "RU")
    assert pieces("Павел Семёнов", question) == (
        ("Пав", True),
        ("ел ", False),
        ("Сем", True),
        ("ёнов", False),
    )
    assert pieces("Павел", None) == (("Павел", False),)


def test_an_excerpt_of_a_long_text_holds_what_fits() -> None:
    text = "слово " * 100 + "ёлка " + "слово " * 100
    cut = excerpt(text, ask("елка", "RU"))
    assert ("ёлка", True) in cut
    assert cut[0] == cut[-1] == ("…", False)
    assert len("".join(piece for piece, _ in cut)) <= SHOWN + 2
    assert excerpt("короткий текст", ask("нет", "RU")) == (("короткий текст", False),)
