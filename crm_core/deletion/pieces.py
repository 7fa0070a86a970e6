"""What one write does to some records of a kind: out of every list, or back with all that was
theirs. Nothing of them is lost, and what they are found by stays: their door alone hides them."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Table, and_, insert, literal, select, true, update

from crm_core.agents.people import Agent
from crm_core.agents.rights import Action, RecordKind
from crm_core.clients.access import deleted_clients, visible_clients
from crm_core.clients.tables import clients
from crm_core.deals.access import deleted_deals, visible_deals
from crm_core.deals.pipelines import Ending
from crm_core.deals.tables import deals, stages
from crm_core.events import ClientChanged, DealChanged, LeadChanged, TaskChanged, TaskDone
from crm_core.leads.access import deleted_leads, visible_leads
from crm_core.leads.tables import leads
from crm_core.search.renewing import outdate
from crm_core.search.tables import search_texts
from crm_core.storage.engine import Write
from crm_core.tables import audit as audit_rows
from crm_core.tasks.tables import tasks

DELETED: Final = "deleted"
BROUGHT_BACK: Final = "brought_back"
CALLED_OFF: Final = "cancelled"
TABLES: Final[Mapping[RecordKind, Table]] = {
    RecordKind.CLIENT: clients,
    RecordKind.LEAD: leads,
    RecordKind.DEAL: deals,
}
_VISIBLE: Final = {
    RecordKind.CLIENT: visible_clients,
    RecordKind.LEAD: visible_leads,
    RecordKind.DEAL: visible_deals,
}
_DELETED: Final = {
    RecordKind.CLIENT: deleted_clients,
    RecordKind.LEAD: deleted_leads,
    RecordKind.DEAL: deleted_deals,
}


def visible(kind: RecordKind, actor: Agent, action: Action) -> ColumnElement[bool]:
    """The condition on the kind's table for those with which `actor` may do `action`."""
    return _VISIBLE[kind](actor, action)


def deletable(kind: RecordKind, actor: Agent) -> ColumnElement[bool]:
    """Those that `actor` may delete; a lead that became a client is his history and stays."""
    return and_(visible(kind, actor, Action.DELETE), _not_converted(kind))


def restorable(kind: RecordKind, actor: Agent) -> ColumnElement[bool]:
    """The deleted that `actor` may bring back."""
    return _DELETED[kind](actor)


async def delete_piece(
    tx: Write, actor: Agent, now: datetime, kind: RecordKind, ids: Collection[int]
) -> list[int]:
    """Delete those of `ids` that still are his to delete, at the instant `now`; which they were."""
    table = TABLES[kind]
    mine = and_(table.c.id.in_(ids), deletable(kind, actor))
    gone = update(table).where(mine).values(deleted_at=now, version=table.c.version + 1)
    done = sorted((await tx.execute(gone.returning(table.c.id))).scalars())
    if done:
        await _audit(tx, actor, now, DELETED, kind, done)
        if kind is RecordKind.CLIENT:
            await _call_off(tx, actor, now, done)
        await _tell(tx, kind, done)
    return done


async def restore_piece(
    tx: Write,
    actor: Agent,
    now: datetime,
    kind: RecordKind,
    ids: Collection[int],
    deleted_at: datetime | None = None,
) -> list[int]:
    """Bring back those of `ids` that were his to delete, only such as were deleted at that instant
    where one is named; which they were."""
    table = TABLES[kind]
    theirs = and_(table.c.id.in_(ids), restorable(kind, actor))
    if deleted_at is not None:
        theirs = and_(theirs, table.c.deleted_at == deleted_at)
    query = select(table.c.id, table.c.deleted_at).where(theirs)
    found: dict[int, datetime] = dict(map(tuple, await tx.execute(query)))
    done = sorted(found)
    if done:
        stamps = {"deleted_at": None, "updated_at": now, "version": table.c.version + 1}
        await tx.execute(update(table).where(table.c.id.in_(done)).values(**stamps))
        await _audit(tx, actor, now, BROUGHT_BACK, kind, done)
        await outdate(tx, _not_found(kind, done))
        if kind is RecordKind.CLIENT:
            await _take_up(tx, found)
        await _tell(tx, kind, done)
    return done


def _not_converted(kind: RecordKind) -> ColumnElement[bool]:
    if kind is not RecordKind.LEAD:
        return true()
    won = select(stages.c.id).where(stages.c.ending == Ending.WON.value)
    return leads.c.stage_id.not_in(won)


def _not_found(kind: RecordKind, ids: Collection[int]) -> Select[tuple[str, int]]:
    """Those whose text went while they were deleted: the index was built anew, or they were deleted
    by an older version."""
    table = TABLES[kind]
    text = select(search_texts.c.id).where(
        search_texts.c.kind == kind.value, search_texts.c.record_id == table.c.id
    )
    lacking = and_(table.c.id.in_(ids), ~text.correlate(table).exists())
    return select(literal(kind.value), table.c.id).where(lacking)


async def _audit(
    tx: Write, actor: Agent, now: datetime, action: str, kind: RecordKind, ids: Collection[int]
) -> None:
    said: dict[str, Any] = {"at": now, "agent_id": actor.id, "action": action, "details": {}}
    of_kind = {**said, "subject": kind.value}
    await tx.execute(insert(audit_rows), [{**of_kind, "subject_id": str(each)} for each in ids])


async def _call_off(tx: Write, actor: Agent, now: datetime, ids: Collection[int]) -> None:
    still = and_(tasks.c.client_id.in_(ids), tasks.c.done_at.is_(None), tasks.c.kind != "wrap_up")
    values = {"done_at": now, "done_by": actor.id, "ending": CALLED_OFF}
    off = update(tasks).where(still).values(**values, version=tasks.c.version + 1)
    for task_id in sorted((await tx.execute(off.returning(tasks.c.id))).scalars()):
        tx.announce(TaskDone(task_id=task_id, ending=CALLED_OFF))


async def _take_up(tx: Write, deleted: Mapping[int, datetime]) -> None:
    """What was called off with them is to be done again."""
    values = {"done_at": None, "done_by": None, "ending": None, "version": tasks.c.version + 1}
    for deleted_at in set(deleted.values()):
        then = and_(
            tasks.c.client_id.in_([key for key, at in deleted.items() if at == deleted_at]),
            tasks.c.done_at == deleted_at,
            tasks.c.ending == CALLED_OFF,
        )
        again = update(tasks).where(then).values(**values).returning(tasks.c.id)
        for task_id in sorted((await tx.execute(again)).scalars()):
            tx.announce(TaskChanged(task_id=task_id))


async def _tell(tx: Write, kind: RecordKind, ids: Collection[int]) -> None:
    """A client's leads and deals go and come with him."""
    whose = "id"
    if kind is RecordKind.CLIENT:
        tx.announce(*(ClientChanged(client_id=each) for each in ids))
        whose = "client_id"
    if kind is not RecordKind.DEAL:
        query = select(leads.c.id, leads.c.client_id).where(leads.c[whose].in_(ids))
        for lead_id, client_id in await tx.execute(query):
            tx.announce(LeadChanged(lead_id=lead_id, client_id=client_id))
    if kind is not RecordKind.LEAD:
        query = select(deals.c.id, deals.c.client_id).where(deals.c[whose].in_(ids))
        for deal_id, client_id in await tx.execute(query):
            tx.announce(DealChanged(deal_id=deal_id, client_id=client_id))
