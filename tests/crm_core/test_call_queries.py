"""The list of calls: what is asked for, for whom, page by page; and who may open what."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import insert

from crm_core.agents.people import Agent
from crm_core.calls.detail import get_call
from crm_core.calls.filtering import CallFilter
from crm_core.calls.linking import CallLinks, link_numbers
from crm_core.calls.queries import (
    CallPage,
    Cursor,
    count_calls,
    iterate_calls,
    list_calls,
    recent_calls,
)
from crm_core.calls.tables import wrap_ups
from crm_core.clients.lookup import find_by_number
from crm_core.clients.tables import client_numbers, clients, number_choices
from crm_core.errors import NotFound
from crm_core.events import CallLinked
from crm_core.storage.engine import Storage
from telephony.events import Direction, Outcome
from telephony.ids import Interface
from tests.cast import Cast
from tests.crm_core.telling import (
    ANNAS,
    BORISES,
    IVAN,
    NINE,
    PAVEL,
    STRANGER,
    answered_call,
    at,
    internal,
    missed_call,
    open_office,
    outbound,
    told,
)


async def page_of(
    storage: Storage, actor: Agent | None = None, before: Cursor | None = None, **asked: Any
) -> CallPage:
    async with storage.read() as connection:
        return await list_calls(
            connection,
            actor,
            CallFilter(**asked),
            country="RU",
            before=before,
            limit=50,
        )


async def ids_of(storage: Storage, actor: Agent | None = None, **asked: Any) -> list[str]:
    return [row.call_id for row in (await page_of(storage, actor, **asked)).rows]


@pytest.fixture
async def day(storage: Storage, cast: Cast) -> Cast:
    """Six calls: Anna talks with Ivan, Boris with Pavel and a stranger, one is missed, one inside,
    one still rings."""
    seats = {ANNAS: cast.anna.id, BORISES: cast.boris.id}
    async with open_office(storage, agent_at=lambda phone: seats.get(Interface(phone))) as office:
        await office.hear(
            answered_call(replace(told("1.1"), queue="sales"), 0),
            answered_call(replace(told("2.2", caller=PAVEL), queue="support"), 100, BORISES),
            missed_call(told("3.3", caller=STRANGER), 200, Outcome.NO_ANSWER),
            answered_call(outbound("4.4", "+44 20 7946 0958"), 300, BORISES),
            answered_call(internal("5.5"), 400, BORISES),
            told("6.6", caller="anonymous").started(500),
        )
    async with storage.write() as tx:
        values = {"agent_id": cast.anna.id, "finished_at": NINE, "ending": "saved"}
        await tx.execute(
            insert(wrap_ups).values(call_id="1.1", disposition_id=cast.agreed, **values)
        )
    return cast


async def test_the_newest_call_comes_first(storage: Storage, day: Cast) -> None:
    assert await ids_of(storage) == ["6.6", "5.5", "4.4", "3.3", "2.2", "1.1"]


async def test_each_filter_gives_what_it_names(storage: Storage, day: Cast) -> None:
    assert await ids_of(storage, direction=Direction.OUTBOUND) == ["4.4"]
    assert await ids_of(storage, outcome=Outcome.NO_ANSWER) == ["3.3"]
    assert await ids_of(storage, queue="support") == ["2.2"]
    assert await ids_of(storage, client_id=day.romashka) == ["1.1"]
    assert await ids_of(storage, agent_id=day.anna.id) == ["1.1"]
    assert await ids_of(storage, agent_id=day.boris.id) == ["5.5", "4.4", "2.2"]
    assert await ids_of(storage, disposition_id=day.agreed) == ["1.1"]
    assert await ids_of(storage, missed=True) == ["3.3"]
    assert await ids_of(storage, live=True) == ["6.6"]
    assert await ids_of(storage, live=False, direction="internal") == ["5.5"]
    assert await ids_of(storage, from_at=at(100), until_at=at(300)) == ["3.3", "2.2"]


@pytest.mark.parametrize(
    "written",
    [
        *(IVAN, "+7 916 123-45-67", "8 (916) 123-45-67", "0079161234567", "916 123 45 67"),
        *("123-45-67", "1234567", "4567", "+7 (916) 123-45-67 доб. 12"),
    ],
)
async def test_a_number_is_found_however_it_is_written(
    storage: Storage, day: Cast, written: str
) -> None:
    assert await ids_of(storage, number=written) == ["1.1"]


@pytest.mark.parametrize("written", ["%", "_", "1", "Ivan", "' OR 1=1 --", "\x00"])
async def test_what_is_no_number_finds_nothing(storage: Storage, day: Cast, written: str) -> None:
    assert await ids_of(storage, number=written) == []


async def test_a_short_number_loses_none_of_its_digits(storage: Storage, day: Cast) -> None:
    seats = {ANNAS: day.anna.id}
    async with open_office(storage, agent_at=lambda phone: seats.get(Interface(phone))) as office:
        await office.hear(
            told("7.7", caller="012").started(600),
            told("8.8", caller="80012").started(700),
        )
    assert await ids_of(storage, number="0012") == ["8.8"]
    assert await ids_of(storage, number="8012") == []
    assert await ids_of(storage, number="012") == ["8.8", "7.7"]
    assert await ids_of(storage, number="8 (916) 12") == ["1.1"]


async def test_an_internal_call_is_found_by_its_extension(storage: Storage, day: Cast) -> None:
    assert "5.5" in await ids_of(storage, number="102")


async def test_rows_name_who_talked_and_what_it_was(storage: Storage, day: Cast) -> None:
    rows = {row.call_id: row for row in (await page_of(storage)).rows}
    assert rows["1.1"].agents == ("Anna Orlova",)
    assert rows["1.1"].dispositions == ("Agreed",)
    assert rows["1.1"].client_name == "ООО «Ромашка»"
    assert rows["3.3"].agents == ()


async def test_a_call_that_arrives_meanwhile_moves_no_page(storage: Storage, day: Cast) -> None:
    async with storage.read() as connection:
        first = await list_calls(connection, None, CallFilter(), country="RU", limit=4)
    async with open_office(storage) as office:
        await office.hear(told("9.9").started(900))
    assert first.next is not None
    second = await page_of(storage, before=first.next)
    assert [row.call_id for row in second.rows] == ["2.2", "1.1"]
    assert second.next is None


async def test_calls_of_one_instant_are_all_listed_once(storage: Storage, cast: Cast) -> None:
    ids = [f"1.{number}" for number in range(7)]
    async with open_office(storage) as office:
        await office.hear(*[told(call_id).started(0) for call_id in ids])
    chunks = [
        chunk async for chunk in iterate_calls(storage, None, CallFilter(), country="RU", chunk=2)
    ]
    assert [row.call_id for chunk in chunks for row in chunk] == sorted(ids, reverse=True)
    assert [len(chunk) for chunk in chunks] == [2, 2, 2, 1]


async def test_an_export_of_nothing_is_empty(storage: Storage, cast: Cast) -> None:
    asked = CallFilter(queue="nobody's")
    assert [chunk async for chunk in iterate_calls(storage, None, asked, country="RU")] == []


async def test_operators_see_their_own_their_clients_and_their_teams_calls(
    storage: Storage, day: Cast
) -> None:
    assert await ids_of(storage, day.anna) == ["1.1"]
    assert await ids_of(storage, day.boris) == ["5.5", "4.4", "2.2", "1.1"]
    for everything in (day.vera, day.grigory, day.dina):
        assert len(await ids_of(storage, everything)) == 6
    async with storage.read() as connection:
        assert await count_calls(connection, day.anna, CallFilter(), country="RU") == 1
        assert await count_calls(connection, None, CallFilter(), country="RU") == 6


async def test_an_operator_sees_the_missed_calls_of_his_clients(
    storage: Storage, cast: Cast
) -> None:
    async with open_office(storage) as office:
        await office.hear(missed_call(told("1.1", caller=IVAN)))
        await office.hear(missed_call(told("2.2", caller=PAVEL), 100))
    assert await ids_of(storage, cast.anna) == ["1.1"]


async def test_a_call_that_one_may_not_see_looks_as_if_it_were_missing(
    storage: Storage, day: Cast
) -> None:
    async with storage.read() as connection:
        for actor, call_id in (
            (day.anna, "5.5"),  # between colleagues: no client's
            (day.anna, "nowhere"),
            (None, "\x00"),
            (None, "9" * 999),
        ):
            with pytest.raises(NotFound):
                await get_call(connection, actor, call_id)
        assert (await get_call(connection, day.boris, "2.2")).call.call_id == "2.2"
    with pytest.raises(NotFound):
        await CallLinks(storage).link(day.anna, "5.5", day.romashka)


async def test_a_call_can_be_given_to_a_client_by_hand(storage: Storage, day: Cast) -> None:
    heard: list[object] = []
    storage.on_commit = heard.extend
    links = CallLinks(storage)
    await links.link(day.boris, "4.4", day.pavel)
    assert heard == [CallLinked(call_id="4.4", client_id=day.pavel)]
    assert await ids_of(storage, client_id=day.pavel) == ["4.4", "2.2"]
    with pytest.raises(NotFound):
        await links.link(day.boris, "4.4", 4711)


async def test_the_card_sees_the_last_calls_of_the_client_without_this_one(
    storage: Storage, day: Cast
) -> None:
    async with open_office(storage) as office:
        await office.hear(told("7.7", caller="84951234567").started(600))
    async with storage.read() as connection:
        before = await recent_calls(
            connection, client_id=day.romashka, number="+74951234567", but="7.7"
        )
        assert [row.call_id for row in before] == ["1.1"]
        assert await recent_calls(connection, client_id=None, number="") == ()


async def test_a_number_means_a_client_when_it_is_one_or_was_chosen(
    storage: Storage, cast: Cast
) -> None:
    number = "+79161234567"
    async with storage.read() as connection:
        assert await link_numbers(connection, {number, "101"}) == {number: cast.romashka}
    async with storage.write() as tx:
        twin = {"e164": number, "digits": number[1:], "last_digits": "1234567", "created_at": NINE}
        await tx.execute(
            insert(client_numbers).values(client_id=cast.pavel, written=number, **twin)
        )
    async with storage.read() as connection:
        assert await link_numbers(connection, {number}) == {}
    async with storage.write() as tx:
        chosen = {"number": number, "client_id": cast.pavel, "chosen_at": NINE}
        await tx.execute(insert(number_choices).values(**chosen))
    async with storage.read() as connection:
        assert await link_numbers(connection, {number}) == {number: cast.pavel}


@pytest.mark.parametrize("chosen", [None, "pavel", "romashka"])
@pytest.mark.parametrize("twin", [False, True])
@pytest.mark.parametrize("gone", [None, "pavel", "wrong"])
async def test_a_batch_is_linked_as_the_card_looks_up(
    storage: Storage, cast: Cast, chosen: str | None, twin: bool, gone: str | None
) -> None:
    number = "+79161234567"
    async with storage.write() as tx:
        if twin:
            same = {"e164": number, "digits": number[1:], "last_digits": "1234567"}
            row = {**same, "client_id": cast.pavel, "written": number, "created_at": NINE}
            await tx.execute(insert(client_numbers).values(**row))
        if chosen:
            choice = {"number": number, "client_id": getattr(cast, chosen), "chosen_at": NINE}
            await tx.execute(insert(number_choices).values(**choice))
        if gone == "pavel":
            his = clients.c.id == cast.pavel
            await tx.execute(clients.update().where(his).values(deleted_at=NINE))
        if gone == "wrong":
            his = client_numbers.c.client_id == cast.romashka
            await tx.execute(client_numbers.update().where(his).values(wrong=True))
    numbers = {number, "+79037654321", "+74951112233", "101", "12345"}
    async with storage.read() as connection:
        linked = await link_numbers(connection, numbers)
        for each in numbers:
            assert linked.get(each) == (await find_by_number(connection, each, "RU")).client_id


async def test_whoever_sees_a_client_opens_every_call_with_him(storage: Storage, day: Cast) -> None:
    async with storage.read() as connection:
        assert (await get_call(connection, day.anna, "2.2")).call.client_id == day.pavel
    assert "2.2" not in await ids_of(storage, day.anna)  # though his list is his own work
