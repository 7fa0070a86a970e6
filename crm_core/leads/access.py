"""May this person see, edit, export or delete this lead? One door for all who ask.

A lead of somebody that he may not see is not seen either. Nobody sees a deleted one.
"""

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.ownership import owned_within
from crm_core.agents.people import Agent
from crm_core.agents.rights import Action, RecordKind
from crm_core.clients.access import visible_clients
from crm_core.clients.tables import clients
from crm_core.errors import Forbidden, NotFound
from crm_core.leads.tables import leads
from crm_core.wording import existing_id


def visible_leads(actor: Agent, action: Action = Action.SEE) -> ColumnElement[bool]:
    """The condition on `leads` for those with which `actor` may do `action`."""
    scope = actor.scope(RecordKind.LEAD, action)
    seen = select(clients.c.id).where(clients.c.id == leads.c.client_id, visible_clients(actor))
    return and_(
        leads.c.deleted_at.is_(None),
        owned_within(scope, leads.c.owner_agent_id, actor.id),
        seen.correlate(leads).exists(),
    )


async def access_lead(
    connection: AsyncConnection, actor: Agent, lead_id: int, action: Action = Action.SEE
) -> None:
    """Return where `actor` may do `action` with the lead. NotFound for one that he may not even
    see, Forbidden for one that he only sees."""
    if not await may_with_lead(connection, actor, lead_id, Action.SEE):
        raise NotFound(lead_id=lead_id)
    if action is not Action.SEE and not await may_with_lead(connection, actor, lead_id, action):
        raise Forbidden(role=actor.role.value)


async def may_with_lead(
    connection: AsyncConnection, actor: Agent, lead_id: int, action: Action
) -> bool:
    """Whether `actor` may do `action` with the lead; False where there is none such."""
    wanted = leads.c.id == existing_id(lead_id)
    query = select(leads.c.id).where(wanted, visible_leads(actor, action))
    return actor.active and (await connection.execute(query)).first() is not None
