"""What a note or a file is about: a client, or one of his leads or deals; his history has it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.people import Agent
from crm_core.agents.rights import Action
from crm_core.clients.access import access_client
from crm_core.deals.access import access_deal, visible_deals
from crm_core.deals.tables import deals
from crm_core.errors import NotFound
from crm_core.leads.access import access_lead, visible_leads
from crm_core.leads.tables import leads


@dataclass(frozen=True, slots=True)
class About:
    """A client; narrowed to one lead or one deal of his where it is named."""

    client_id: int
    lead_id: int | None = None
    deal_id: int | None = None

    @property
    def columns(self) -> dict[str, int | None]:
        """The columns of a row that is about this."""
        return {"client_id": self.client_id, "lead_id": self.lead_id, "deal_id": self.deal_id}


async def access_about(
    connection: AsyncConnection, actor: Agent, about: About, action: Action = Action.SEE
) -> None:
    """Return where `actor` may do `action` with what is named most narrowly. NotFound, also where
    the lead or the deal is another client's; Forbidden."""
    query: Any = None
    if about.deal_id is not None:
        await access_deal(connection, actor, about.deal_id, action)
        query = select(deals.c.client_id).where(deals.c.id == about.deal_id)
    elif about.lead_id is not None:
        await access_lead(connection, actor, about.lead_id, action)
        query = select(leads.c.client_id).where(leads.c.id == about.lead_id)
    else:
        await access_client(connection, actor, about.client_id, action)
    if query is not None and (await connection.execute(query)).scalar_one() != about.client_id:
        raise NotFound(client_id=about.client_id)


async def access_what_stands(
    connection: AsyncConnection, actor: Agent, row: Mapping[str, Any], action: Action
) -> None:
    """The same for a note or a file that stands: a row of its table."""
    about = About(row["client_id"], row["lead_id"], row["deal_id"])
    await access_about(connection, actor, about, action)


def seen_with_its_record(table: Table, actor: Agent) -> ColumnElement[bool]:
    """The condition on notes or files: `actor` may see the lead or the deal that they are about,
    where they are about one."""
    of_lead = select(leads.c.id).where(leads.c.id == table.c.lead_id, visible_leads(actor))
    of_deal = select(deals.c.id).where(deals.c.id == table.c.deal_id, visible_deals(actor))
    return and_(
        or_(table.c.lead_id.is_(None), of_lead.correlate(table).exists()),
        or_(table.c.deal_id.is_(None), of_deal.correlate(table).exists()),
    )
