"""What is handed over: the chosen records, and what is open about them and was the same person's.

What belonged to a third person stays his.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Subquery, Table, and_, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.people import Agent
from crm_core.agents.rights import Action, RecordKind
from crm_core.agents.roles import Role
from crm_core.clients.access import visible_clients
from crm_core.clients.tables import clients
from crm_core.deals.access import visible_deals
from crm_core.deals.tables import deals
from crm_core.leads.access import visible_leads
from crm_core.leads.tables import leads
from crm_core.tasks.access import visible_tasks
from crm_core.tasks.tables import tasks

Ids = Select[tuple[int]]
"""Ids of chosen records; they need not leave the database."""


class Along(StrEnum):
    """What may go along with a client; without it, it stays whose it is."""

    LEADS = "leads"
    DEALS = "deals"
    TASKS = "tasks"
    CALLBACKS = "callbacks"


EVERYTHING: Final = frozenset(Along)
_PROMISED: Final = ("next_step", "call", "meeting")  # a form that is owed only its talker can fill


@dataclass(frozen=True, slots=True)
class Chosen:
    """The records that somebody has chosen, of each kind, and what goes along with them."""

    clients: Ids | None = None
    leads: Ids | None = None
    deals: Ids | None = None
    tasks: Ids | None = None
    along: frozenset[Along] = EVERYTHING


@dataclass(frozen=True, slots=True)
class Found:
    """`owners`: whose each record is now, by kind and id; `skipped`: the chosen ones that the
    person may not hand over."""

    owners: dict[tuple[RecordKind, int], int | None]
    skipped: int


def one(kind: RecordKind, record_id: int) -> Chosen:
    """A single client, lead or deal, with all that goes along."""
    if kind is RecordKind.CLIENT:
        return Chosen(clients=select(clients.c.id).where(clients.c.id == record_id))
    if kind is RecordKind.LEAD:
        return Chosen(leads=select(leads.c.id).where(leads.c.id == record_id))
    return Chosen(deals=select(deals.c.id).where(deals.c.id == record_id))


def everything_of(agent_id: int) -> Chosen:
    """All that somebody who leaves has: his clients, and what is open and his about anybody."""
    return Chosen(
        clients=select(clients.c.id).where(clients.c.owner_agent_id == agent_id),
        leads=select(leads.c.id).where(leads.c.owner_agent_id == agent_id, _is_open(leads)),
        deals=select(deals.c.id).where(deals.c.owner_agent_id == agent_id, _is_open(deals)),
        tasks=select(tasks.c.id).where(
            tasks.c.assignee_agent_id == agent_id,
            tasks.c.done_at.is_(None),
            tasks.c.kind.in_((*_PROMISED, "callback")),
        ),
    )


async def find(
    connection: AsyncConnection, actor: Agent, to_agent_id: int | None, chosen: Chosen
) -> Found:
    """All that would change hands, and whose it is."""
    found: dict[tuple[RecordKind, int], int | None] = {}
    for kind, query in _queries(actor, to_agent_id, chosen):
        for record_id, owner_id in await connection.execute(query):
            if owner_id != to_agent_id:
                found.setdefault((kind, record_id), owner_id)
    return Found(found, await _skipped(connection, actor, chosen))


def _queries(
    actor: Agent, to_agent_id: int | None, chosen: Chosen
) -> Iterable[tuple[RecordKind, Select[Any]]]:
    of_clients, of_leads, of_deals = (
        _movable(actor, table, ids).where(table.c.owner_agent_id.is_distinct_from(to_agent_id))
        for table, ids in ((clients, chosen.clients), (leads, chosen.leads), (deals, chosen.deals))
    )
    moving = of_clients.subquery("handed_clients")
    yield RecordKind.CLIENT, of_clients
    yield RecordKind.LEAD, of_leads
    yield RecordKind.DEAL, of_deals
    if Along.LEADS in chosen.along:
        yield RecordKind.LEAD, _of_same_owner(leads, moving, visible_leads(actor, Action.EDIT))
    if Along.DEALS in chosen.along:
        yield RecordKind.DEAL, _of_same_owner(deals, moving, visible_deals(actor, Action.EDIT))
    # Whoever is only a lead's is looked after by whom the lead is.
    asking = of_leads.add_columns(leads.c.client_id).subquery("handed_leads")
    parties = _parties(asking)
    yield RecordKind.CLIENT, parties
    if to_agent_id is None:
        return  # what has to be done somebody has to do
    kinds = (*(_PROMISED if Along.TASKS in chosen.along else ()),)
    kinds += ("callback",) if Along.CALLBACKS in chosen.along else ()
    if chosen.tasks is not None:
        yield RecordKind.TASK, _tasks(actor, tasks.c.id.in_(chosen.tasks))
    handed = ((moving, "client_id"), (asking, "lead_id"), (of_deals.subquery(), "deal_id"))
    for subquery, column in handed:
        about = and_(
            tasks.c[column] == subquery.c.id, tasks.c.assignee_agent_id == subquery.c.owner
        )
        yield RecordKind.TASK, _tasks(actor, tasks.c.kind.in_(kinds)).join(subquery, about)
    his = parties.subquery()
    of_party = and_(tasks.c.client_id == his.c.id, tasks.c.assignee_agent_id == his.c.owner)
    no_lead = and_(tasks.c.kind.in_(kinds), tasks.c.lead_id.is_(None))
    yield RecordKind.TASK, _tasks(actor, no_lead).join(his, of_party)


def _movable(actor: Agent, table: Table, ids: Ids | None) -> Select[Any]:
    """Those of the chosen that the person may hand over: an operator what is his, or nobody's."""
    owner = table.c.owner_agent_id
    his = or_(owner.is_(None), owner == actor.id) if actor.role is Role.OPERATOR else true()
    door = _door(actor, table, Action.EDIT)
    query = select(table.c.id, owner.label("owner")).where(door, his)
    return query.where(table.c.id.in_(ids) if ids is not None else table.c.id.is_(None))


