"""One lead whole, as its page shows it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.people import Agent
from crm_core.agents.tables import agents
from crm_core.clients.tables import clients
from crm_core.leads.access import access_lead
from crm_core.leads.tables import leads
from crm_core.tables import catalogue_entries

_AUTHOR = agents.alias("author")


@dataclass(frozen=True, slots=True)
class Lead:
    """`client_since` is None until whoever asked is a client; `touched_at` while it is fresh."""

    id: int
    client_id: int
    client_name: str
    client_kind: str
    client_since: datetime | None
    title: str
    request: str
    source_id: int | None
    marketing_campaign_id: int | None
    owner_agent_id: int | None
    owner_name: str | None
    author_name: str | None
    stage_id: int
    stage_since: datetime
    loss_reason: str | None
    created_at: datetime
    touched_at: datetime | None
    closed_at: datetime | None
    deal_id: int | None
    version: int


async def read_lead(connection: AsyncConnection, actor: Agent, lead_id: int) -> Lead:
    """The lead, where `actor` may see it. Raises NotFound."""
    await access_lead(connection, actor, lead_id)
    row = (await connection.execute(_select().where(leads.c.id == lead_id))).mappings().one()
    return Lead(**row)


def _select() -> Select[Any]:
    joined = {
        "client_name": clients.c.name,
        "client_kind": clients.c.kind,
        "client_since": clients.c.client_since,
        "owner_name": agents.c.name,
        "author_name": _AUTHOR.c.name,
        "loss_reason": catalogue_entries.c.title,
    }
    columns = [
        joined[name].label(name) if name in joined else leads.c[name]
        for name in Lead.__dataclass_fields__
    ]
    return (
        select(*columns)
        .select_from(leads)
        .join(clients, clients.c.id == leads.c.client_id)
        .outerjoin(agents, agents.c.id == leads.c.owner_agent_id)
        .outerjoin(_AUTHOR, _AUTHOR.c.id == leads.c.created_by)
        .outerjoin(catalogue_entries, catalogue_entries.c.id == leads.c.loss_reason_id)
    )
