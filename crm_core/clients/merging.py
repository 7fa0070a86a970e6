"""Two rows of `clients` that turn out to be one: all that hangs on the one moves to the other.

What moved is kept as a plain record, so that it can be moved back; whoever asks for the one that is
gone is led to the other.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Table, and_, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.people import Agent
from crm_core.clients.access import visible_clients
from crm_core.clients.hanging import claimed, hanging, of_contacts
from crm_core.clients.tables import client_merges, clients, contacts, notes
from crm_core.search.index import reindex
from crm_core.search.kinds import SearchKind
from crm_core.storage.engine import Write
from crm_core.tags.tables import tagged
from crm_core.tags.tables import tags as tag_words
from crm_core.wording import existing_id

_SAME: Final = {
    "client_numbers": ("digits", "extension"),
    "contact_points": ("kind", "key"),
}
"""What a client has once only: such a row is kept as the other one has it."""

MOST_STEPS: Final = 20  # of a chain of people who turned out to be others

Moved = dict[str, Any]
"""{"moved": {table: [keys]}, "doubled": {table: [whole rows]}, "made": {table: [ids]},
"tags": {"moved": [ids], "doubled": [ids]}, "columns": {name: [before, after]}, "merge_id": id}."""


async def merge(
    tx: Write,
    now: datetime,
    agent_id: int | None,
    from_id: int,
    into_id: int,
    columns: Mapping[str, Any] | None = None,
) -> Moved:
    """Move every row of `from_id` to `into_id`; a number or address that both have is there once,
    and `columns` are what the one that stays is from now on.

    A person who turns out to belong to an organisation becomes a contact there.
    """
    source, target = await _client(tx, from_id), await _client(tx, into_id)
    doubled = {name: await _take_out_doubles(tx, name, from_id, into_id) for name in _SAME}
    moved: dict[str, list[Any]] = {}
    for name, (table, key) in hanging().items():
        mine = table.c.client_id == from_id
        moved[name] = list((await tx.execute(select(table.c[key]).where(mine))).scalars())
        if moved[name]:
            await tx.execute(update(table).where(mine).values(client_id=into_id))
    made = await _remember_whom(tx, now, source, target, moved, doubled)
    tags = await _move_tags(tx, from_id, into_id)
    changed = {
        name: [_packed(target[name]), _packed(value)] for name, value in (columns or {}).items()
    }
    if columns:
        await tx.execute(update(clients).where(clients.c.id == into_id).values(**columns))
    await tx.execute(update(clients).where(clients.c.id == from_id).values(deleted_at=now))
    merged = {"moved": moved, "doubled": doubled, "made": made, "tags": tags, "columns": changed}
    row = {"at": now, "agent_id": agent_id, "kept_id": into_id, "merged_id": from_id}
    kept = await tx.execute(insert(client_merges).values(**row, moved=merged))
    return {**merged, "merge_id": int(kept.inserted_primary_key[0])}


async def kept_of(connection: AsyncConnection, actor: Agent, client_id: int) -> int | None:
    """Who the client turned out to be, where `actor` may see that one; None for everybody else.

    NotFound for an id that no client can have."""
    found, seen = existing_id(client_id), {client_id}
    for _ in range(MOST_STEPS):
        query = select(client_merges.c.kept_id).where(
            client_merges.c.merged_id == found, client_merges.c.undone_at.is_(None)
        )
        further = (await connection.execute(query.limit(1))).scalar_one_or_none()
        if further is None or further in seen:
            break
        found = further
        seen.add(found)
    mine = select(clients.c.id).where(clients.c.id == found, visible_clients(actor))
    known = (await connection.execute(mine)).first() is not None
    return found if known and found != client_id else None


async def part(
    tx: Write, now: datetime, agent_id: int | None, from_id: int, into_id: int, merged: Moved
) -> None:
    """Undo a merge: every row that moved goes back, if it is still there; a column, where it still
    says what the merge made of it."""
    known = hanging()
    for name, ids in merged["made"].items():
        table, key = known[name]
        if name == "contacts":
            await _leave(tx, ids, merged["moved"])
        await tx.execute(delete(table).where(table.c[key].in_(ids)))
        if name == "notes":
            for note_id in ids:
                await reindex(tx, SearchKind.NOTE, note_id)
    for name, keys in merged["moved"].items():
        table, key = known[name]
        if keys:
            still = and_(table.c[key].in_(keys), table.c.client_id == into_id)
            await tx.execute(update(table).where(still).values(client_id=from_id))
    for name, rows in merged["doubled"].items():
        table, _ = known[name]
        for row in rows:
            await tx.execute(insert(table).values(**await _put_back(tx, table, row)))
    await _return_tags(tx, from_id, into_id, merged.get("tags", {}))
    await _return_columns(tx, into_id, merged.get("columns", {}))
    await tx.execute(update(clients).where(clients.c.id == from_id).values(deleted_at=None))
    undone = client_merges.c.id == merged.get("merge_id", 0)
    await tx.execute(update(client_merges).where(undone).values(undone_at=now, undone_by=agent_id))


async def _leave(tx: Write, contact_ids: list[int], moved: Mapping[str, list[Any]]) -> None:
    """Nothing belongs to these contacts any more, and what moved and was claimed is free again."""
    for name, (table, besides) in claimed().items():
        free = {column: each for column, (each, _) in besides.items()}
        if free:
            mine = and_(table.c.contact_id.in_(contact_ids), table.c.id.in_(moved.get(name, [])))
            await tx.execute(update(table).where(mine).values(free))
    for held, _ in of_contacts().values():
        theirs = held.c.contact_id.in_(contact_ids)
        await tx.execute(update(held).where(theirs).values(contact_id=None))


async def _move_tags(tx: Write, from_id: int, into_id: int) -> dict[str, list[int]]:
    theirs = set((await tx.execute(select(tagged.c.tag_id).where(_tags_of(into_id)))).scalars())
    his = set((await tx.execute(select(tagged.c.tag_id).where(_tags_of(from_id)))).scalars())
    doubled = and_(_tags_of(from_id), tagged.c.tag_id.in_(his & theirs))
    await tx.execute(delete(tagged).where(doubled))
    await tx.execute(update(tagged).where(_tags_of(from_id)).values(record_id=into_id))
    return {"moved": sorted(his - theirs), "doubled": sorted(his & theirs)}


async def _return_tags(
    tx: Write, from_id: int, into_id: int, tags: Mapping[str, list[int]]
) -> None:
    moved = and_(_tags_of(into_id), tagged.c.tag_id.in_(tags.get("moved", [])))
    await tx.execute(update(tagged).where(moved).values(record_id=from_id))
    known = select(tag_words.c.id).where(tag_words.c.id.in_(tags.get("doubled", [])))
    for tag_id in (await tx.execute(known)).scalars().all():
        row = {"kind": "client", "record_id": from_id, "tag_id": tag_id}
        await tx.execute(insert(tagged).values(**row))


def _tags_of(client_id: int) -> ColumnElement[bool]:
    return and_(tagged.c.kind == "client", tagged.c.record_id == client_id)


async def _return_columns(tx: Write, into_id: int, columns: Mapping[str, list[Any]]) -> None:
    now_is = await _client(tx, into_id)
    values = {
        name: before for name, (before, after) in columns.items() if _packed(now_is[name]) == after
    }
    if values:
        mine = clients.c.id == into_id
        await tx.execute(update(clients).where(mine).values(**_unpacked(clients, values)))


async def _put_back(tx: Write, table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """The row as it was; of a contact who has been removed since it is no one's in particular."""
    values = _unpacked(table, row)
    if values["contact_id"] is not None:
        known = select(contacts.c.id).where(contacts.c.id == values["contact_id"])
        if (await tx.execute(known)).first() is None:
            values["contact_id"] = None
    return values


