"""One field at a time: checked, compared with what the editor saw, told, and taken back."""

import asyncio

import pytest

from crm_core.agents.people import get_agent
from crm_core.agents.rights import Action, RecordKind, Scope, rights_of, stored_rights
from crm_core.agents.roles import Role
from crm_core.agents.tables import agents, role_rights
from crm_core.audit import list_audit
from crm_core.catalogues import Catalogue, Catalogues
from crm_core.clients.contact_points import PointKind
from crm_core.clients.queries import Client, get_client
from crm_core.clients.records import Clients
from crm_core.clients.tables import clients as clients_table
from crm_core.clock import ManualClock
from crm_core.editing.edits import PART, Edits
from crm_core.errors import Conflict, Forbidden, Invalid, NotFound
from crm_core.events import ClientChanged
from crm_core.storage.engine import Storage
from tests.cast import Cast


@pytest.fixture
def clients(storage: Storage, clock: ManualClock) -> Clients:
    return Clients(storage, clock, "RU")


async def client(storage: Storage, client_id: int) -> Client:
    async with storage.read() as connection:
        return await get_client(connection, client_id)


async def test_an_edit_is_kept_told_and_noted_from_what_to_what(
    edits: Edits, storage: Storage, clock: ManualClock, cast: Cast
) -> None:
    told: list[object] = []
    storage.on_commit = told.extend
    await clock.advance(60)
    edit = await edits.change(
        cast.boris, "client", cast.pavel, "name", " Павел  С. ", "Павел Семёнов"
    )
    assert edit.written == "Павел С."
    pavel = await client(storage, cast.pavel)
    assert (pavel.name, pavel.version, pavel.updated_at) == ("Павел С.", 2, clock.now())
    async with storage.read() as connection:
        (entry,) = await list_audit(connection, subject="client", subject_id=cast.pavel)
    assert (entry.id, entry.action, entry.agent_id) == (edit.change_id, "edited", cast.boris.id)
    assert entry.details == {"name": ["Павел Семёнов", "Павел С."]}
    assert told == [ClientChanged(client_id=cast.pavel)]


async def test_what_is_already_there_changes_nothing(
    edits: Edits, storage: Storage, cast: Cast
) -> None:
    edit = await edits.change(cast.anna, "client", cast.pavel, "name", "Павел Семёнов", "stale")
    assert edit.change_id is None
    assert (await client(storage, cast.pavel)).version == 1


async def test_whoever_was_slower_is_told_what_stands_there_and_by_whom(
    edits: Edits, storage: Storage, cast: Cast
) -> None:
    await edits.change(cast.anna, "client", cast.pavel, "name", "First", "Павел Семёнов")
    with pytest.raises(Conflict, match="edited_meanwhile") as refused:
        await edits.change(cast.boris, "client", cast.pavel, "name", "Second", "Павел Семёнов")
    assert refused.value.values == {"theirs": "First", "agent_name": "Anna Orlova"}
    assert (await client(storage, cast.pavel)).name == "First"


async def test_of_many_edits_of_one_field_at_once_one_wins(edits: Edits, cast: Cast) -> None:
    results = await asyncio.gather(
        *(
            edits.change(cast.anna, "client", cast.pavel, "name", f"Name {n}", "Павел Семёнов")
            for n in range(5)
        ),
        return_exceptions=True,
    )
    assert sorted(type(each).__name__ for each in results) == ["Conflict"] * 4 + ["Edit"]


async def test_two_people_in_two_fields_do_not_disturb_each_other(
    edits: Edits, storage: Storage, cast: Cast
) -> None:
    await edits.change(cast.anna, "client", cast.pavel, "name", "Паша", "Павел Семёнов")
    await edits.change(cast.boris, "client", cast.pavel, "note", "a\r\nb", "")
    await edits.change(cast.anna, "client", cast.pavel, "note", "c", "a\r\nb")
    pavel = await client(storage, cast.pavel)
    assert (pavel.name, pavel.note) == ("Паша", "c")


