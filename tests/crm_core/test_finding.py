"""One box finds anything by any part of it, the closest first, and only what one may see."""

from dataclasses import replace
from datetime import timedelta

import phonenumbers
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, update

from crm_core.agents.people import Agent
from crm_core.agents.rights import Action, RecordKind, Rights, Scope
from crm_core.calls.tables import calls, wrap_ups
from crm_core.clients.numbers import insert_number
from crm_core.clients.tables import client_numbers, clients, contact_points, notes
from crm_core.clock import ManualClock
from crm_core.search.engines import WINDOW
from crm_core.search.finding import DEPTH, find
from crm_core.search.index import reindex
from crm_core.search.kinds import SearchKind
from crm_core.search.ranking import Fit
from crm_core.search.results import Found
from crm_core.search.tables import search_texts
from crm_core.storage.engine import Storage, Write
from crm_core.tasks.tables import tasks
from telephony.numbers import normalise
from tests.cast import Cast


class Finder:
    """Writes clients as their writers do, and asks as a page does."""

    def __init__(self, storage: Storage, clock: ManualClock, cast: Cast) -> None:
        self.storage, self.clock, self.cast = storage, clock, cast

    async def client(self, name: str, *numbers: str, owner: int | None = None, **more: str) -> int:
        async with self.storage.write() as tx:
            return await self.client_in(tx, name, *numbers, owner=owner, **more)

    async def client_in(
        self, tx: Write, name: str, *numbers: str, owner: int | None = None, **more: str
    ) -> int:
        now = self.clock.now()
        row = {"kind": "person", "name": name, "owner_agent_id": owner, "client_since": now}
        made = await tx.execute(insert(clients).values(**row, created_at=now, updated_at=now))
        client_id = int(made.inserted_primary_key[0])
        for written in numbers:
            await insert_number(tx, now, client_id, None, written, normalise(written, "RU"))
        for kind, written in more.items():
            point = {"kind": kind, "written": written, "key": written.casefold()}
            await tx.execute(
                insert(contact_points).values(client_id=client_id, created_at=now, **point)
            )
        await reindex(tx, SearchKind.CLIENT, client_id)
        return client_id

    async def found(self, text: str, actor: Agent | None = None, most: int = 8) -> Found:
        async with self.storage.read() as connection:
            found = await find(connection, actor or self.cast.vera, text, "RU", most=most)
        assert found is not None
        return found

    async def titles(self, text: str, actor: Agent | None = None, most: int = 8) -> list[str]:
        """All results in the order of the page; of a note what it says."""
        found = await self.found(text, actor, most)
        return [hit.title or hit.body for group in found.groups for hit in group.hits]


@pytest.fixture
async def finder(storage: Storage, clock: ManualClock, cast: Cast) -> Finder:
    async with storage.write() as tx:
        for client_id in (cast.romashka, cast.pavel):
            await reindex(tx, SearchKind.CLIENT, client_id)
    return Finder(storage, clock, cast)


ROMASHKA = (
    *("Ромашка", "ромашк", "ООО ромашка", "ромашка ооо", "«РОМАШКА»", "POMAШКA", "р", "ро"),
    *("иван", "Петров Иван", "ив ромаш", "оо", "ромашка 4567", "45-67", "1234567", "4567"),
    *(
        "+7 495 12",
        "8 495",
        "8495123",
        "8 (495) 123-45-67",
        "84951234567 доб. 12",
        "tel:+74951234567",
    ),
    *("hjvfirf", "Bdfy", "BDFY GTNHJD"),  # in the other layout: ромашка, Иван Петров
    *("buh@romashka.ru", "buh", "romashka.ru", "mashka.r", "о р"),
)


async def test_a_client_is_found_by_any_part_of_what_is_known_of_him(
    finder: Finder, cast: Cast, clock: ManualClock
) -> None:
    async with finder.storage.write() as tx:
        mail = {"kind": "email", "written": "buh@romashka.ru", "key": "buh@romashka.ru"}
        await tx.execute(
            insert(contact_points).values(client_id=cast.romashka, created_at=clock.now(), **mail)
        )
        await reindex(tx, SearchKind.CLIENT, cast.romashka)
    for asked in ROMASHKA:
        assert await finder.titles(asked) == ["ООО «Ромашка»"], asked


