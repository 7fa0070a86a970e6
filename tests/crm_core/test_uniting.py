"""Two known clients become one and, as long as nothing was built on it, two again."""

from typing import Any

import pytest
from sqlalchemy import insert, select, update

from crm_core.agents.rights import Action, RecordKind, Scope
from crm_core.clients.hanging import hanging
from crm_core.clients.merging import kept_of
from crm_core.clients.tables import client_numbers, clients, contacts
from crm_core.clients.uniting import Merging, list_differences
from crm_core.clock import ManualClock
from crm_core.deletion.records import Deletion
from crm_core.errors import Conflict, Forbidden, Invalid, NotFound
from crm_core.storage.engine import Storage
from crm_core.tags.tables import tagged, tags
from tests.cast import Cast
from tests.crm_core.sales import open_sales, with_scope


@pytest.fixture
def merging(storage: Storage, clock: ManualClock) -> Merging:
    return Merging(storage, clock)


async def _row(storage: Storage, client_id: int) -> dict[str, Any]:
    query = select(clients).where(clients.c.id == client_id)
    async with storage.read() as connection:
        return dict((await connection.execute(query)).mappings().one())


async def _state(storage: Storage) -> dict[str, list[dict[str, Any]]]:
    """All that hangs on clients, as it is."""
    stamps = ("version", "updated_at")
    found = {}
    async with storage.read() as connection:
        for table in (clients, tagged, *(table for table, _ in hanging().values())):
            rows = (await connection.execute(select(table))).mappings()
            plain = [{k: v for k, v in row.items() if k not in stamps} for row in rows]
            found[table.name] = sorted(plain, key=str)
    return found


async def _furnish(storage: Storage, clock: ManualClock, cast: Cast) -> None:
    """Pavel has a number of Romashka's, a deal, tags and a field; Romashka has some of them."""
    sales = await open_sales(storage, clock)
    await sales.deal(cast.grigory, cast.pavel)
    now = clock.now()
    async with storage.write() as tx:
        first = select(client_numbers).where(client_numbers.c.client_id == cast.romashka).limit(1)
        number = dict((await tx.execute(first)).mappings().one())
        del number["id"]
        number |= {"client_id": cast.pavel, "contact_id": None, "label": "twice"}
        await tx.execute(insert(client_numbers).values(**number))
        for tag_id, title in enumerate(("vip", "slow", "north"), start=1):
            row = {"id": tag_id, "title": title, "key": title, "created_at": now}
            await tx.execute(insert(tags).values(**row))
        for client_id, tag_id in ((cast.romashka, 1), (cast.pavel, 1), (cast.pavel, 2)):
            row = {"kind": "client", "record_id": client_id, "tag_id": tag_id}
            await tx.execute(insert(tagged).values(**row))
        await tx.execute(
            update(clients)
            .where(clients.c.id == cast.pavel)
            .values(fields={"1": "blue", "2": "Minsk"}, is_key=True, note="Asks for Ivan")
        )
        await tx.execute(
            update(clients).where(clients.c.id == cast.romashka).values(fields={"1": "red"})
        )


async def test_everything_of_the_one_is_the_others_and_his_own_again_when_taken_back(
    storage: Storage, clock: ManualClock, cast: Cast, merging: Merging
) -> None:
    await _furnish(storage, clock, cast)
    before = await _state(storage)
    async with storage.read() as connection:
        differences = await list_differences(connection, cast.grigory, cast.romashka, cast.pavel)
    assert [each.field for each in differences] == ["name", "kind"]

    merge_id = await merging.unite(cast.grigory, cast.romashka, cast.pavel, {"name"})
    kept, gone = await _row(storage, cast.romashka), await _row(storage, cast.pavel)
    assert kept["name"] == gone["name"]
    assert kept["fields"] == {"1": "red", "2": "Minsk"}
    assert (kept["is_key"], kept["kind"], gone["deleted_at"]) == (True, "organisation", clock.now())
    after = await _state(storage)
    for name in hanging():
        assert all(row["client_id"] != cast.pavel for row in after[name]), name
    assert [row["tag_id"] for row in after["tagged"]] == [1, 2]
    async with storage.read() as connection:
        assert await kept_of(connection, cast.grigory, cast.pavel) == cast.romashka
        assert await kept_of(connection, cast.grigory, cast.romashka) is None
    with pytest.raises(NotFound):  # it is no deleted client
        await Deletion(storage, clock).restore(cast.grigory, RecordKind.CLIENT, cast.pavel)

    assert await merging.undo(cast.grigory, merge_id) == cast.pavel
    assert await _state(storage) == before
    with pytest.raises(Conflict, match="merge_built_on"):
        await merging.undo(cast.grigory, merge_id)


async def test_what_was_built_on_one_client_is_not_torn_apart(
    storage: Storage, clock: ManualClock, cast: Cast, merging: Merging
) -> None:
    await _furnish(storage, clock, cast)
    merge_id = await merging.unite(cast.grigory, cast.romashka, cast.pavel)
    async with storage.write() as tx:  # somebody has written another name meanwhile
        mine = clients.c.id == cast.romashka
        await tx.execute(update(clients).where(mine).values(is_key=False, name="Romashka & Co"))
        made = select(contacts.c.id).order_by(contacts.c.id.desc()).limit(1)
        assert (await tx.execute(made)).scalar_one() != cast.ivan
    await merging.undo(cast.grigory, merge_id)
    assert (await _row(storage, cast.romashka))["name"] == "Romashka & Co"
    again = await merging.unite(cast.grigory, cast.pavel, cast.romashka)
    await Deletion(storage, clock).delete(cast.grigory, RecordKind.CLIENT, cast.pavel)
    with pytest.raises(NotFound):
        await merging.undo(cast.grigory, again)


async def test_nobody_is_the_same_as_himself_or_as_one_who_may_not_be_edited(
    cast: Cast, merging: Merging
) -> None:
    with pytest.raises(Invalid, match="same_client"):
        await merging.unite(cast.grigory, cast.pavel, cast.pavel)
    with pytest.raises(Invalid, match="unknown_field"):
        await merging.unite(cast.grigory, cast.romashka, cast.pavel, {"legal_hold"})
    narrow = with_scope(cast.boris, RecordKind.CLIENT, Scope.OWN, Action.EDIT)
    with pytest.raises(Forbidden):
        await merging.unite(narrow, cast.pavel, cast.romashka)
    with pytest.raises(NotFound):
        await merging.unite(cast.grigory, cast.pavel, 10**12)
    with pytest.raises(NotFound):
        await merging.undo(cast.grigory, 10**12)
