"""Who is calling: one card for any writing, a ranked choice, near matches, colleagues."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Dialect, insert, text

from crm_core.agents.tables import agent_states
from crm_core.calls.tables import calls
from crm_core.clients.lookup import (
    MOST_CANDIDATES,
    MOST_NEAR,
    Lookup,
    LookupKind,
    Reason,
    find_by_number,
)
from crm_core.clients.records import Clients
from crm_core.clock import ManualClock
from crm_core.editing.edits import Edits
from crm_core.errors import Invalid, NotFound
from crm_core.events import ClientChosen
from crm_core.storage import hot
from crm_core.storage.engine import Storage
from crm_core.tasks.tables import tasks
from tests.cast import Cast

SHARED = "+7 812 765-43-21"


@pytest.fixture
def clients(storage: Storage, clock: ManualClock) -> Clients:
    return Clients(storage, clock, "RU")


async def look_up(storage: Storage, number: str, country: str = "RU") -> Lookup:
    async with storage.read() as connection:
        return await find_by_number(connection, number, country)


async def called(
    storage: Storage, clock: ManualClock, client_id: int, *, hours_ago: float, answered: bool = True
) -> None:
    at = clock.now() - timedelta(hours=hours_ago)
    async with storage.write() as tx:
        await tx.execute(
            insert(calls).values(
                call_id=f"{client_id}-{hours_ago}",
                direction="inbound",
                started_at=at,
                answered_at=at if answered else None,
                client_id=client_id,
            )
        )


async def promised(storage: Storage, clock: ManualClock, client_id: int, **values: Any) -> None:
    async with storage.write() as tx:
        row = {"kind": "next_step", "client_id": client_id, **values}
        await tx.execute(insert(tasks).values(due_at=clock.now(), created_at=clock.now(), **row))


@pytest.mark.parametrize(
    "written",
    [
        *("8 (916) 123-45-67", "+7 916 123-45-67", "0079161234567", "79161234567", "9161234567"),
        *("916 123 45 67", "+79161234567", "89161234567", "8\u00a0916\u2013123\u201345\u201367"),
        *(
            "８９１６１２３４５６７",
            "+8 (916) 123-45-67",
            "8 916 123-45-67 доб. 12",
            "+79161234567,,12",
        ),
        *("tel:+7-916-123-45-67", "sip:+79161234567@provider.example;user=phone"),
    ],
)
async def test_every_writing_leads_to_one_card(storage: Storage, cast: Cast, written: str) -> None:
    found = await look_up(storage, written)
    assert (found.kind, found.client_id, found.key) == (
        LookupKind.ONE,
        cast.romashka,
        "+79161234567",
    )
    (candidate,) = found.candidates
    assert candidate.name == candidate.organisation == "ООО «Ромашка»"
    assert (candidate.contact_name, candidate.owner_agent_id) == ("Иван Петров", cast.anna.id)
    assert candidate.reason_code is Reason.NUMBER


async def test_however_it_was_typed_when_it_was_kept(
    clients: Clients, storage: Storage, cast: Cast
) -> None:
    made = await clients.create(cast.anna, name="Ким", number="сот. ８（９２１）７６５—４３—２１")
    assert (await look_up(storage, "+79217654321")).client_id == made


@pytest.mark.parametrize("shown", ["", "anonymous", "Unknown", "restricted", "private", "000"])
async def test_a_hidden_caller_is_nobody_s_card(storage: Storage, cast: Cast, shown: str) -> None:
    assert await look_up(storage, shown) == Lookup(LookupKind.ANONYMOUS)


async def test_a_colleague_is_known_by_his_extension_before_anything_else(
    storage: Storage, clock: ManualClock, cast: Cast
) -> None:
    found = await look_up(storage, "101")
    assert found.kind is LookupKind.INTERNAL
    assert found.colleague is not None
    assert (found.colleague.agent_name, found.colleague.extension) == ("Anna Orlova", "101")
    async with storage.write() as tx:
        await tx.execute(
            insert(agent_states).values(
                agent_id=cast.vera.id, state="ready", since=clock.now(), extension_id=cast.desk_103
            )
        )
    hot = (await look_up(storage, "sip:103@pbx")).colleague
    assert hot is not None
    assert hot.agent_name == "Vera Sokolova"


@pytest.mark.parametrize("number", ["112", "02", "999", "anna"])
async def test_a_short_number_that_is_no_extension_is_nobody(
    storage: Storage, cast: Cast, number: str
) -> None:
    found = await look_up(storage, number)
    assert (found.kind, found.candidates, found.near) == (LookupKind.NONE, (), ())


async def test_a_number_marked_wrong_or_of_a_deleted_client_leads_nowhere(
    clients: Clients, storage: Storage, clock: ManualClock, cast: Cast
) -> None:
    async with storage.write() as tx:
        await tx.execute(
            text("UPDATE client_numbers SET wrong = true WHERE contact_id IS NOT NULL")
        )
        await tx.execute(text("UPDATE clients SET deleted_at = created_at WHERE kind = 'person'"))
    for number in ("+79161234567", "+79037654321"):
        found = await look_up(storage, number)
        assert (found.kind, found.candidates, found.near[:1]) == (
            LookupKind.NONE,
            (),
            found.near[:1],
        )
        assert cast.pavel not in [near.client_id for near in found.near]


async def test_several_clients_are_ranked_by_choice_then_tasks_then_last_talk(
    clients: Clients, storage: Storage, clock: ManualClock, cast: Cast
) -> None:
    a, b, c, d, e = [await clients.create(cast.anna, name=name, number=SHARED) for name in "ABCDE"]
    await called(storage, clock, b, hours_ago=48)
    await called(storage, clock, c, hours_ago=1)
    await called(storage, clock, e, hours_ago=0.5, answered=False)
    await promised(storage, clock, d)
    await promised(storage, clock, a, done_at=clock.now())
    found = await look_up(storage, SHARED)
    assert (found.kind, found.client_id) == (LookupKind.SEVERAL, None)
    assert [(x.client_id, x.reason_code.value) for x in found.candidates] == [
        (d, "open_tasks"),
        (c, "talked"),
        (b, "talked"),
        (e, "number"),
        (a, "number"),
    ]
    assert found.candidates[1].last_call_at == clock.now() - timedelta(hours=1)
    await clients.choose(cast.boris, "8 812 7654321", a)
    found = await look_up(storage, SHARED)
    assert (found.kind, found.client_id) == (LookupKind.SEVERAL, a)
    assert found.candidates[0].reason_code is Reason.CHOSEN
    await clients.choose(cast.boris, SHARED, b)
    assert (await look_up(storage, SHARED)).client_id == b


async def test_a_choice_is_told_under_the_number_s_one_form(
    clients: Clients, storage: Storage, cast: Cast
) -> None:
    told: list[object] = []
    storage.on_commit = told.extend
    await clients.choose(cast.anna, "8 (903) 765-43-21", cast.pavel)
    assert told == [ClientChosen(number="+79037654321", client_id=cast.pavel)]
    with pytest.raises(NotFound):
        await clients.choose(cast.anna, "+79037654321", 999)
    with pytest.raises(Invalid, match="number_anonymous"):
        await clients.choose(cast.anna, "anonymous", cast.pavel)


async def test_a_choice_is_forgotten_when_the_number_is_marked_wrong(
    clients: Clients, edits: Edits, storage: Storage, cast: Cast
) -> None:
    a = await clients.create(cast.anna, name="A", number=SHARED)
    b = await clients.create(cast.anna, name="B", number=SHARED)
    (number,) = await clients.add_number(cast.anna, cast.pavel, SHARED)
    await clients.choose(cast.anna, SHARED, cast.pavel)
    await edits.change(cast.anna, "number", number, "wrong", "1", "")
    found = await look_up(storage, SHARED)
    assert {x.client_id for x in found.candidates} == {a, b}
    await edits.change(cast.anna, "number", number, "wrong", "", "1")
    assert (await look_up(storage, SHARED)).client_id is None


async def test_a_client_who_has_the_number_twice_is_one_candidate(
    clients: Clients, storage: Storage, cast: Cast
) -> None:
    await clients.add_contact(
        cast.anna, cast.romashka, name="Мария", number="8 495 123-45-67 доб. 5"
    )
    found = await look_up(storage, "+74951234567")
    assert (found.kind, found.client_id) == (LookupKind.ONE, cast.romashka)
    assert found.candidates[0].contact_name == "Мария"
    await clients.add_contact(
        cast.anna, cast.romashka, name="Пётр", number="8 495 123-45-67 доб. 6"
    )
    assert (await look_up(storage, "+74951234567")).candidates[0].contact_name == ""


async def test_an_unknown_number_gives_those_with_the_same_ending(
    storage: Storage, cast: Cast
) -> None:
    for number in ("123-45-67", "+7 812 123-45-67"):
        found = await look_up(storage, number)
        assert (found.kind, found.client_id) == (LookupKind.NONE, None)
        (near,) = found.near
        assert (near.client_id, near.reason_code) == (cast.romashka, Reason.SAME_ENDING)


async def test_an_unknown_landline_gives_the_organisation_whose_range_it_is_in(
    clients: Clients, storage: Storage, cast: Cast
) -> None:
    person = await clients.create(cast.anna, name="Сосед", number="+7 495 123-45-00")
    (near,) = (await look_up(storage, "+7 495 123-45-99")).near
    assert (near.client_id, near.reason_code) == (cast.romashka, Reason.SAME_RANGE)
    assert near.client_id != person
    assert (await look_up(storage, "+7 495 123-44-99")).near == ()
    assert (await look_up(storage, "+7 916 123-45-99")).near == ()  # neighbours on mobiles


async def test_near_matches_are_not_given_when_somebody_is_known_exactly(
    clients: Clients, storage: Storage, cast: Cast
) -> None:
    made = await clients.create(cast.anna, name="Другой", number="+7 812 123-45-67")
    found = await look_up(storage, "+78121234567")
    assert (found.client_id, found.near) == (made, ())


async def test_an_invalid_number_is_known_by_its_very_digits(
    clients: Clients, storage: Storage, cast: Cast
) -> None:
    made = await clients.create(cast.anna, name="Внутренний", number="555-12-34")
    assert (await look_up(storage, "5551234")).client_id == made
    found = await look_up(storage, "+7 499 555-12-34")
    assert found.client_id is None
    assert [near.client_id for near in found.near] == [made]


async def test_a_number_that_half_the_town_has_gives_a_short_list(
    clients: Clients, storage: Storage, cast: Cast
) -> None:
    for n in range(MOST_CANDIDATES + 5):
        await clients.create(cast.anna, name=f"{n}", number=SHARED)
    found = await look_up(storage, SHARED)
    assert found.kind is LookupKind.SEVERAL
    assert len(found.candidates) >= MOST_CANDIDATES
    assert len((await look_up(storage, "7654321")).near) == MOST_NEAR


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None
)
@given(written=st.text(max_size=60) | st.text(alphabet="0123456789+() -", max_size=30))
async def test_no_text_at_all_breaks_the_lookup(storage: Storage, written: str) -> None:
    found = await look_up(storage, written)
    assert found.candidates == ()


async def test_a_lookup_uses_indexes_alone(
    storage: Storage, cast: Cast, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No statement of any branch walks a whole table."""
    genuine = hot.HotSelect.prepare
    asked, explained = list[tuple[str, tuple[object, ...]]](), list[str]()

    def remember(select: hot.HotSelect, dialect: Dialect, given: Mapping[str, object]) -> Any:
        sql, values, read = genuine(select, dialect, given)
        asked.append((sql, values))
        return sql, values, read

    monkeypatch.setattr(hot.HotSelect, "prepare", remember)
    async with storage.read() as connection:
        if engine == "postgres":  # two rows are read fastest by walking: ask what it could do
            await connection.execute(text("SET LOCAL enable_seqscan = off"))
        for number in ("+79161234567", "5551234", "+74951234599", "101"):
            await find_by_number(connection, number, "RU")
        prefix = "EXPLAIN QUERY PLAN " if engine == "sqlite" else "EXPLAIN "
        for sql, values in asked:
            plan = await connection.exec_driver_sql(prefix + sql, values)
            explained += [" ".join(map(str, row)) for row in plan]
    assert len(asked) == 7  # exact (e164, digits), endings, a range, an extension
    walked = [line for line in explained if "SCAN " in line or "Seq Scan" in line]
    assert walked == []