async def _client(tx: Write, client_id: int) -> Mapping[str, Any]:
    query = select(clients).where(clients.c.id == client_id)
    return dict((await tx.execute(query)).mappings().one())


async def _take_out_doubles(
    tx: Write, name: str, from_id: int, into_id: int
) -> list[dict[str, Any]]:
    table, _ = hanging()[name]
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
        for name, (table, besides) in claimed().items():
            free = and_(table.c.id.in_(moved[name]), table.c.contact_id.is_(None))
            free = and_(free, *(table.c[column] == each for column, (each, _) in besides.items()))
            his = {column: each for column, (_, each) in besides.items()}
            await tx.execute(update(table).where(free).values(contact_id=contact_id, **his))
            await _claim_doubles(tx, name, target["id"], contact_id, doubled.get(name, []))
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
    table, _ = hanging()[name]
    for row in doubled:
        same = and_(*(table.c[column] == row[column] for column in _SAME[name]))
        free = and_(table.c.client_id == into_id, same, table.c.contact_id.is_(None))
        await tx.execute(update(table).where(free).values(contact_id=contact_id))


def _packed(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _unpacked(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        column: datetime.fromisoformat(value)
        if column.endswith(("_at", "_since")) and isinstance(value, str)
        else value
        for column, value in row.items()
    }
