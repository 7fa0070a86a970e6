"""One deal whole, as its page shows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.people import Agent
from crm_core.agents.tables import agents
from crm_core.clients.tables import clients, contacts, legal_entities
from crm_core.deals.access import access_deal
from crm_core.deals.moving import Trail
from crm_core.deals.tables import deals, done_actions
from crm_core.tables import catalogue_entries

_AUTHOR = agents.alias("author")


@dataclass(frozen=True, slots=True)
class Deal:
    """`amount` in the smallest unit of `currency`; `probability` None: that of the stage."""

    id: int
    client_id: int
    client_name: str
    client_kind: str
    contact_id: int | None
    contact_name: str | None
    legal_entity_id: int | None
    legal_entity_name: str | None
    title: str
    note: str
    owner_agent_id: int | None
    owner_name: str | None
    author_name: str | None
    stage_id: int
    stage_since: datetime
    amount: int
    currency: str
    expected_on: date | None
    probability: int | None
    loss_reason: str | None
    created_at: datetime
    closed_at: datetime | None
    version: int


@dataclass(frozen=True, slots=True)
class DoneAction:
    """Which action of a stage was done, by whom and when."""

    action_id: int
    done_at: datetime
    doer_name: str | None


async def read_deal(connection: AsyncConnection, actor: Agent, deal_id: int) -> Deal:
    """The deal, where `actor` may see it. Raises NotFound."""
    await access_deal(connection, actor, deal_id)
    row = (await connection.execute(_select().where(deals.c.id == deal_id))).mappings().one()
    return Deal(**row)


async def done_actions_of(
    connection: AsyncConnection, trail: Trail, record_id: int
) -> Mapping[int, DoneAction]:
    """What was done of the stages' actions for a lead or a deal, by action."""
    query = (
        select(done_actions.c.action_id, done_actions.c.done_at, agents.c.name)
        .outerjoin(agents, agents.c.id == done_actions.c.done_by)
        .where(done_actions.c[trail.key] == record_id)
    )
    rows = await connection.execute(query)
    return {row.action_id: DoneAction(row.action_id, row.done_at, row.name) for row in rows}


async def people_of(
    connection: AsyncConnection, client_id: int
) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """The contacts and the legal entities of a client, by name; the client's door was passed."""
    found = []
    for table in (contacts, legal_entities):
        query = select(table.c.id, table.c.name).where(table.c.client_id == client_id)
        rows = await connection.execute(query.order_by(table.c.name, table.c.id))
        found.append([(row.id, row.name) for row in rows])
    return found[0], found[1]


def _select() -> Select[Any]:
    joined = {
        "client_name": clients.c.name,
        "client_kind": clients.c.kind,
        "contact_name": contacts.c.name,
        "legal_entity_name": legal_entities.c.name,
        "owner_name": agents.c.name,
        "author_name": _AUTHOR.c.name,
        "loss_reason": catalogue_entries.c.title,
    }
    columns = [
        joined[name].label(name) if name in joined else deals.c[name]
        for name in Deal.__dataclass_fields__
    ]
    return (
        select(*columns)
        .select_from(deals)
        .join(clients, clients.c.id == deals.c.client_id)
        .outerjoin(contacts, contacts.c.id == deals.c.contact_id)
        .outerjoin(legal_entities, legal_entities.c.id == deals.c.legal_entity_id)
        .outerjoin(agents, agents.c.id == deals.c.owner_agent_id)
        .outerjoin(_AUTHOR, _AUTHOR.c.id == deals.c.created_by)
        .outerjoin(catalogue_entries, catalogue_entries.c.id == deals.c.loss_reason_id)
    )
