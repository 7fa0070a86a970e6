"""The list of calls: what is asked for, for whom, page by page; and who may open what."""

from dataclasses import replace
from datetime import UTC

import pytest
from sqlalchemy import insert, select

from crm_core.agents.people import Agent
from crm_core.agents.rights import Action
from crm_core.calls.access import is_visible_call, visible_calls
from crm_core.calls.detail import get_call
from crm_core.calls.linking import CallLinks, link_numbers
from crm_core.calls.queries import recent_calls
from crm_core.calls.tables import calls, wrap_ups
from crm_core.clients.lookup import find_by_number
from crm_core.clients.tables import client_numbers, clients, number_choices
from crm_core.errors import NotFound
from crm_core.events import CallLinked
from crm_core.lists.filters import Asking
from crm_core.lists.questions import read_question
from crm_core.lists.reading import Asked, ask_list, count, read_page, read_shape
from crm_core.lists.shapes import ListName
from crm_core.storage.engine import Storage
from telephony.events import Outcome
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


async def asked_of(storage: Storage, cast: Cast, actor: Agent | None, **filters: str) -> Asked:
    """The list as `actor` asks for it, and where he is None as who sees everything."""
    asking = Asking(actor or cast.vera, at(86_400), UTC, "RU")
    filters = {"began": "all", **filters}
    async with storage.read() as connection:
        shape = await read_shape(connection, asking.actor, ListName.CALLS)
        question = read_question(shape, filters, asking)
        assert not question.refused
        return await ask_list(connection, shape, question, asking, "RU")


async def ids_of(
    storage: Storage, cast: Cast, actor: Agent | None = None, **filters: str
) -> list[str]:
    asked = await asked_of(storage, cast, actor, **filters)
    async with storage.read() as connection:
        return [row["id"] for row in (await read_page(connection, asked)).rows]


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
    assert await ids_of(storage, day) == ["6.6", "5.5", "4.4", "3.3", "2.2", "1.1"]


async def test_each_filter_gives_what_it_names(storage: Storage, day: Cast) -> None:
    anna, boris, team = str(day.anna.id), str(day.boris.id), day.boris
    for filters, found in (
        ({"direction": "outbound"}, ["4.4"]),
        ({"direction": "outbound,internal"}, ["5.5", "4.4"]),
        ({"outcome": "no_answer"}, ["3.3"]),
        ({"queue": "support"}, ["2.2"]),
        ({"queue": "support,none"}, ["6.6", "5.5", "4.4", "3.3", "2.2"]),
        ({"client_id": str(day.romashka)}, ["1.1"]),
        ({"agent": anna}, ["1.1"]),
        ({"agent": boris}, ["5.5", "4.4", "2.2"]),
        ({"agent": f"{anna},{boris}"}, ["5.5", "4.4", "2.2", "1.1"]),
        ({"disposition": str(day.agreed)}, ["1.1"]),
        ({"missed": "yes"}, ["3.3"]),
        ({"live": "yes"}, ["6.6"]),
        ({"known": "yes"}, ["2.2", "1.1"]),
        ({"known": "no", "direction": "inbound"}, ["6.6", "3.3"]),
        ({"number": "-"}, []),
        ({"began": "yesterday"}, ["6.6", "5.5", "4.4", "3.3", "2.2", "1.1"]),
        ({"began": "today"}, []),
        ({"talked": "1..", "direction": "internal"}, ["5.5"]),
        ({"talked": "..0"}, ["6.6", "3.3"]),
    ):
        assert await ids_of(storage, day, None, **filters) == found, filters
    for key, found in (("me", ["5.5", "4.4", "2.2"]), ("team", ["5.5", "4.4", "2.2", "1.1"])):
        assert await ids_of(storage, day, team, agent=key) == found, key


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
    assert await ids_of(storage, day, number=written) == ["1.1"]


@pytest.mark.parametrize("written", ["%", "_", "1", "Ivan", "' OR 1=1 --", "\x00"])
async def test_what_is_no_number_finds_nothing(storage: Storage, day: Cast, written: str) -> None:
    assert await ids_of(storage, day, number=written) == []


