"""Reads what belongs to somebody's day: his tasks, fresh leads, clients gone quiet."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.people import Agent
from crm_core.calls.tables import calls
from crm_core.clients.access import visible_clients
from crm_core.clients.tables import client_numbers, clients, notes
from crm_core.day.ranking import Item, ItemKind
from crm_core.leads.access import visible_leads
from crm_core.leads.tables import leads
from crm_core.tables import audit
from crm_core.tasks.access import of_teams, visible_tasks
from crm_core.tasks.tables import tasks

MOST_TASKS: Final = 200
MOST_LEADS: Final = 50
MOST_QUIET: Final = 10
"""Clients gone quiet are asked for a few at a time, those of longest standing first: a day is to be
got through."""
TOUCHED: Final = "touched"
"""What the audit calls a lead that somebody has seen to."""


async def list_items(
    connection: AsyncConnection, actor: Agent, *, until: datetime, quiet_since: datetime
) -> list[Item]:
    """All that `actor` may have to do before `until`. A client is quiet whom nobody has talked
    with, met or written a note on since `quiet_since`, and with whom nothing is promised."""
    items: list[Item] = []
    for kind, query in (
        (ItemKind.TASK, _tasks(actor, until)),
        (ItemKind.LEAD, _leads(actor)),
        (ItemKind.CLIENT, _quiet(actor, quiet_since)),
    ):
        rows = (await connection.execute(query)).mappings()
        items += [
            Item(kind=kind, **{**row, "client_name": row["client_name"] or ""}) for row in rows
        ]
    return items


async def find_item(
    connection: AsyncConnection, actor: Agent, key: str, *, until: datetime, quiet_since: datetime
) -> Item | None:
    """The item that an address names, if it is (still) something to do."""
    found = await list_items(connection, actor, until=until, quiet_since=quiet_since)
    return next((item for item in found if item.key == key), None)


async def count_done(connection: AsyncConnection, agent_id: int, since: datetime) -> int:
    """How many tasks this agent has done, and leads he has seen to, since then."""
    did = select(func.count()).where(tasks.c.done_by == agent_id, tasks.c.done_at >= since)
    seen = select(func.count(func.distinct(audit.c.subject_id))).where(
        audit.c.subject == "lead",
        audit.c.action == TOUCHED,
        audit.c.agent_id == agent_id,
        audit.c.at >= since,
    )
    return sum([int((await connection.execute(query)).scalar_one()) for query in (did, seen)])


async def numbers_to_call(connection: AsyncConnection, client_id: int) -> list[tuple[str, str]]:
    """Numbers of a client that may be called, each with its label; mobile ones first."""
    query = (
        select(client_numbers.c.e164, client_numbers.c.digits, client_numbers.c.label)
        .where(
            client_numbers.c.client_id == client_id,
            client_numbers.c.wrong.is_(False),
            client_numbers.c.do_not_call.is_(False),
        )
        .order_by(client_numbers.c.mobile.desc(), client_numbers.c.id)
        .limit(5)
    )
    return [(row.e164 or row.digits, row.label) for row in await connection.execute(query)]


def _tasks(actor: Agent, until: datetime) -> Select[Any]:
    mine = or_(tasks.c.assignee_agent_id == actor.id, of_teams(actor.id))
    return (
        select(
            tasks.c.id,
            tasks.c.due_at.label("at"),
            tasks.c.kind.label("task_kind"),
            tasks.c.ends_at,
            tasks.c.owed_by,
            tasks.c.text.label("title"),
            tasks.c.client_id,
            clients.c.name.label("client_name"),
            tasks.c.number,
            tasks.c.call_count,
            tasks.c.version,
        )
        .outerjoin(clients, clients.c.id == tasks.c.client_id)
        .where(mine, tasks.c.done_at.is_(None), tasks.c.due_at < until, visible_tasks(actor))
        .order_by(tasks.c.due_at, tasks.c.id)
        .limit(MOST_TASKS)
    )


def _leads(actor: Agent) -> Select[Any]:
    return (
        select(
            leads.c.id,
            leads.c.created_at.label("at"),
            leads.c.title,
            leads.c.client_id,
            clients.c.name.label("client_name"),
            leads.c.version,
        )
        .join(clients, clients.c.id == leads.c.client_id)
        .where(
            leads.c.touched_at.is_(None),
            leads.c.closed_at.is_(None),
            or_(leads.c.owner_agent_id == actor.id, leads.c.owner_agent_id.is_(None)),
            visible_leads(actor),
        )
        .order_by(leads.c.created_at.desc(), leads.c.id.desc())
        .limit(MOST_LEADS)
    )


def _quiet(actor: Agent, since: datetime) -> Select[Any]:
    heard = (
        select(func.max(calls.c.started_at)).where(_talked()).correlate(clients).scalar_subquery()
    )
    at = func.coalesce(heard, clients.c.client_since)
    open_one = and_(tasks.c.client_id == clients.c.id, tasks.c.done_at.is_(None))
    met = and_(
        tasks.c.client_id == clients.c.id, tasks.c.kind == "meeting", tasks.c.done_at >= since
    )
    noted = and_(notes.c.client_id == clients.c.id, notes.c.created_at >= since)
    return (
        select(
            clients.c.id,
            at.label("at"),
            clients.c.id.label("client_id"),
            clients.c.name.label("client_name"),
        )
        .where(
            clients.c.owner_agent_id == actor.id,
            clients.c.client_since < since,
            visible_clients(actor),
            ~exists().where(_talked(), calls.c.started_at >= since),
            ~exists().where(open_one),
            ~exists().where(met),
            ~exists().where(noted),
        )
        .order_by(clients.c.id)  # stops at the first few: to rank thousands took half a second
        .limit(MOST_QUIET)
    )


def _talked() -> ColumnElement[bool]:
    return and_(calls.c.client_id == clients.c.id, calls.c.outcome == "answered")
