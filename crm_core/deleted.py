"""What was deleted and can be brought back: clients, leads, deals; by whom and when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, String, Table, cast, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.people import Agent
from crm_core.agents.rights import RecordKind
from crm_core.agents.tables import agents
from crm_core.clients.access import deleted_clients
from crm_core.clients.tables import clients
from crm_core.deals.access import deleted_deals
from crm_core.deals.tables import deals
from crm_core.leads.access import deleted_leads
from crm_core.leads.tables import leads
from crm_core.tables import audit
from crm_core.wording import existing_id

PAGE: Final = 100
_TITLES: Final[Mapping[RecordKind, tuple[Table, ColumnElement[str]]]] = {
    RecordKind.CLIENT: (clients, clients.c.name),
    RecordKind.LEAD: (leads, leads.c.title),
    RecordKind.DEAL: (deals, deals.c.title),
}
_DOORS: Final = {
    RecordKind.CLIENT: deleted_clients,
    RecordKind.LEAD: deleted_leads,
    RecordKind.DEAL: deleted_deals,
}


@dataclass(frozen=True, slots=True)
class DeletedRecord:
    """`agent_name` is who deleted it; None where that is not known."""

    id: int
    title: str
    deleted_at: datetime
    agent_name: str | None


async def list_deleted(
    connection: AsyncConnection,
    actor: Agent,
    kind: RecordKind,
    *,
    before: datetime | None = None,
    limit: int = PAGE,
) -> list[DeletedRecord]:
    """The last deleted first, such as `actor` may bring back; `before`: older than that."""
    table, _ = _TITLES[kind]
    query = _select(actor, kind).order_by(table.c.deleted_at.desc(), table.c.id.desc())
    if before is not None:
        query = query.where(table.c.deleted_at < before)
    rows = await connection.execute(query.limit(limit))
    return [DeletedRecord(**row) for row in rows.mappings()]


async def find_deleted(
    connection: AsyncConnection, actor: Agent, kind: RecordKind, record_id: int
) -> DeletedRecord | None:
    """The record, if it is deleted and `actor` may bring it back."""
    table, _ = _TITLES[kind]
    query = _select(actor, kind).where(table.c.id == existing_id(record_id))
    row = (await connection.execute(query)).mappings().one_or_none()
    return DeletedRecord(**row) if row else None


def _select(actor: Agent, kind: RecordKind) -> Select[Any]:
    table, title = _TITLES[kind]
    who = (
        select(agents.c.name)
        .join(audit, audit.c.agent_id == agents.c.id)
        .where(
            audit.c.subject == kind.value,
            audit.c.subject_id == cast(table.c.id, String(150)),
            audit.c.action == "deleted",
        )
        .order_by(audit.c.id.desc())
        .limit(1)
        .correlate(table)
        .scalar_subquery()
    )
    columns = table.c.id, title.label("title"), table.c.deleted_at, who.label("agent_name")
    return select(*columns).where(_DOORS[kind](actor))
