"""Whose calls a person may see: in lists an operator his own, his clients' and his teams', others
all; and one by one also those of every client whom he may see."""

from sqlalchemy import ColumnElement, and_, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.people import Agent
from crm_core.agents.roles import Role
from crm_core.agents.tables import queue_members, queues
from crm_core.calls.cleaning import existing_call_id
from crm_core.calls.tables import call_offers, call_talks, calls, wrap_ups
from crm_core.clients.access import visible_clients
from crm_core.clients.tables import clients
from crm_core.errors import NotFound


def visible_calls(actor: Agent | None) -> ColumnElement[bool]:
    """The condition on `calls` for what `actor` may see; None is the system, which sees all."""
    if actor is None or actor.role is not Role.OPERATOR:
        return true()
    offered = select(call_offers.c.call_id).where(call_offers.c.agent_id == actor.id)
    talked = select(call_talks.c.call_id).where(call_talks.c.agent_id == actor.id)
    noted = select(wrap_ups.c.call_id).where(wrap_ups.c.agent_id == actor.id)
    owned = select(clients.c.id).where(clients.c.owner_agent_id == actor.id)
    team = (
        select(queues.c.name)
        .join(queue_members, queue_members.c.queue_id == queues.c.id)
        .where(queue_members.c.agent_id == actor.id)
    )
    return or_(
        calls.c.call_id.in_(offered),
        calls.c.call_id.in_(talked),
        calls.c.call_id.in_(noted),
        calls.c.client_id.in_(owned),
        calls.c.queue.in_(team),
    )


def reachable_calls(actor: Agent | None) -> ColumnElement[bool]:
    """The condition on `calls` for what `actor` may open: whoever sees a client knows where we
    stopped with him, whoever it was that talked."""
    if actor is None:
        return true()
    theirs = select(clients.c.id).where(visible_clients(actor))
    return or_(visible_calls(actor), calls.c.client_id.in_(theirs))


async def access_call(connection: AsyncConnection, actor: Agent | None, call_id: str) -> None:
    """Raise NotFound when there is no such call, or none that `actor` may see."""
    query = select(calls.c.call_id).where(
        and_(calls.c.call_id == existing_call_id(call_id), reachable_calls(actor))
    )
    if (await connection.execute(query)).first() is None:
        raise NotFound(call_id=call_id)
