"""Somebody's tasks as a calendar shows them: those that stand in a time, and those that repeat into
it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.ownership import teammates
from crm_core.agents.people import Agent, list_agents
from crm_core.agents.rights import Action, RecordKind, Scope
from crm_core.tasks.access import visible_tasks
from crm_core.tasks.queries import TaskFilter, TaskRow, list_tasks, select_tasks
from crm_core.tasks.recurrence import occurrences
from crm_core.tasks.series import zone_called
from crm_core.tasks.tables import tasks

MOST_SHOWN: Final = 500
MOST_SERIES: Final = 100
FORESEEN: Final = timedelta(days=2 * 366)
"""So far ahead a series is reckoned: who looks further sees what is there already."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A task at `at`; `is_to_come`: not there yet, it will be brought by the one before."""

    task: TaskRow
    at: datetime
    ends_at: datetime | None
    is_to_come: bool = False


async def list_entries(
    connection: AsyncConnection, actor: Agent, agent_id: int, begin: datetime, end: datetime
) -> list[Entry]:
    """What the agent has from `begin` to before `end`, as far as `actor` may see it; done ones as
    well."""
    asked = TaskFilter(assignee_agent_id=agent_id, is_open=None, due_from=begin, due_before=end)
    there = await list_tasks(connection, actor, asked, limit=MOST_SHOWN)
    entries = [Entry(task, task.due_at, task.ends_at) for task in there.rows]
    return entries + await _to_come(connection, actor, agent_id, begin, end)


async def list_watchable(connection: AsyncConnection, actor: Agent) -> list[Agent]:
    """Whose calendars `actor` may look at besides his own, by name."""
    scope = actor.scope(RecordKind.TASK, Action.SEE)
    if scope in (Scope.NONE, Scope.OWN):
        return []
    people = [agent for agent in await list_agents(connection) if agent.id != actor.id]
    if scope is Scope.ALL:
        return people
    team: set[Any] = set((await connection.execute(teammates(actor.id))).scalars())
    return [agent for agent in people if agent.id in team]


async def _to_come(
    connection: AsyncConnection, actor: Agent, agent_id: int, begin: datetime, end: datetime
) -> list[Entry]:
    repeating = (
        select_tasks()
        .where(
            tasks.c.assignee_agent_id == agent_id,
            tasks.c.done_at.is_(None),
            tasks.c.rrule != "",
            tasks.c.due_at < end,
            visible_tasks(actor),
        )
        .order_by(tasks.c.id)
        .limit(MOST_SERIES)
    )
    found = [TaskRow(**row) for row in (await connection.execute(repeating)).mappings()]
    entries: list[Entry] = []
    for task in found:
        if begin - task.due_at > FORESEEN:
            continue
        lasting = task.ends_at - task.due_at if task.ends_at else None
        for at in occurrences(task.rrule, zone_called(task.rrule_zone), end):
            if begin <= at < end and at > task.due_at:
                entries.append(Entry(task, at, at + lasting if lasting else None, True))  # noqa: PERF401
    return entries