def _of_same_owner(table: Table, moving: Subquery, door: ColumnElement[bool]) -> Select[Any]:
    same = table.c.owner_agent_id.is_not_distinct_from(moving.c.owner)
    about = and_(table.c.client_id == moving.c.id, same)
    return (
        select(table.c.id, table.c.owner_agent_id).join(moving, about).where(_is_open(table), door)
    )


def _parties(asking: Subquery) -> Select[Any]:
    same = clients.c.owner_agent_id.is_not_distinct_from(asking.c.owner)
    about = and_(asking.c.client_id == clients.c.id, same)
    query = select(clients.c.id, clients.c.owner_agent_id.label("owner")).join(asking, about)
    return query.where(clients.c.client_since.is_(None))


def _tasks(actor: Agent, which: ColumnElement[bool]) -> Select[Any]:
    return select(tasks.c.id, tasks.c.assignee_agent_id).where(
        which,
        tasks.c.done_at.is_(None),
        tasks.c.assignee_agent_id.is_not(None),
        visible_tasks(actor, Action.EDIT),
    )


def _is_open(table: Table) -> ColumnElement[bool]:
    return and_(table.c.closed_at.is_(None), table.c.deleted_at.is_(None))


def _door(actor: Agent, table: Table, action: Action) -> ColumnElement[bool]:
    doors = {"clients": visible_clients, "leads": visible_leads, "deals": visible_deals}
    return doors[table.name](actor, action)


async def _skipped(connection: AsyncConnection, actor: Agent, chosen: Chosen) -> int:
    count = 0
    given = ((clients, chosen.clients), (leads, chosen.leads), (deals, chosen.deals))
    for table, ids in given:
        if ids is not None:
            seen = select(table.c.id).where(table.c.id.in_(ids), _door(actor, table, Action.SEE))
            may = _movable(actor, table, ids)
            for sign, query in ((1, seen), (-1, may)):
                counted = select(func.count()).select_from(query.subquery())
                count += sign * (await connection.execute(counted)).scalar_one()
    return count
