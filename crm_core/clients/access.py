"""May this person see, edit, export or delete this client? One door for all who ask.

Whoever is only a lead's is reached by the rights on leads. Nobody sees a deleted one.
"""

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.ownership import owned_within
from crm_core.agents.people import Agent
from crm_core.agents.rights import Action, RecordKind
from crm_core.clients.queries import Client, get_client
from crm_core.clients.tables import client_merges, clients
from crm_core.errors import Forbidden, NotFound


def visible_clients(actor: Agent, action: Action = Action.SEE) -> ColumnElement[bool]:
    """The condition on `clients` for those with whom `actor` may do `action`."""
    return and_(clients.c.deleted_at.is_(None), _within(actor, action))


def deleted_clients(actor: Agent) -> ColumnElement[bool]:
    """The condition on `clients` for the deleted whom `actor` may bring back. Whoever turned out to
    be another, or was erased, is not among them."""
    merged = select(client_merges.c.id).where(
        client_merges.c.merged_id == clients.c.id, client_merges.c.undone_at.is_(None)
    )
    return and_(
        clients.c.deleted_at.is_not(None),
        clients.c.erased_at.is_(None),
        ~merged.correlate(clients).exists(),
        _within(actor, Action.DELETE),
    )


def _within(actor: Agent, action: Action) -> ColumnElement[bool]:
    owner = clients.c.owner_agent_id
    as_client = owned_within(actor.scope(RecordKind.CLIENT, action), owner, actor.id)
    as_lead = owned_within(actor.scope(RecordKind.LEAD, action), owner, actor.id)
    within = or_(
        and_(clients.c.client_since.is_not(None), as_client),
        and_(clients.c.client_since.is_(None), as_lead),
    )
    if actor.newcomer:
        within = and_(within, or_(clients.c.is_key.is_(False), owner == actor.id))
    return within


async def access_client(
    connection: AsyncConnection, actor: Agent, client_id: int, action: Action = Action.SEE
) -> Client:
    """The client, where `actor` may do `action` with him. NotFound for one that he may not even
    see, Forbidden for one that he only sees."""
    if not actor.active:
        raise NotFound(client_id=client_id)
    client = await get_client(connection, client_id)
    if await may(connection, actor, client_id, action):
        return client
    if action is Action.SEE or not await may(connection, actor, client_id, Action.SEE):
        raise NotFound(client_id=client_id)
    raise Forbidden(role=actor.role.value)


async def may(connection: AsyncConnection, actor: Agent, client_id: int, action: Action) -> bool:
    """Whether `actor` may do `action` with this client."""
    query = select(clients.c.id).where(clients.c.id == client_id, visible_clients(actor, action))
    return (await connection.execute(query)).first() is not None
