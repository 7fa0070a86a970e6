"""Deletion: one record in one write; many in pieces that delay nobody, and yet one step to the
person: what was interrupted goes on at the next start, what was only chosen never happened."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Select, delete, func, insert, select, update

from crm_core.agents.people import Agent, get_agent
from crm_core.agents.rights import Action, RecordKind
from crm_core.clients.access import access_client
from crm_core.clock import Clock
from crm_core.deals.access import access_deal
from crm_core.deletion.pieces import (
    TABLES,
    deletable,
    delete_piece,
    restore_piece,
    visible,
)
from crm_core.deletion.queries import get_deletion
from crm_core.deletion.tables import deleted_records, deletions
from crm_core.errors import Conflict, Forbidden, NotFound
from crm_core.leads.access import access_lead
from crm_core.storage.engine import Connection, Storage, Write
from crm_core.wording import existing_id

PIECE: Final = 200  # records of one write: some 15 ms
_DOORS: Final = {
    RecordKind.CLIENT: access_client,
    RecordKind.LEAD: access_lead,
    RecordKind.DEAL: access_deal,
}


class Deletion:
    """Deletes clients, leads and deals, and brings them back."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock

    async def delete(self, actor: Agent, kind: RecordKind, record_id: int) -> None:
        """One record. NotFound, Forbidden; Conflict("lead_is_converted")."""
        async with self._storage.write() as tx:
            await _DOORS[kind](tx.connection, actor, record_id, Action.DELETE)
            if not await delete_piece(tx, actor, self._clock.now(), kind, [record_id]):
                raise Conflict("lead_is_converted", lead_id=record_id)

    async def restore(self, actor: Agent, kind: RecordKind, record_id: int) -> None:
        """Bring back one with all that was his. NotFound for what is not deleted, or was not his
        to delete."""
        ids = [existing_id(record_id)]
        async with self._storage.write() as tx:
            if not await restore_piece(tx, actor, self._clock.now(), kind, ids):
                raise NotFound(kind=kind.value, record_id=record_id)

    async def begin(self, actor: Agent, kind: RecordKind, chosen: Select[tuple[int]]) -> int | None:
        """Choose all of `chosen` that he may delete; `carry_out` deletes them. The step's id, None
        where there is nothing. Forbidden where he may none of them; Conflict("lead_is_converted")
        where they all became clients."""
        table = TABLES[kind]
        his = select(table.c.id).where(table.c.id.in_(chosen), deletable(kind, actor))
        async with self._storage.read() as connection:
            ids = list((await connection.execute(his.order_by(table.c.id))).scalars())
            seen = await _count(connection, kind, actor, chosen, Action.SEE)
            if not ids:
                if not seen:
                    return None
                if not await _count(connection, kind, actor, chosen, Action.DELETE):
                    raise Forbidden(role=actor.role.value)
                raise Conflict("lead_is_converted")
        return await self._write_down(actor, kind, ids, seen - len(ids))

    async def carry_out(self, deletion_id: int) -> None:
        """Do what is left to do of it, forward or back; what is done already is left alone."""
        async with self._storage.read() as connection:
            query = select(deletions).where(deletions.c.id == deletion_id)
            deletion = dict((await connection.execute(query)).mappings().one())
            actor = await get_agent(connection, deletion["restored_by"] or deletion["agent_id"])
        if deletion["state"] not in ("deleting", "restoring"):
            return
        forward = deletion["state"] == "deleting"
        while await self._piece(actor, deletion, forward=forward):
            pass
        async with self._storage.write() as tx:
            await _end(tx, deletion_id, forward=forward)

    async def undo(self, actor: Agent, deletion_id: int) -> None:
        """Begin to bring all of a step back; `carry_out` does it. NotFound, Forbidden; Conflict
        where it still goes on (deletion_goes_on) or was brought back already (deletion_undone)."""
        async with self._storage.write() as tx:
            deletion = await get_deletion(tx.connection, actor, deletion_id)
            if deletion.state in ("restoring", "restored"):
                raise Conflict("deletion_undone")
            if deletion.state != "done":
                raise Conflict("deletion_goes_on")
            if not deletion.may_restore(actor):
                raise Forbidden(role=actor.role.value)
            values = {"restored_at": self._clock.now(), "restored_by": actor.id}
            await _enter(tx, deletion_id, "restoring", **values)

    async def resume(self) -> None:
        """After a start: go on with what was interrupted; forget what was only being chosen."""
        async with self._storage.write() as tx:
            await tx.execute(delete(deletions).where(deletions.c.state == "chosen"))
            going_on = deletions.c.state.in_(("deleting", "restoring"))
            query = select(deletions.c.id).where(going_on).order_by(deletions.c.id)
            ids = (await tx.execute(query)).scalars().all()
        for deletion_id in ids:
            await self.carry_out(deletion_id)

    async def _write_down(
        self, actor: Agent, kind: RecordKind, ids: Sequence[int], skipped: int
    ) -> int:
        row = {"at": self._clock.now(), "agent_id": actor.id, "kind": kind.value}
        async with self._storage.write() as tx:
            values = {**row, "state": "chosen", "count": len(ids), "skipped": skipped}
            made = await tx.execute(insert(deletions).values(**values))
            deletion_id = int(made.inserted_primary_key[0])
        rows = [{"deletion_id": deletion_id, "record_id": each} for each in ids]
        for start in range(0, len(rows), 2 * PIECE):
            async with self._storage.write() as tx:
                await tx.execute(insert(deleted_records), rows[start : start + 2 * PIECE])
        async with self._storage.write() as tx:
            await _enter(tx, deletion_id, "deleting")
        return deletion_id

    async def _piece(self, actor: Agent, deletion: dict[str, Any], *, forward: bool) -> bool:
        """The next of those that wait; whether there were any."""
        before, done, left = (
            ("waiting", "deleted", "stayed") if forward else ("deleted", "restored", "kept")
        )
        kind, at = RecordKind(deletion["kind"]), deletion["at"]
        waiting = (deleted_records.c.deletion_id == deletion["id"]) & (
            deleted_records.c.state == before
        )
        query = select(deleted_records.c.record_id).where(waiting)
        async with self._storage.write() as tx:
            first = query.order_by(deleted_records.c.record_id).limit(PIECE)
            ids = (await tx.execute(first)).scalars().all()
            if not ids:
                return False
            if forward:
                changed = await delete_piece(tx, actor, at, kind, ids)
            else:
                changed = await restore_piece(tx, actor, self._clock.now(), kind, ids, at)
            of_piece = waiting & deleted_records.c.record_id.between(ids[0], ids[-1])
            marked = update(deleted_records).where(of_piece)
            if changed:
                these = deleted_records.c.record_id.in_(changed)
                await tx.execute(marked.where(these).values(state=done))
            if len(changed) < len(ids):
                await tx.execute(marked.values(state=left))
        return True


async def _count(
    connection: Connection,
    kind: RecordKind,
    actor: Agent,
    chosen: Select[tuple[int]],
    action: Action,
) -> int:
    table = TABLES[kind]
    theirs = select(table.c.id).where(table.c.id.in_(chosen), visible(kind, actor, action))
    counted = select(func.count()).select_from(theirs.subquery())
    return int((await connection.execute(counted)).scalar_one())


async def _end(tx: Write, deletion_id: int, *, forward: bool) -> None:
    if not forward:
        return await _enter(tx, deletion_id, "restored")
    counted = select(func.count()).where(
        deleted_records.c.deletion_id == deletion_id, deleted_records.c.state == "deleted"
    )
    count = (await tx.execute(counted)).scalar_one()
    return await _enter(tx, deletion_id, "done", count=count)


async def _enter(tx: Write, deletion_id: int, state: str, **values: Any) -> None:
    mine = deletions.c.id == deletion_id
    await tx.execute(update(deletions).where(mine).values(state=state, **values))