async def test_a_short_number_loses_none_of_its_digits(storage: Storage, day: Cast) -> None:
    seats = {ANNAS: day.anna.id}
    async with open_office(storage, agent_at=lambda phone: seats.get(Interface(phone))) as office:
        await office.hear(
            told("7.7", caller="012").started(600),
            told("8.8", caller="80012").started(700),
        )
    assert await ids_of(storage, day, number="0012") == ["8.8"]
    assert await ids_of(storage, day, number="8012") == []
    assert await ids_of(storage, day, number="012") == ["8.8", "7.7"]
    assert await ids_of(storage, day, number="8 (916) 12") == ["1.1"]


async def test_an_internal_call_is_found_by_its_extension(storage: Storage, day: Cast) -> None:
    assert "5.5" in await ids_of(storage, day, number="102")


async def test_rows_name_who_talked_and_what_it_was(storage: Storage, day: Cast) -> None:
    asked = await asked_of(storage, day, None)
    async with storage.read() as connection:
        rows = {row["id"]: row for row in (await read_page(connection, asked)).rows}
    assert rows["1.1"]["operators"] == ("Anna Orlova",)
    assert rows["1.1"]["disposition"] == ("Agreed",)
    assert rows["1.1"]["client_name"] == "ООО «Ромашка»"
    assert not rows["3.3"]["operators"]


async def test_a_call_that_arrives_meanwhile_moves_no_page(storage: Storage, day: Cast) -> None:
    asked = await asked_of(storage, day, None)
    async with storage.read() as connection:
        first = await read_page(connection, asked, limit=4)
    async with open_office(storage) as office:
        await office.hear(told("9.9").started(900))
    async with storage.read() as connection:
        second = await read_page(connection, asked, first.after, limit=4)
        again = await read_page(connection, asked, second.before, limit=4)
    assert [row["id"] for row in second.rows] == ["2.2", "1.1"]
    assert second.after is None
    assert again.rows == first.rows


@pytest.mark.parametrize("order", ["began", "-began", "talked", "-talked", "waited", "-waited"])
async def test_calls_of_one_instant_are_all_listed_once(
    storage: Storage, cast: Cast, order: str
) -> None:
    ids = [f"1.{number}" for number in range(7)]
    async with open_office(storage) as office:
        await office.hear(*[told(call_id).started(0) for call_id in ids])
    asked = await asked_of(storage, cast, None)
    asked = replace(asked, question=replace(asked.question, order=order))
    seen, cursor = [], None
    async with storage.read() as connection:
        while True:
            page = await read_page(connection, asked, cursor, limit=2)
            seen += [row["id"] for row in page.rows]
            cursor = page.after
            if cursor is None:
                break
    assert seen == sorted(ids, reverse=order.startswith("-"))


async def test_operators_see_their_own_their_clients_and_their_teams_calls(
    storage: Storage, day: Cast
) -> None:
    assert await ids_of(storage, day, day.anna) == ["1.1"]
    assert await ids_of(storage, day, day.boris) == ["5.5", "4.4", "2.2", "1.1"]
    for everything in (day.vera, day.grigory, day.dina):
        assert len(await ids_of(storage, day, everything)) == 6
    for actor, there in ((day.anna, 1), (day.vera, 6)):
        asked = await asked_of(storage, day, actor)
        async with storage.read() as connection:
            assert await count(connection, asked.condition(), asked.shape) == there
            exported = asked.condition(Action.EXPORT)
            assert await count(connection, exported, asked.shape) == (there if there == 6 else 0)


async def test_a_call_looked_up_is_seen_by_those_in_whose_list_it_is(
    storage: Storage, day: Cast
) -> None:
    listed, looked_up = dict[str, set[str]](), dict[str, set[str]]()
    async with storage.read() as connection:
        for actor in (day.anna, day.boris, day.vera, day.dina):
            for told, seen in ((listed, visible_calls), (looked_up, is_visible_call)):
                found = await connection.execute(select(calls.c.call_id).where(seen(actor)))
                told[actor.login] = set(found.scalars())
    assert looked_up == listed
    assert len(listed["boris"]) == 4


async def test_an_operator_sees_the_missed_calls_of_his_clients(
    storage: Storage, cast: Cast
) -> None:
    async with open_office(storage) as office:
        await office.hear(missed_call(told("1.1", caller=IVAN)))
        await office.hear(missed_call(told("2.2", caller=PAVEL), 100))
    assert await ids_of(storage, cast, cast.anna) == ["1.1"]


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
    assert await ids_of(storage, day, client_id=str(day.pavel)) == ["4.4", "2.2"]
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
    assert "2.2" not in await ids_of(storage, day, day.anna)  # though his list is his own work
