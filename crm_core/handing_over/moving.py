"""A handover is carried out, and taken back, piece by piece: no piece keeps the journal waiting,
and one that was interrupted goes on where it stopped."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Table, and_, exists, or_, select, true, update

from crm_core.agents.rights import RecordKind
from crm_core.clients.tables import clients
from crm_core.deals.tables import deals
from crm_core.events import ClientChanged, DealChanged, LeadChanged, TaskChanged
from crm_core.handing_over.tables import handed_records, handovers
from crm_core.leads.tables import leads
from crm_core.storage.engine import Write
from crm_core.tasks.tables import tasks

PIECE: Final = 200  # records of one write: some 20 ms, on a busy machine 100
_HOLDERS: Final = {
    RecordKind.CLIENT: clients.c.owner_agent_id,
    RecordKind.LEAD: leads.c.owner_agent_id,
    RecordKind.DEAL: deals.c.owner_agent_id,
    RecordKind.TASK: tasks.c.assignee_agent_id,
}
_handed = handed_records.c


async def move_piece(tx: Write, now: datetime, handover: Any, kind: RecordKind) -> list[int] | None:
    """Give the next of those that wait to whom they are handed; one that has changed hands or was
    closed since it was chosen stays. The ids of those that moved, None where none waits."""
    holder = _HOLDERS[kind]
    still = holder.is_not_distinct_from(_handed.before_agent_id)
    return await _piece(
        tx, now, handover, kind, ("waiting", "moved", "stayed"), still, handover["to_agent_id"]
    )


async def return_piece(
    tx: Write, now: datetime, handover: Any, kind: RecordKind
) -> list[int] | None:
    """Give the next back to whom they were taken from, where they still stand as they were left."""
    holder = _HOLDERS[kind]
    later = handed_records.alias("later")
    handed_on = exists().where(
        later.c.kind == kind.value,
        later.c.record_id == holder.table.c.id,
        later.c.handover_id > handover["id"],
        later.c.state == "moved",
    )
    still = and_(holder.is_not_distinct_from(handover["to_agent_id"]), ~handed_on)
    return await _piece(
        tx, now, handover, kind, ("moved", "returned", "kept"), still, _handed.before_agent_id
    )


async def _piece(
    tx: Write,
    now: datetime,
    handover: Any,
    kind: RecordKind,
    states: tuple[str, str, str],
    still: ColumnElement[bool],
    holder_id: Any,
) -> list[int] | None:
    before, done, left = states
    mine = and_(_handed.handover_id == handover["id"], _handed.kind == kind.value)
    waiting = select(_handed.record_id).where(mine, _handed.state == before)
    ids = (await tx.execute(waiting.order_by(_handed.record_id).limit(PIECE))).scalars().all()
    if not ids:
        return None
    piece = and_(mine, _handed.state == before, _handed.record_id.between(ids[0], ids[-1]))
    holder = _HOLDERS[kind]
    table = holder.table
    changed = (
        update(table)
        .where(table.c.id == _handed.record_id, piece, still, _not_ended_since(kind, handover))
        .values({**_stamps(table, now), holder.key: holder_id})
        .returning(table.c.id)
    )
    moved = set((await tx.execute(changed)).scalars().all())
    stayed = [each for each in ids if each not in moved]
    if stayed:
        left_alone = update(handed_records).where(piece, _handed.record_id.in_(stayed))
        await tx.execute(left_alone.values(state=left))
    await tx.execute(update(handed_records).where(piece).values(state=done))
    return sorted(moved)


def _not_ended_since(kind: RecordKind, handover: Any) -> ColumnElement[bool]:
    """Who has closed it since it was chosen keeps it; one that was closed before has an owner too,
    who may be another."""
    if kind is RecordKind.CLIENT:
        return true()
    if kind is RecordKind.TASK:
        return tasks.c.done_at.is_(None)
    closed_at = _HOLDERS[kind].table.c.closed_at
    return or_(closed_at.is_(None), closed_at <= handover["at"])


def _stamps(table: Table, now: datetime) -> dict[str, Any]:
    stamps: dict[str, Any] = {"version": table.c.version + 1}
    return {**stamps, "updated_at": now} if "updated_at" in table.c else stamps


async def tell_each(tx: Write, kind: RecordKind, ids: list[int]) -> None:
    """Announce each record by itself: for the few that somebody may look at this moment."""
    table = _HOLDERS[kind].table
    if kind in (RecordKind.CLIENT, RecordKind.TASK):
        fact = ClientChanged if kind is RecordKind.CLIENT else TaskChanged
        key = "client_id" if kind is RecordKind.CLIENT else "task_id"
        tx.announce(*(fact(**{key: each}) for each in ids))
        return
    rows = await tx.execute(select(table.c.id, table.c.client_id).where(table.c.id.in_(ids)))
    for record_id, client_id in rows:
        if kind is RecordKind.LEAD:
            tx.announce(LeadChanged(lead_id=record_id, client_id=client_id))
        else:
            tx.announce(DealChanged(deal_id=record_id, client_id=client_id))


async def enter(tx: Write, handover_id: int, state: str, **values: Any) -> None:
    """The handover is in another state."""
    mine = handovers.c.id == handover_id
    await tx.execute(update(handovers).where(mine).values(state=state, **values))
