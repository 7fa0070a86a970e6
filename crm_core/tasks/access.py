"""Whose tasks a person may see and change: an operator his own and his teams'; others all."""

from sqlalchemy import ColumnElement, and_, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.people import Agent
from crm_core.agents.roles import Role
from crm_core.agents.tables import queue_members, queues
from crm_core.clients.tables import clients
from crm_core.errors import NotFound
from crm_core.tasks.tables import tasks
from crm_core.wording import existing_id


def of_teams(agent_id: int) -> ColumnElement[bool]:
    """Tasks that a team of this agent's has and nobody took yet."""
    team = (
        select(queues.c.name)
        .join(queue_members, queue_members.c.queue_id == queues.c.id)
        .where(queue_members.c.agent_id == agent_id)
    )
    return and_(tasks.c.assignee_agent_id.is_(None), tasks.c.queue.in_(team))


def visible_tasks(actor: Agent | None) -> ColumnElement[bool]:
    """The condition on `tasks` for what `actor` may see; None is the system, which sees all."""
    if actor is None or actor.role is not Role.OPERATOR:
        return true()
    owned = select(clients.c.id).where(clients.c.owner_agent_id == actor.id)
    return or_(
        tasks.c.assignee_agent_id == actor.id,
        tasks.c.created_by == actor.id,
        tasks.c.client_id.in_(owned),
        of_teams(actor.id),
    )


async def access_task(connection: AsyncConnection, actor: Agent | None, task_id: int) -> None:
    """Raise NotFound when there is no such task, or none that `actor` may see."""
    query = select(tasks.c.id).where(tasks.c.id == existing_id(task_id), visible_tasks(actor))
    if (await connection.execute(query)).first() is None:
        raise NotFound(task_id=task_id)