@pytest.mark.parametrize(
    ("kind", "name", "written", "code"),
    [
        ("client", "name", "", "required"),
        ("client", "name", "x" * 301, "too_long"),
        ("client", "kind", "robot", "unknown_choice"),
        ("client", "version", "7", "unknown_field"),
        ("client", "owner_agent_id", "1", "unknown_field"),
        ("client", "category_id", "999", "not_a_choice"),
        ("client", "category_id", "-1", "not_a_choice"),
        ("number", "written", "no digits", "number_without_digits"),
        ("number", "written", "8 921 765-43-21, 8 921 765-43-22", "one_number"),
    ],
)
async def test_what_cannot_stand_in_a_field_is_refused_by_a_code(
    edits: Edits, storage: Storage, cast: Cast, kind: str, name: str, written: str, code: str
) -> None:
    pavel = await client(storage, cast.pavel)
    record_id = cast.pavel if kind == "client" else pavel.numbers[0].id
    with pytest.raises(Invalid, match=code):
        await edits.change(cast.anna, kind, record_id, name, written, "")
    assert await client(storage, cast.pavel) == pavel


async def test_an_undo_brings_back_what_was_there_and_can_itself_be_undone(
    edits: Edits, storage: Storage, cast: Cast
) -> None:
    edit = await edits.change(cast.anna, "client", cast.pavel, "name", "Паша", "Павел Семёнов")
    assert edit.change_id is not None
    await edits.undo(cast.boris, edit.change_id)
    assert (await client(storage, cast.pavel)).name == "Павел Семёнов"
    async with storage.read() as connection:
        undone, _ = await list_audit(connection, subject="client", subject_id=cast.pavel)
    await edits.undo(cast.anna, undone.id)
    assert (await client(storage, cast.pavel)).name == "Паша"


async def test_an_undo_never_sweeps_away_what_somebody_wrote_since(
    edits: Edits, storage: Storage, cast: Cast
) -> None:
    edit = await edits.change(cast.anna, "client", cast.pavel, "name", "Паша", "Павел Семёнов")
    await edits.change(cast.boris, "client", cast.pavel, "name", "Павел С.", "Паша")
    assert edit.change_id is not None
    with pytest.raises(Conflict, match="changed_since"):
        await edits.undo(cast.anna, edit.change_id)
    assert (await client(storage, cast.pavel)).name == "Павел С."


async def test_a_number_edited_is_the_new_number_in_every_way(
    edits: Edits, storage: Storage, cast: Cast
) -> None:
    (number,) = (await client(storage, cast.pavel)).numbers
    edit = await edits.change(
        cast.anna, "number", number.id, "written", "8 (812) 765-43-21", number.written
    )
    (fresh,) = (await client(storage, cast.pavel)).numbers
    assert (fresh.e164, fresh.digits, fresh.mobile) == ("+78127654321", "78127654321", False)
    assert edit.change_id is not None
    await edits.undo(cast.anna, edit.change_id)
    (again,) = (await client(storage, cast.pavel)).numbers
    assert (again.e164, again.mobile) == ("+79037654321", True)


async def test_a_number_cannot_become_one_that_he_has_already(
    edits: Edits, clients: Clients, cast: Cast
) -> None:
    (added,) = await clients.add_number(cast.anna, cast.pavel, "8 921 765-43-21")
    with pytest.raises(Invalid, match="number_known"):
        await edits.change(
            cast.anna, "number", added, "written", "+7 903 765-43-21", "8 921 765-43-21"
        )


async def test_a_person_removed_by_mistake_comes_back_with_his_numbers(
    edits: Edits, storage: Storage, cast: Cast
) -> None:
    before = await client(storage, cast.romashka)
    change_id = await edits.remove(cast.anna, "contact", cast.ivan)
    gone = await client(storage, cast.romashka)
    assert not gone.contacts
    assert [n.contact_id for n in gone.numbers] == [None, None]
    await edits.undo(cast.anna, change_id)
    after = await client(storage, cast.romashka)
    assert (after.contacts, after.numbers) == (before.contacts, before.numbers)
    with pytest.raises(Conflict, match="changed_since"):
        await edits.undo(cast.anna, change_id)


