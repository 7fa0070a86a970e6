"""Whom a task concerns: the people whose lists show it, and the client or number it is about."""

from dataclasses import dataclass

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.tables import queue_members, queues
from crm_core.tasks.tables import tasks


@dataclass(frozen=True, slots=True)
class Audience:
    """`agent_ids`: the assignee, or the team of the queue while nobody has taken it."""

    agent_ids: tuple[int, ...]
    client_id: int | None
    number: str


async def find_audience(connection: AsyncConnection, task_id: int) -> Audience:
    """Whom the task concerns; nobody when there is no such task."""
    row = (await connection.execute(_TASK, {"task_id": task_id})).first()
    if row is None:
        return Audience((), None, "")
    if row.assignee_agent_id is not None:
        return Audience((row.assignee_agent_id,), row.client_id, row.number)
    team = (await connection.execute(_TEAM, {"queue": row.queue})).scalars().all()
    return Audience(tuple(team), row.client_id, row.number)


_TASK = select(tasks.c.assignee_agent_id, tasks.c.queue, tasks.c.client_id, tasks.c.number).where(
    tasks.c.id == bindparam("task_id")
)
_TEAM = (
    select(queue_members.c.agent_id)
    .join(queues, queues.c.id == queue_members.c.queue_id)
    .where(queues.c.name == bindparam("queue"))
)
