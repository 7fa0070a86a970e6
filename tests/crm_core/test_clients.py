"""Clients are created, changed, searched and handed over, and nobody overwrites unseen changes."""

from dataclasses import replace
from typing import Any

import pytest

from crm_core.agents.people import list_agents
from crm_core.clients.listing import search_clients
from crm_core.clients.queries import get_client
from crm_core.clients.records import Clients
from crm_core.clients.tables import clients as clients_table
from crm_core.clock import ManualClock
from crm_core.editing.edits import Edits
from crm_core.errors import Conflict, Invalid, NotFound
from crm_core.events import ClientCreated
from crm_core.storage.engine import Storage
from tests.cast import Cast
from tests.crm_core.listed import listed_clients


@pytest.fixture
def clients(storage: Storage, clock: ManualClock) -> Clients:
    return Clients(storage, clock, "RU")


@pytest.fixture
def told(storage: Storage, cast: Cast) -> list[object]:
    facts: list[object] = []
    storage.on_commit = facts.extend
    return facts


async def names(storage: Storage, text: str) -> list[str]:
    async with storage.read() as connection:
        [somebody, *_] = await list_agents(connection)
        rows, _ = await search_clients(connection, somebody, text, "RU")
        return [row.name for row in rows]


async def test_one_field_is_enough_to_create_a_client(
    clients: Clients, storage: Storage, cast: Cast, told: list[object]
) -> None:
    made = await clients.create(cast.anna, name=" Ольга\tКим ", number="8 921 765-43-21")
    async with storage.read() as connection:
        client = await get_client(connection, made)
    assert (client.name, client.kind, client.version) == ("Ольга Ким", "person", 1)
    assert (client.owner_agent_id, client.owner_name) == (cast.anna.id, "Anna Orlova")
    (number,) = client.numbers
    assert (number.written, number.e164) == ("8 921 765-43-21", "+79217654321")
    assert told == [ClientCreated(client_id=made)]


async def test_a_client_made_by_a_supervisor_or_the_system_has_no_owner_yet(
    clients: Clients, storage: Storage, cast: Cast
) -> None:
    for actor in (cast.vera, None):
        made = await clients.create(actor, name="Новый")
        async with storage.read() as connection:
            assert (await get_client(connection, made)).owner_agent_id is None


async def test_a_cell_with_two_numbers_and_an_extension_gives_two_numbers(
    clients: Clients, storage: Storage, cast: Cast
) -> None:
    made = await clients.create(
        cast.anna,
        name="ЗАО Лютик",
        kind="organisation",
        contact_name="Пётр",
        number="8 (812) 765-43-21 доб. 12, +7 921 765 43 21; 89217654321",
    )
    async with storage.read() as connection:
        client = await get_client(connection, made)
    assert [(n.e164, n.extension) for n in client.numbers] == [
        ("+78127654321", "12"),
        ("+79217654321", ""),
    ]
    assert {n.contact_id for n in client.numbers} == {client.contacts[0].id}


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"name": ""}, "name", "required"),
        ({"name": "\0\n"}, "name", "required"),
        ({"name": "x" * 301}, "name", "too_long"),
        ({"kind": "alien"}, "kind", "unknown_choice"),
        ({"number": "нет"}, "number", "number_without_digits"),
        ({"number": "abc12"}, "number", "number_with_letters"),
        ({"number": "1" * 3000}, "number", "too_long"),
        ({"contact_name": "x" * 301}, "contact_name", "too_long"),
    ],
)
async def test_a_client_that_cannot_be_is_refused_and_not_half_made(
    clients: Clients, storage: Storage, cast: Cast, fields: dict[str, Any], field: str, code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await clients.create(cast.anna, **{"name": "New", **fields})
    assert (refused.value.field, refused.value.code) == (field, code)
    async with storage.read() as connection:
        assert len(await listed_clients(connection, cast.vera)) == 2


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "O'Hara; DROP TABLE clients", "=1+1"]
)
async def test_a_hostile_name_is_kept_as_it_is_written(
    clients: Clients, storage: Storage, cast: Cast, name: str
) -> None:
    made = await clients.create(cast.anna, name=name)
    async with storage.read() as connection:
        assert (await get_client(connection, made)).name == name
    assert await names(storage, name) == [name]


