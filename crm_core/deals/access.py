"""May this person see, edit, export or delete this deal? One door for all who ask.

A deal of a client that he may not see is not seen either. Nobody sees a deleted one.
"""

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.ownership import owned_within
from crm_core.agents.people import Agent
from crm_core.agents.rights import Action, RecordKind
from crm_core.clients.access import visible_clients
from crm_core.clients.tables import clients
from crm_core.deals.tables import deals
from crm_core.errors import Forbidden, NotFound
from crm_core.wording import existing_id


def visible_deals(actor: Agent, action: Action = Action.SEE) -> ColumnElement[bool]:
    """The condition on `deals` for those with which `actor` may do `action`."""
    scope = actor.scope(RecordKind.DEAL, action)
    seen = select(clients.c.id).where(clients.c.id == deals.c.client_id, visible_clients(actor))
    return and_(
        deals.c.deleted_at.is_(None),
        owned_within(scope, deals.c.owner_agent_id, actor.id),
        seen.correlate(deals).exists(),
    )


async def access_deal(
    connection: AsyncConnection, actor: Agent, deal_id: int, action: Action = Action.SEE
) -> None:
    """Return where `actor` may do `action` with the deal. NotFound for one that he may not even
    see, Forbidden for one that he only sees."""
    if not await may_with_deal(connection, actor, deal_id, Action.SEE):
        raise NotFound(deal_id=deal_id)
    if action is not Action.SEE and not await may_with_deal(connection, actor, deal_id, action):
        raise Forbidden(role=actor.role.value)


async def may_with_deal(
    connection: AsyncConnection, actor: Agent, deal_id: int, action: Action
) -> bool:
    """Whether `actor` may do `action` with the deal; False where there is none such."""
    wanted = deals.c.id == existing_id(deal_id)
    query = select(deals.c.id).where(wanted, visible_deals(actor, action))
    return actor.active and (await connection.execute(query)).first() is not None
