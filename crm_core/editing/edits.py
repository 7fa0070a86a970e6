"""Change one field and take it back: nobody's edit is lost, because what the editor saw is compared
with what stands there in the same transaction that writes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Column, delete, insert, select, update

from crm_core import audit
from crm_core.agents.people import Agent
from crm_core.audit import AuditEntry
from crm_core.clock import Clock
from crm_core.editing.editable import Editable
from crm_core.editing.fields import Field, Row
from crm_core.errors import Conflict, Invalid, NotFound
from crm_core.storage.base import Instant
from crm_core.storage.engine import Storage, Write
from crm_core.wording import existing_id

UNDOABLE: Final = frozenset({"edited", "undone", "removed"})
PART: Final = "part"
"""The detail of an audit entry that names the part: {"kind": "contact", "id": 7, "name": …}."""


@dataclass(frozen=True, slots=True)
class Edit:
    """What was changed: `change_id` takes it back, None where nothing was different; `written` is
    what stands in the field now."""

    change_id: int | None
    written: str


class Edits:
    """The one way to edit a field of any kind of record."""

    def __init__(self, storage: Storage, clock: Clock, kinds: Mapping[str, Editable]) -> None:
        self._storage = storage
        self._clock = clock
        self._kinds = kinds

    async def change(
        self, actor: Agent, kind: str, record_id: int, name: str, written: str, before: str
    ) -> Edit:
        """Set a field to what a person typed, if it still is what he saw (`before`).

        Conflict("edited_meanwhile", theirs, agent_name) where somebody else was faster; Invalid for
        what cannot stand there; NotFound and Forbidden by the record's door. A field that is
        hidden from him is like one that does not exist.
        """
        editable = self._kind(kind)
        if editable.further is None and name not in editable.fields:
            raise Invalid(name, "unknown_field")
        async with self._storage.write() as tx:
            row = await self._row(tx, actor, editable, record_id)
            fields = await editable.fields_named(tx.connection, actor, [name])
            field = fields.get(name)
            if field is None:
                raise Invalid(name, "unknown_field")
            value = field.read(name, written, row)
            theirs = field.written(field.stored(name, row), row)
            wanted = field.written(value, row)
            if wanted == theirs:
                return Edit(None, wanted)
            if theirs != before.replace("\r\n", "\n"):
                last = await _last_edit(tx, editable, row, name)
                who = last.agent_name if last and last.agent_name else ""
                raise Conflict("edited_meanwhile", theirs=theirs, agent_name=who)
            change_id = await self._apply(tx, actor, editable, row, fields, {name: value}, "edited")
        return Edit(change_id, wanted)

    async def remove(self, actor: Agent, kind: str, record_id: int) -> int:
        """Remove a part of a record; the id of the change, for `undo`. NotFound, Forbidden."""
        editable = self._kind(kind)
        if editable.whole is None:
            raise NotFound(kind=kind)
        async with self._storage.write() as tx:
            row = await self._row(tx, actor, editable, record_id)
            freed = await _free(tx, editable, record_id)
            await tx.execute(delete(editable.table).where(editable.table.c.id == record_id))
            kept = {name: _plain(value) for name, value in row.items()}
            return await self._tell(tx, actor, editable, row, "removed", {"row": kept, **freed})

    async def undo(self, actor: Agent, change_id: int) -> AuditEntry:
        """Take a change back; taking that back does it again. The entry that was taken back.

        NotFound for what is no such change; Conflict("changed_since") where it has become something
        else since.
        """
        async with self._storage.write() as tx:
            entry = await audit.find_entry(tx.connection, existing_id(change_id))
            if entry is None or entry.action not in UNDOABLE:
                raise NotFound(change_id=change_id)
            part = entry.details.get(PART)
            editable = self._kind(part["kind"] if part else entry.subject)
            if entry.action == "removed":
                await self._restore(tx, actor, editable, entry)
            else:
                record_id = part["id"] if part else int(entry.subject_id)
                row = await self._row(tx, actor, editable, record_id)
                fields = await editable.fields_named(tx.connection, actor, entry.details)
                if not fields:
                    raise NotFound(change_id=change_id)
                values = _values_before(fields, row, entry)
                await self._apply(tx, actor, editable, row, fields, values, "undone")
        return entry

    async def _restore(
        self, tx: Write, actor: Agent, editable: Editable, entry: AuditEntry
    ) -> None:
        table, kept = editable.table, entry.details["row"]
        row = {name: _as_stored(table.c[name], value) for name, value in kept.items()}
        await editable.enter(tx.connection, actor, row)
        known = select(table.c.id).where(table.c.id == row["id"])
        if (await tx.execute(known)).first() is not None:
            raise Conflict("changed_since", field=PART)
        for name, field in editable.fields.items():
            # Somebody may have written the same anew meanwhile.
            await field.check(tx.connection, name, field.stored(name, row), row)
        await tx.execute(insert(table).values(**row))
        for column in editable.held_by:
            ids = entry.details.get(str(column), [])
            held = update(column.table).where(column.table.c.id.in_(ids), column.is_(None))
            await tx.execute(held.values({column: row["id"]}))
        await self._tell(tx, actor, editable, row, "restored", {})

    def _kind(self, kind: str) -> Editable:
        editable = self._kinds.get(kind)
        if editable is None:
            raise NotFound(kind=kind)
        return editable

    async def _row(self, tx: Write, actor: Agent, editable: Editable, record_id: int) -> Row:
        query = select(editable.table).where(editable.table.c.id == existing_id(record_id))
        row = (await tx.execute(query)).mappings().one_or_none()
        if row is None:
            raise NotFound(record_id=record_id)
        found: Row = dict(row)
        await editable.enter(tx.connection, actor, found)
        return found

    async def _apply(
        self,
        tx: Write,
        actor: Agent,
        editable: Editable,
        row: Row,
        fields: Mapping[str, Field],
        values: Mapping[str, Any],
        action: str,
    ) -> int:
        columns = dict[str, Any]()
        for name, value in values.items():
            await fields[name].check(tx.connection, name, value, row)
            columns |= fields[name].columns(name, value, row)
        changed = {**row, **columns}
        await tx.execute(
            update(editable.table).where(editable.table.c.id == row["id"]).values(**columns)
        )
        details = {
            name: [_plain(fields[name].stored(name, each)) for each in (row, changed)]
            for name in values
        }
        return await self._tell(tx, actor, editable, changed, action, details)

    async def _tell(
        self,
        tx: Write,
        actor: Agent,
        editable: Editable,
        row: Row,
        action: str,
        details: Mapping[str, Any],
    ) -> int:
        now, part = self._clock.now(), dict[str, Any]()
        subject, subject_id = editable.record_of(row)
        if editable.whole is not None:
            part = {"kind": editable.subject, "id": row["id"], "name": editable.named(row)}
        said = {**details, **({PART: part} if part else {})}
        change_id = await audit.record(tx, now, actor.id, action, subject, subject_id, **said)
        await editable.changed(tx, now, row)
        return change_id


async def _free(tx: Write, editable: Editable, record_id: int) -> dict[str, list[int]]:
    """Empty the columns that name the part; the ids of their rows, by column."""
    freed = {}
    for column in editable.held_by:
        query = select(column.table.c.id).where(column == record_id)
        ids = list((await tx.execute(query)).scalars())
        if ids:
            chosen = update(column.table).where(column.table.c.id.in_(ids))
            await tx.execute(chosen.values({column: None}))
            freed[str(column)] = ids
    return freed


def _values_before(fields: Mapping[str, Field], row: Row, entry: AuditEntry) -> dict[str, Any]:
    """What the fields of a change held before it. Conflict("changed_since")."""
    values = {}
    for name, field in fields.items():
        old, new = entry.details[name]
        if _plain(field.stored(name, row)) != new:
            raise Conflict("changed_since", field=name)
        values[name] = field.read(name, field.written(old, row), row)
    return values


async def _last_edit(tx: Write, editable: Editable, row: Row, name: str) -> AuditEntry | None:
    subject, subject_id = editable.record_of(row)
    entries = await audit.list_audit(tx.connection, subject=subject, subject_id=subject_id)
    for entry in entries:
        part = entry.details.get(PART)
        if name in entry.details and (editable.whole is None or (part and part["id"] == row["id"])):
            return entry
    return None


def _plain(value: Any) -> Any:
    """The value as the audit trail keeps it."""
    return value.isoformat() if isinstance(value, date | datetime) else value


def _as_stored(column: Column[Any], kept: Any) -> Any:
    """What `_plain` was made of."""
    if isinstance(kept, str) and isinstance(column.type, Instant):
        return datetime.fromisoformat(kept)
    return kept