async def test_a_number_he_has_in_another_writing_is_not_added_twice(
    clients: Clients, cast: Cast
) -> None:
    with pytest.raises(Conflict, match="number_known"):
        await clients.add_number(cast.anna, cast.pavel, "8 (903) 765-43-21")
    (added,) = await clients.add_number(cast.anna, cast.pavel, "8 (903) 765-43-21 доб. 5")
    assert added


async def test_a_number_is_removed_marked_wrong_and_made_right_again(
    clients: Clients, edits: Edits, storage: Storage, cast: Cast
) -> None:
    (added,) = await clients.add_number(cast.anna, cast.pavel, "8 921 765-43-21", label="дом")
    await edits.change(cast.anna, "number", added, "wrong", "1", "")
    async with storage.read() as connection:
        assert (await get_client(connection, cast.pavel)).numbers[1].wrong
        (row,), _ = await search_clients(connection, cast.vera, "Семенов", "RU")
    assert row.numbers == ("+79037654321",)
    (again,) = await clients.add_number(cast.anna, cast.pavel, "+7 921 765 43 21")
    assert again == added
    async with storage.read() as connection:
        assert not (await get_client(connection, cast.pavel)).numbers[1].wrong
    await edits.remove(cast.anna, "number", added)
    async with storage.read() as connection:
        assert len((await get_client(connection, cast.pavel)).numbers) == 1
    assert await names(storage, "9217654321") == []


async def test_a_number_is_never_given_to_a_person_at_another_client(
    clients: Clients, cast: Cast
) -> None:
    with pytest.raises(NotFound):
        await clients.add_number(cast.anna, cast.pavel, "8 921 765-43-21", contact_id=cast.ivan)


async def test_nobody_hangs_more_than_a_hundred_numbers_on_a_client(
    clients: Clients, cast: Cast
) -> None:
    for tens in range(9):
        cell = ", ".join(f"8 921 765-{tens:02}-{n:02}" for n in range(11))
        await clients.add_number(cast.anna, cast.pavel, cell)
    with pytest.raises(Invalid, match="too_many_numbers"):
        await clients.add_number(cast.anna, cast.pavel, "8 921 000-00-01")


async def test_a_contact_comes_with_a_number_and_leaves_it_behind(
    clients: Clients, edits: Edits, storage: Storage, cast: Cast
) -> None:
    maria = await clients.add_contact(
        cast.anna, cast.romashka, name="Мария Ёлкина", position="бухгалтер", number="89217654321"
    )
    assert await names(storage, "елкина") == ["ООО «Ромашка»"]
    await edits.change(cast.anna, "contact", maria, "name", "Мария Соснова", "Мария Ёлкина")
    assert await names(storage, "елкина") == []
    await edits.remove(cast.anna, "contact", maria)
    async with storage.read() as connection:
        client = await get_client(connection, cast.romashka)
    assert [c.name for c in client.contacts] == ["Иван Петров"]
    assert ("+79217654321", None) in [(n.e164, n.contact_id) for n in client.numbers]
    with pytest.raises(NotFound):
        await edits.remove(cast.anna, "contact", maria)


@pytest.mark.parametrize(
    "text",
    [
        *("ромашка", "РОМАШКА", "машк", "ооо ромашка", "«Ромашка»", "ромашка ооо", "иван"),
        *("Петров", "8 (916) 123-45-67", "+7 916", "007 916 123 45 67", "916123", "8916123"),
        *("4567", "1234567", "８（９１６）１２３－４５－６７", "8-495-1234567", "петров 4567"),
    ],
)
async def test_a_client_is_found_by_any_part_of_what_is_known(
    storage: Storage, cast: Cast, text: str
) -> None:
    assert "ООО «Ромашка»" in await names(storage, text)