async def test_what_nobody_is_called_finds_nobody(finder: Finder) -> None:
    for asked in ("ъъъ", "ромашкин", "4568", "иван павел", "%", "_", "ромашка%", "ъ", "ш"):
        assert await finder.titles(asked) == [], asked


async def test_an_empty_question_is_none(storage: Storage, cast: Cast) -> None:
    async with storage.read() as connection:
        for asked in ("", "   ", "«»", "\0", "\u200b"):
            assert await find(connection, cast.vera, asked, "RU") is None


async def test_strange_signs_are_only_signs(finder: Finder) -> None:
    strange = (
        '"',
        "'; DROP TABLE clients --",
        "a" * 5000,
        "AND OR NOT",
        "*",
        '") OR ("',
        "\ud800a",
    )
    async with finder.storage.read() as connection:
        for asked in strange:
            found = await find(connection, finder.cast.vera, asked, "RU")
            assert found is None or found.groups == ()


async def test_the_closest_comes_first_and_the_newest_of_equals(finder: Finder) -> None:
    for name in ("Саров Юрий", "Олег Аров", "Арова Инна", "Аров Лев"):
        await finder.client(name)
        await finder.clock.advance(60)
    assert await finder.titles("аров") == ["Аров Лев", "Арова Инна", "Олег Аров", "Саров Юрий"]


async def test_an_address_comes_before_those_that_contain_it(finder: Finder) -> None:
    await finder.client("Первый", email="an@x.ru")
    await finder.clock.advance(60)
    await finder.client("Второй", email="ivan@x.ru")
    await finder.client("an@x.rus")
    assert (await finder.titles("an@x.ru"))[0] == "Первый"


async def test_a_close_fit_is_found_among_very_many_newer_ones(finder: Finder) -> None:
    await finder.client("Ольга Аров")
    await finder.client("Аров Лев")
    async with finder.storage.write() as tx:
        for n in range(DEPTH + 5):
            await finder.client_in(tx, f"Комаров {n}")
    found = await finder.titles("аров")
    assert found[:2] == ["Аров Лев", "Ольга Аров"]
    assert len(found) == 8


async def test_notes_stand_after_all_else_with_the_clients_name(
    finder: Finder, cast: Cast, clock: ManualClock
) -> None:
    now = clock.now()
    async with finder.storage.write() as tx:
        row = {"kind": "next_step", "text": "Послать тюльпаны", "due_at": now, "created_at": now}
        await tx.execute(insert(tasks).values(client_id=cast.pavel, **row))
        await reindex(tx, SearchKind.TASK, 1)
        note = {"client_id": cast.pavel, "text": "любит тюльпаны"}
        await tx.execute(insert(notes).values(created_at=now, **note))
        await reindex(tx, SearchKind.NOTE, 1)
        call = {"call_id": "a", "direction": "inbound", "client_id": cast.romashka}
        await tx.execute(insert(calls).values(started_at=now + timedelta(minutes=1), **call))
        said = {"call_id": "a", "agent_id": cast.anna.id, "note": "Тюльпаны в пятницу"}
        await tx.execute(insert(wrap_ups).values(**said))
        await reindex(tx, SearchKind.CALL_NOTE, 1)
    await finder.client("Тюльпан")
    found = await finder.found("тюльпан")
    assert [(group.kind, len(group.hits)) for group in found.groups] == [
        (SearchKind.CLIENT, 1),
        (SearchKind.TASK, 1),
        (SearchKind.NOTE, 2),
    ]
    newest, older = found.groups[2].hits
    assert (newest.kind, newest.word, newest.client_name) == ("call_note", "a", "ООО «Ромашка»")
    assert (older.kind, older.body, older.client_name) == (
        "note",
        "любит тюльпаны",
        "Павел Семёнов",
    )


