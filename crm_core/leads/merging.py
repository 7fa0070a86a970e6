"""Two rows of `clients` that turn out to be one: all that hangs on the one moves to the other.

What moved is returned as a plain record, so that it can be moved back.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Table, and_, delete, insert, select, update

from crm_core.calls.tables import calls
from crm_core.clients.tables import (
    client_numbers,
    clients,
    contact_points,
    contacts,
    files,
    legal_entities,
    notes,
    number_choices,
)
from crm_core.deals.tables import deals, stage_changes
from crm_core.leads.tables import leads
from crm_core.search.index import reindex
from crm_core.search.kinds import SearchKind
from crm_core.storage.engine import Write
from crm_core.tasks.tables import tasks

HANGING: Final[Mapping[str, tuple[Table, str]]] = {
    table.name: (table, key)
    for table, key in (
        (contacts, "id"),
        (client_numbers, "id"),
        (contact_points, "id"),
        (legal_entities, "id"),
        (number_choices, "number"),
        (calls, "call_id"),
        (notes, "id"),
        (files, "id"),
        (tasks, "id"),
        (leads, "id"),
        (deals, "id"),
        (stage_changes, "id"),
    )
}
"""All that belongs to a client, with the key of a row. A test finds what is missing here."""
_SAME: Final = {
    "client_numbers": ("digits", "extension"),
    "contact_points": ("kind", "key"),
}
"""What a client has once only: such a row is kept as the other one has it."""

Moved = dict[str, Any]
"""{"moved": {table: [keys]}, "doubled": {table: [whole rows]}, "made": {table: [ids]}}."""


async def merge(tx: Write, now: datetime, from_id: int, into_id: int) -> Moved:
    """Move every row of `from_id` to `into_id`; a number or address that both have is there once.

    A person who turns out to belong to an organisation becomes a contact there.
    """
    source, target = await _client(tx, from_id), await _client(tx, into_id)
    doubled = {name: await _take_out_doubles(tx, name, from_id, into_id) for name in _SAME}
    moved: dict[str, list[Any]] = {}
    for name, (table, key) in HANGING.items():
        mine = table.c.client_id == from_id
        moved[name] = list((await tx.execute(select(table.c[key]).where(mine))).scalars())
        if moved[name]:
            await tx.execute(update(table).where(mine).values(client_id=into_id))
    made = await _remember_whom(tx, now, source, target, moved, doubled)
    await tx.execute(update(clients).where(clients.c.id == from_id).values(deleted_at=now))
    return {"moved": moved, "doubled": doubled, "made": made}


async def part(tx: Write, from_id: int, into_id: int, merged: Moved) -> None:
    """Undo a merge: every row that moved goes back, if it is still there."""
    for name, ids in merged["made"].items():
        table, key = HANGING[name]
        if name == "contacts":
            for held in (client_numbers, contact_points, tasks, deals):
                theirs = held.c.contact_id.in_(ids)
                await tx.execute(update(held).where(theirs).values(contact_id=None))
        await tx.execute(delete(table).where(table.c[key].in_(ids)))
        if name == "notes":
            for note_id in ids:
                await reindex(tx, SearchKind.NOTE, note_id)
    for name, keys in merged["moved"].items():
        table, key = HANGING[name]
        if keys:
            still = and_(table.c[key].in_(keys), table.c.client_id == into_id)
            await tx.execute(update(table).where(still).values(client_id=from_id))
    for name, rows in merged["doubled"].items():
        table, _ = HANGING[name]
        for row in rows:
            await tx.execute(insert(table).values(**_unpacked(table, row)))
    await tx.execute(update(clients).where(clients.c.id == from_id).values(deleted_at=None))


async def _client(tx: Write, client_id: int) -> Mapping[str, Any]:
    query = select(clients).where(clients.c.id == client_id)
    return dict((await tx.execute(query)).mappings().one())


async def _take_out_doubles(
    tx: Write, name: str, from_id: int, into_id: int
) -> list[dict[str, Any]]:
    table, _ = HANGING[name]
    theirs = table.alias()
    same = and_(*(theirs.c[column] == table.c[column] for column in _SAME[name]))
    known = select(theirs.c.id).where(theirs.c.client_id == into_id, same).correlate(table).exists()
    mine = and_(table.c.client_id == from_id, known)
    rows = [dict(row) for row in (await tx.execute(select(table).where(mine))).mappings()]
    ids = [row["id"] for row in rows]
    if ids:
        await tx.execute(delete(table).where(table.c.id.in_(ids)))
    return [{column: _packed(value) for column, value in row.items()} for row in rows]


async def _remember_whom(
    tx: Write,
    now: datetime,
    source: Mapping[str, Any],
    target: Mapping[str, Any],
    moved: Mapping[str, list[Any]],
    doubled: Mapping[str, list[dict[str, Any]]],
) -> dict[str, list[int]]:
    """The name and the note of whoever is no row of his own any more are kept at the other."""
    made: dict[str, list[int]] = {}
    if (source["kind"], target["kind"]) == ("person", "organisation"):
        row = {"client_id": target["id"], "name": source["name"], "created_at": now}
        contact_id = int((await tx.execute(insert(contacts).values(**row))).inserted_primary_key[0])
        for name in ("client_numbers", "contact_points"):
            table, _ = HANGING[name]
            free = and_(table.c.id.in_(moved[name]), table.c.contact_id.is_(None))
            await tx.execute(update(table).where(free).values(contact_id=contact_id))
            await _claim_doubles(tx, name, target["id"], contact_id, doubled[name])
        made["contacts"] = [contact_id]
    if source["note"]:
        row = {"client_id": target["id"], "text": source["note"], "created_at": now}
        result = await tx.execute(insert(notes).values(**row, agent_id=source["created_by"]))
        made["notes"] = [int(result.inserted_primary_key[0])]
        await reindex(tx, SearchKind.NOTE, made["notes"][0])
    return made


async def _claim_doubles(
    tx: Write, name: str, into_id: int, contact_id: int, doubled: list[dict[str, Any]]
) -> None:
    """The number that both had, and that was no one's in particular, is this contact's."""
    table, _ = HANGING[name]
    for row in doubled:
        same = and_(*(table.c[column] == row[column] for column in _SAME[name]))
        free = and_(table.c.client_id == into_id, same, table.c.contact_id.is_(None))
        await tx.execute(update(table).where(free).values(contact_id=contact_id))


def _packed(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _unpacked(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        column: datetime.fromisoformat(value)
        if column.endswith("_at") and isinstance(value, str)
        else value
        for column, value in row.items()
    }