@pytest.mark.parametrize(
    "text", ["семенов", "СЕМЁНОВ", "Семёнов Павел", "п\u0430вел семе\u0308нов"]
)
async def test_yo_and_case_and_combining_marks_make_no_difference(
    storage: Storage, cast: Cast, text: str
) -> None:
    assert await names(storage, text) == ["Павел Семёнов"]


@pytest.mark.parametrize("text", ["", "  ", "%", "_", "\\", "\0", "100%", "ромаш_а", "99999", "'"])
async def test_signs_that_mean_something_to_sql_find_nothing_by_themselves(
    storage: Storage, cast: Cast, text: str
) -> None:
    assert await names(storage, text) == []


async def test_a_percent_sign_is_found_where_it_stands(
    clients: Clients, storage: Storage, cast: Cast
) -> None:
    await clients.create(cast.anna, name="Скидки 100% и a_b\\c")
    for text in ("100%", "a_b", "b\\c"):
        assert await names(storage, text) == ["Скидки 100% и a_b\\c"]


async def test_names_that_begin_with_the_question_come_first(
    clients: Clients, storage: Storage, clock: ManualClock, cast: Cast
) -> None:
    await clients.create(cast.anna, name="Роман")
    await clock.advance(60)
    await clients.create(cast.anna, name="Аром")
    assert await names(storage, "ром") == ["Роман", "ООО «Ромашка»", "Аром"]


async def test_own_clients_are_searched_alone(
    clients: Clients, storage: Storage, cast: Cast
) -> None:
    await clients.create(cast.boris, name="Ромашка Бориса")
    async with storage.read() as connection:
        rows, more = await search_clients(connection, cast.anna, "ромашка", "RU", own=True)
        best, others = await search_clients(connection, cast.anna, "ромашка", "RU", limit=1)
    assert ([row.id for row in rows], more) == ([cast.romashka], False)
    assert ([row.name for row in best], others) == (["Ромашка Бориса"], True)


async def test_a_list_holds_neither_strangers_nor_whom_one_may_not_see(
    storage: Storage, cast: Cast
) -> None:
    async with storage.write() as tx:
        stranger = clients_table.update().where(clients_table.c.id == cast.pavel)
        await tx.execute(stranger.values(client_since=None))
        key = clients_table.update().where(clients_table.c.id == cast.romashka)
        await tx.execute(key.values(is_key=True))
    async with storage.read() as connection:
        assert await listed_clients(connection, cast.boris) == [cast.romashka]
        newcomer = replace(cast.boris, newcomer=True)
        assert await listed_clients(connection, newcomer) == []


async def test_a_row_shows_contacts_and_numbers(storage: Storage, cast: Cast) -> None:
    async with storage.read() as connection:
        (row,), _ = await search_clients(connection, cast.vera, "ромашка", "RU")
    assert row.contact_names == ("Иван Петров",)
    assert row.numbers == ("+74951234567", "+79161234567")
    assert row.owner_name == "Anna Orlova"


async def test_a_deleted_client_is_seen_by_nobody(
    clients: Clients, storage: Storage, clock: ManualClock, cast: Cast
) -> None:
    async with storage.write() as tx:
        deleted = clients_table.update().where(clients_table.c.id == cast.pavel)
        await tx.execute(deleted.values(deleted_at=clock.now()))
    assert await names(storage, "Павел") == []
    async with storage.read() as connection:
        assert await listed_clients(connection, cast.vera) == [cast.romashka]
        with pytest.raises(NotFound):
            await get_client(connection, cast.pavel)
    with pytest.raises(NotFound):
        await clients.add_number(cast.anna, cast.pavel, "101")


@pytest.mark.parametrize("missing", [0, -5, 999, 2**63, 10**40])
async def test_a_client_who_is_not_there_is_not_found(
    clients: Clients, storage: Storage, cast: Cast, missing: int
) -> None:
    with pytest.raises(NotFound):
        await clients.add_number(cast.anna, missing, "101")
    async with storage.read() as connection:
        with pytest.raises(NotFound):
            await get_client(connection, missing)