async def test_a_hit_tells_how_the_client_is_reached(finder: Finder) -> None:
    [group] = (await finder.found("ромашка")).groups
    assert [(way.kind, way.text) for way in group.hits[0].ways] == [
        ("contact", "Иван Петров"),
        ("number", "+74951234567"),
        ("number", "+79161234567"),
    ]


async def test_more_are_told_of_where_there_are_more(finder: Finder) -> None:
    for n in range(4):
        await finder.client(f"Клён {n}")
    three, four = [(await finder.found("клен", most=most)).groups[0] for most in (3, 4)]
    assert (len(three.hits), three.more) == (3, True)
    assert (len(four.hits), four.more) == (4, False)


def narrowed(agent: Agent, scope: Scope) -> Agent:
    """Him, seeing only clients within `scope`."""
    scopes = {**agent.rights.scopes, (RecordKind.CLIENT, Action.SEE): scope}
    return replace(agent, rights=Rights(scopes))


async def test_nobody_finds_what_he_may_not_see_and_gets_as_many_as_he_may(
    finder: Finder, cast: Cast
) -> None:
    for n in range(3):
        await finder.client(f"Дуб {n}", owner=cast.anna.id)
    async with finder.storage.write() as tx:
        for n in range(DEPTH + WINDOW // 50):
            await finder.client_in(tx, f"Дуб Бориса {n}", owner=cast.boris.id)
    anna, boris = narrowed(cast.anna, Scope.OWN), narrowed(cast.boris, Scope.OWN)
    assert await finder.titles("дуб", anna) == ["Дуб 2", "Дуб 1", "Дуб 0"]
    assert len(await finder.titles("дуб", boris)) == 8
    assert await finder.titles("дуб", narrowed(cast.anna, Scope.NONE)) == []


@pytest.mark.parametrize("seen_last", [False, True])
async def test_notes_further_down_are_shown_where_the_newest_are_hidden(
    finder: Finder, cast: Cast, clock: ManualClock, seen_last: bool
) -> None:
    start = clock.now()
    hidden = await finder.client("Скрытый", owner=cast.boris.id)
    written = [cast.pavel] * 10 + [hidden] * 20 + [cast.pavel] * seen_last
    async with finder.storage.write() as tx:
        for n in range(10):
            at = start + timedelta(minutes=n)
            row = {"client_id": cast.pavel, "text": f"липа {n}", "created_at": at}
            await tx.execute(insert(notes).values(**row))
            await reindex(tx, SearchKind.NOTE, n + 1)
        for n, client_id in enumerate(written):
            call = {"call_id": f"c{n}", "direction": "inbound", "client_id": client_id}
            at = start + timedelta(minutes=10 + n)
            await tx.execute(insert(calls).values(started_at=at, **call))
            said = {"call_id": f"c{n}", "agent_id": cast.anna.id, "note": f"Липа в звонке {n}"}
            await tx.execute(insert(wrap_ups).values(**said))
            await reindex(tx, SearchKind.CALL_NOTE, n + 1)
    seen = [n for n, client_id in enumerate(written) if client_id == cast.pavel]
    wanted = [f"Липа в звонке {n}" for n in reversed(seen)][:8]
    assert await finder.titles("липа", narrowed(cast.anna, Scope.OWN)) == wanted


async def test_a_newcomer_does_not_find_a_key_client_nor_notes_on_him(
    finder: Finder, cast: Cast, clock: ManualClock
) -> None:
    async with finder.storage.write() as tx:
        key = update(clients).where(clients.c.id == cast.pavel)
        await tx.execute(key.values(is_key=True, owner_agent_id=cast.anna.id, note="Семёнова дача"))
        note = {"client_id": cast.pavel, "text": "Семёнов звонил", "created_at": clock.now()}
        await tx.execute(insert(notes).values(**note))
        await reindex(tx, SearchKind.CLIENT, cast.pavel)
        await reindex(tx, SearchKind.NOTE, 1)
    assert len(await finder.titles("семенов", cast.boris)) == 3
    newcomer = replace(cast.boris, newcomer=True)
    assert await finder.titles("семенов", newcomer) == []
    assert await finder.titles("+7 903 765 43 21", newcomer) == []


async def test_a_wrong_number_finds_nobody(finder: Finder, cast: Cast) -> None:
    async with finder.storage.write() as tx:
        this = update(client_numbers).where(client_numbers.c.client_id == cast.pavel)
        await tx.execute(this.values(wrong=True))
        await reindex(tx, SearchKind.CLIENT, cast.pavel)
    assert await finder.titles("+7 903 765 43 21") == []
    assert await finder.titles("4321") == []


async def test_a_close_fit_of_ones_own_is_found_among_very_many_that_are_hidden(
    finder: Finder, cast: Cast
) -> None:
    await finder.client("Аров Лев", owner=cast.anna.id)
    async with finder.storage.write() as tx:
        for n in range(DEPTH):
            await finder.client_in(tx, f"Комаров {n}", owner=cast.anna.id)
        for n in range(DEPTH):
            await finder.client_in(tx, f"Аров {n}", owner=cast.boris.id)
    found = await finder.titles("аров", narrowed(cast.anna, Scope.OWN))
    assert (found[0], len(found)) == ("Аров Лев", 8)


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
@pytest.mark.postgres
async def test_what_is_older_than_the_window_is_found_by_the_index(
    finder: Finder, cast: Cast
) -> None:
    await finder.client("Вяз")
    async with finder.storage.write() as tx:
        await finder.client_in(tx, "Клён")
        first = 7 * 2**40 + 100
        row = {"kind": "client", "text": "^ n "}
        rows = [{"id": first + n, "record_id": 1000 + n, **row} for n in range(WINDOW)]
        await tx.execute(insert(search_texts), rows)
    assert await finder.titles("вяз") == ["Вяз"]
    await finder.client("Вязь")
    assert await finder.titles("вяз") == ["Вязь", "Вяз"]


COUNTRIES = sorted(phonenumbers.SUPPORTED_REGIONS)
KINDS = [phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE]


def twelve_writings(e164: str) -> list[str]:
    """One number as a dozen people write it; from abroad where it is no Russian one."""
    parsed = phonenumbers.parse(e164)
    digits = e164[1:]
    international = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    grouped = international[1:]
    wide = "".join(chr(ord(c) - ord("0") + ord("０")) for c in digits)
    writings = [
        e164,
        international,
        f"00{digits}",
        f"00 {grouped}",
        f"+{grouped.replace(' ', '-').replace('--', '-')}",
        f"+{grouped.replace(' ', '.').replace('-', '.')}",
        f"tel:{e164}",
        f"＋{wide}",
        f"{e164} доб. 12",
        f"{international}, ext. 7",
        f"<sip:{e164}@pbx.example>",
        f"\u00a0{e164}\u200b ",
    ]
    if parsed.country_code == 7 and digits[1] in "3489":
        national = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)
        writings += [
            f"8{digits[1:]}",
            national,
            f"({digits[1:4]}) {digits[4:]}",
            f"007{digits[1:]}",
        ]
    return writings


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(country=st.sampled_from(COUNTRIES), kind=st.sampled_from(KINDS))
async def test_any_writing_of_any_valid_number_finds_its_owner_and_nobody_else(
    finder: Finder, country: str, kind: int
) -> None:
    example = phonenumbers.example_number_for_type(country, kind)
    assume(example is not None)
    assert example is not None
    assume(phonenumbers.is_valid_number(example))
    e164 = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
    # In Russia +84912345678 is taken for 8 491 234-56-78 with a plus before it, not for Vietnam's.
    assume(normalise(e164, "RU").e164 == e164)
    async with finder.storage.write() as tx:
        await tx.execute(clients.update().values(deleted_at=finder.clock.now()))
        owner = await finder.client_in(tx, "Хозяин", e164)
        await finder.client_in(tx, "Сосед", f"{e164[:-1]}{(int(e164[-1]) + 1) % 10}")
        await finder.client_in(tx, f"Тёзка {e164[1:]}")
    for written in twelve_writings(e164):
        groups = (await finder.found(written)).groups
        hits = [(hit.record_id, hit.fit) for group in groups for hit in group.hits]
        assert hits == [(owner, Fit.EXACT)], written
