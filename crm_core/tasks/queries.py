"""Tasks as lists: mine, my teams', everybody's; the first due first."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.people import Agent
from crm_core.agents.tables import agents
from crm_core.clients.tables import clients, contacts
from crm_core.deals.tables import deals
from crm_core.errors import NotFound
from crm_core.leads.tables import leads
from crm_core.tasks.access import of_teams, visible_tasks
from crm_core.tasks.tables import tasks
from crm_core.wording import existing_id

PAGE = 50

_ASSIGNEE = agents.alias("assignee")
_AUTHOR = agents.alias("author")
_DOER = agents.alias("doer")


class Scope(StrEnum):
    """`mine`: assigned to me; `team`: my queues', taken by nobody; `all` that I may see."""

    MINE = "mine"
    TEAM = "team"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """`overdue_at`: only what was due before that instant; `is_open=None`: done ones as well."""

    scope: Scope = Scope.ALL
    is_open: bool | None = True
    kind: str | None = None
    client_id: int | None = None
    number: str | None = None
    assignee_agent_id: int | None = None
    queue: str | None = None
    overdue_at: datetime | None = None
    escalated: bool = False
    lead_id: int | None = None
    deal_id: int | None = None
    due_from: datetime | None = None
    due_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class TaskCursor:
    """The last task of a page: what comes next is due after it."""

    due_at: datetime
    task_id: int


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task with the names of all it speaks of. `kind`: next_step, call, meeting, callback or
    wrap_up; `rrule` as `recurrence.read_rule` reads it, "" where it does not repeat."""

    id: int
    kind: str
    text: str
    client_id: int | None
    client_name: str | None
    lead_id: int | None
    lead_title: str | None
    deal_id: int | None
    deal_title: str | None
    contact_id: int | None
    contact_name: str | None
    owed_by: str
    call_id: str | None
    number: str
    assignee_agent_id: int | None
    assignee_name: str | None
    queue: str | None
    due_at: datetime
    ends_at: datetime | None
    place: str
    remind_seconds: int | None
    remind_at: datetime | None
    reminded_at: datetime | None
    rrule: str
    rrule_zone: str
    series_id: int | None
    call_count: int
    last_call_at: datetime | None
    escalated_at: datetime | None
    created_at: datetime
    created_by: int | None
    author_name: str | None
    done_at: datetime | None
    done_by: int | None
    doer_name: str | None
    done_call_id: str | None
    ending: str | None
    version: int

    @property
    def cursor(self) -> TaskCursor:
        return TaskCursor(self.due_at, self.id)

    def is_overdue(self, now: datetime) -> bool:
        return self.done_at is None and self.due_at < now


@dataclass(frozen=True, slots=True)
class TaskPage:
    rows: tuple[TaskRow, ...]
    next: TaskCursor | None


_JOINED = {
    "client_name": clients.c.name,
    "assignee_name": _ASSIGNEE.c.name,
    "author_name": _AUTHOR.c.name,
    "doer_name": _DOER.c.name,
    "lead_title": leads.c.title,
    "deal_title": deals.c.title,
    "contact_name": contacts.c.name,
}


def select_tasks() -> Select[Any]:
    """What makes a TaskRow, of all tasks."""
    columns = [
        _JOINED[name].label(name) if name in _JOINED else tasks.c[name]
        for name in TaskRow.__dataclass_fields__
    ]
    return (
        select(*columns)
        .select_from(tasks)
        .outerjoin(clients, clients.c.id == tasks.c.client_id)
        .outerjoin(_ASSIGNEE, _ASSIGNEE.c.id == tasks.c.assignee_agent_id)
        .outerjoin(_AUTHOR, _AUTHOR.c.id == tasks.c.created_by)
        .outerjoin(_DOER, _DOER.c.id == tasks.c.done_by)
        .outerjoin(leads, leads.c.id == tasks.c.lead_id)
        .outerjoin(deals, deals.c.id == tasks.c.deal_id)
        .outerjoin(contacts, contacts.c.id == tasks.c.contact_id)
    )


async def get_task(connection: AsyncConnection, actor: Agent | None, task_id: int) -> TaskRow:
    """One task. Raises NotFound, also where `actor` may not see it."""
    query = select_tasks().where(tasks.c.id == existing_id(task_id), visible_tasks(actor))
    row = (await connection.execute(query)).mappings().one_or_none()
    if row is None:
        raise NotFound(task_id=task_id)
    return TaskRow(**row)


async def list_tasks(
    connection: AsyncConnection,
    actor: Agent | None,
    asked: TaskFilter,
    *,
    after: TaskCursor | None = None,
    limit: int = PAGE,
) -> TaskPage:
    """A page of what `actor` may see of the tasks `asked` for, the first due first."""
    query = select_tasks().where(_condition(asked, actor), visible_tasks(actor))
    if after is not None:
        later = and_(tasks.c.due_at == after.due_at, tasks.c.id > after.task_id)
        query = query.where(or_(tasks.c.due_at > after.due_at, later))
    query = query.order_by(tasks.c.due_at, tasks.c.id).limit(limit + 1)
    found = [TaskRow(**row) for row in (await connection.execute(query)).mappings()]
    rows = tuple(found[:limit])
    return TaskPage(rows, rows[-1].cursor if len(found) > limit else None)


async def count_tasks(connection: AsyncConnection, actor: Agent | None, asked: TaskFilter) -> int:
    """How many tasks all pages of `list_tasks` have together."""
    query = (
        select(func.count())
        .select_from(tasks)
        .where(_condition(asked, actor), visible_tasks(actor))
    )
    return int((await connection.execute(query)).scalar_one())


async def open_tasks_of(
    connection: AsyncConnection, *, client_id: int | None, number: str, limit: int = 20
) -> tuple[TaskRow, ...]:
    """What is open with this client or number, whoever has it: for the card of a call."""
    who: list[ColumnElement[bool]] = []
    if client_id is not None:
        who.append(tasks.c.client_id == client_id)
    if number:
        who.append(tasks.c.number == number)
    if not who:
        return ()
    query = select_tasks().where(tasks.c.done_at.is_(None), or_(*who))
    query = query.order_by(tasks.c.due_at, tasks.c.id).limit(limit)
    return tuple(TaskRow(**row) for row in (await connection.execute(query)).mappings())


def _condition(asked: TaskFilter, actor: Agent | None) -> ColumnElement[bool]:
    parts: list[ColumnElement[bool]] = [true()]
    if actor is not None and asked.scope is Scope.MINE:
        parts.append(tasks.c.assignee_agent_id == actor.id)
    if actor is not None and asked.scope is Scope.TEAM:
        parts.append(of_teams(actor.id))
    if asked.is_open is not None:
        parts.append(tasks.c.done_at.is_(None) if asked.is_open else tasks.c.done_at.is_not(None))
    for column, value in (
        (tasks.c.kind, asked.kind),
        (tasks.c.client_id, asked.client_id),
        (tasks.c.number, asked.number),
        (tasks.c.assignee_agent_id, asked.assignee_agent_id),
        (tasks.c.queue, asked.queue),
        (tasks.c.lead_id, asked.lead_id),
        (tasks.c.deal_id, asked.deal_id),
    ):
        if value is not None:
            parts.append(column == value)
    if asked.overdue_at is not None:
        parts += [tasks.c.due_at < asked.overdue_at, tasks.c.done_at.is_(None)]
    if asked.due_from is not None:
        # What takes a time is there from its beginning to its end.
        ends = func.coalesce(tasks.c.ends_at, tasks.c.due_at)
        parts.append(or_(tasks.c.due_at >= asked.due_from, ends > asked.due_from))
    if asked.due_before is not None:
        parts.append(tasks.c.due_at < asked.due_before)
    if asked.escalated:
        parts.append(tasks.c.escalated_at.is_not(None))
    return and_(*parts)
