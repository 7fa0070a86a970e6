"""May this person see, or change, this task? One door for all who ask.

`own` are the tasks that he has or made, those of his clients, and those of his teams that nobody
took; `team` adds what his teammates have.
"""

from sqlalchemy import ColumnElement, and_, false, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.ownership import teammates
from crm_core.agents.people import Agent
from crm_core.agents.rights import Action, RecordKind, Scope
from crm_core.agents.tables import queue_members, queues
from crm_core.clients.tables import clients
from crm_core.errors import Forbidden, NotFound
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


def visible_tasks(actor: Agent | None, action: Action = Action.SEE) -> ColumnElement[bool]:
    """The condition on `tasks` for those with which `actor` may do `action`; None is the system,
    which may do all."""
    if actor is None:
        return true()
    within = _within(actor.scope(RecordKind.TASK, action), actor.id)
    return and_(within, _open_to_newcomer(actor)) if actor.newcomer else within


async def access_task(
    connection: AsyncConnection, actor: Agent | None, task_id: int, action: Action = Action.SEE
) -> None:
    """Raise NotFound when there is no such task, or none that `actor` may see; Forbidden for one
    that he only sees."""
    if await _allows(connection, actor, task_id, action):
        return
    seen = action is not Action.SEE and await _allows(connection, actor, task_id, Action.SEE)
    if not seen or actor is None:
        raise NotFound(task_id=task_id)
    raise Forbidden(role=actor.role.value)


async def may_change(connection: AsyncConnection, actor: Agent, task_id: int) -> bool:
    """Whether `actor` may edit it."""
    return await _allows(connection, actor, task_id, Action.EDIT)


def _within(scope: Scope, agent_id: int) -> ColumnElement[bool]:
    if scope is Scope.NONE:
        return false()
    if scope is Scope.ALL:
        return true()
    owned = select(clients.c.id).where(clients.c.owner_agent_id == agent_id)
    own = or_(_his(agent_id), tasks.c.client_id.in_(owned), of_teams(agent_id))
    if scope is Scope.OWN:
        return own
    return or_(own, tasks.c.assignee_agent_id.in_(teammates(agent_id)))


def _his(agent_id: int) -> ColumnElement[bool]:
    return or_(tasks.c.assignee_agent_id == agent_id, tasks.c.created_by == agent_id)


def _open_to_newcomer(actor: Agent) -> ColumnElement[bool]:
    """What he was given himself, and whatever is not about a key client of somebody else."""
    kept_from = select(clients.c.id).where(
        clients.c.is_key,
        or_(clients.c.owner_agent_id.is_(None), clients.c.owner_agent_id != actor.id),
    )
    return or_(_his(actor.id), tasks.c.client_id.is_(None), tasks.c.client_id.not_in(kept_from))


async def _allows(
    connection: AsyncConnection, actor: Agent | None, task_id: int, action: Action
) -> bool:
    query = select(tasks.c.id).where(
        tasks.c.id == existing_id(task_id), visible_tasks(actor, action)
    )
    return (await connection.execute(query)).first() is not None