async def test_a_removed_number_does_not_come_back_beside_the_same_written_anew(
    edits: Edits, clients: Clients, storage: Storage, cast: Cast
) -> None:
    (number,) = (await client(storage, cast.pavel)).numbers
    change_id = await edits.remove(cast.anna, "number", number.id)
    await clients.add_number(cast.anna, cast.pavel, "8 903 765 43 21")
    with pytest.raises((Invalid, Conflict)):
        await edits.undo(cast.anna, change_id)
    assert len((await client(storage, cast.pavel)).numbers) == 1


async def test_the_history_of_a_client_names_the_part_that_was_changed(
    edits: Edits, storage: Storage, cast: Cast
) -> None:
    await edits.change(cast.anna, "contact", cast.ivan, "position", "директор", "")
    async with storage.read() as connection:
        (entry,) = await list_audit(connection, subject="client", subject_id=cast.romashka)
    assert entry.details["position"] == ["", "директор"]
    assert entry.details[PART] == {"kind": "contact", "id": cast.ivan, "name": "Иван Петров"}


async def test_a_client_is_sorted_by_the_words_of_the_office(
    edits: Edits, storage: Storage, clock: ManualClock, cast: Cast
) -> None:
    catalogues = Catalogues(storage, clock)
    category = await catalogues.create(cast.dina, Catalogue.CATEGORY, title="Ключевой")
    role = await catalogues.create(cast.dina, Catalogue.ROLE, title="Бухгалтер")
    await edits.change(cast.anna, "client", cast.pavel, "category_id", str(category), "")
    with pytest.raises(Invalid, match="not_a_choice"):
        await edits.change(cast.anna, "client", cast.pavel, "category_id", str(role), str(category))
    await catalogues.retire(cast.dina, category)
    assert (await client(storage, cast.pavel)).category_id == category
    with pytest.raises(Invalid, match="not_a_choice"):
        await edits.change(cast.anna, "client", cast.romashka, "category_id", str(category), "")


async def test_one_address_in_two_writings_is_kept_once(
    edits: Edits, clients: Clients, cast: Cast
) -> None:
    mail = await clients.add_point(cast.anna, cast.pavel, PointKind.EMAIL, "Pavel@Example.org")
    with pytest.raises(Conflict, match="point_known"):
        await clients.add_point(cast.anna, cast.pavel, PointKind.EMAIL, "pavel@example.ORG")
    with pytest.raises(Invalid, match="email_bad"):
        await edits.change(
            cast.anna, "contact_point", mail, "written", "no mail", "Pavel@Example.org"
        )


async def test_whoever_may_only_see_edits_nothing_and_whoever_may_not_see_finds_nothing(
    edits: Edits, storage: Storage, cast: Cast
) -> None:
    async def boris_may(see: Scope, edit: Scope) -> None:
        rights = stored_rights(rights_of(Role.OPERATOR, None))
        rights[RecordKind.CLIENT] |= {Action.SEE: see, Action.EDIT: edit}
        async with storage.write() as tx:
            await tx.execute(role_rights.delete())
            await tx.execute(role_rights.insert().values(role="operator", rights=rights))

    async def edit_romashka() -> None:
        async with storage.read() as connection:
            boris = await get_agent(connection, cast.boris.id)
        await edits.change(boris, "client", cast.romashka, "note", "x", "")

    await boris_may(Scope.ALL, Scope.OWN)
    with pytest.raises(Forbidden):
        await edit_romashka()
    await boris_may(Scope.OWN, Scope.ALL)
    with pytest.raises(NotFound):
        await edit_romashka()
    await boris_may(Scope.TEAM, Scope.TEAM)  # Anna, whose client it is, sits in sales with him
    await edit_romashka()


async def test_a_newcomer_is_kept_from_key_clients_that_are_not_his(
    edits: Edits, storage: Storage, cast: Cast
) -> None:
    async with storage.write() as tx:
        await tx.execute(agents.update().values(newcomer=True))
        await tx.execute(clients_table.update().values(is_key=True))
        anna, boris = [await get_agent(tx.connection, each.id) for each in (cast.anna, cast.boris)]
    await edits.change(anna, "client", cast.romashka, "note", "mine", "")
    with pytest.raises(NotFound):
        await edits.change(boris, "client", cast.romashka, "note", "mine", "mine")
