"""May this person see or change this campaign?

Supervisors and administrators lead campaigns, the head of sales looks on, an operator sees those
he works for.
"""

from typing import Final

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.people import Agent
from crm_core.agents.rights import Action
from crm_core.agents.roles import Role
from crm_core.errors import Forbidden, NotFound
from dialer.campaigns.queries import Campaign, get_campaign, team_of
from dialer.campaigns.tables import campaign_agents, campaigns

LEADING: Final = (Role.SUPERVISOR, Role.ADMINISTRATOR)
_SEEING: Final = (*LEADING, Role.HEAD_OF_SALES)


async def access_campaign(
    connection: AsyncConnection, actor: Agent, campaign_id: int, action: Action = Action.SEE
) -> Campaign:
    """The campaign. NotFound for one that he may not see, Forbidden for one that he only sees."""
    campaign = await get_campaign(connection, campaign_id)
    sees = actor.role in _SEEING or actor.id in await team_of(connection, campaign_id)
    if not actor.active or not sees:
        raise NotFound(campaign_id=campaign_id)
    if action is not Action.SEE and actor.role not in LEADING:
        raise Forbidden(role=actor.role.value)
    return campaign


def sees_all(actor: Agent) -> bool:
    """Whether he sees every campaign, not only those he works for."""
    return actor.active and actor.role in _SEEING


def visible_campaigns(actor: Agent) -> ColumnElement[bool]:
    """The condition on `campaigns` for those that `actor` may see."""
    if sees_all(actor):
        return true()
    of = campaign_agents.c
    return campaigns.c.id.in_(select(of.campaign_id).where(of.agent_id == actor.id))
