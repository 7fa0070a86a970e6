"""Who changed what: written in the same transaction as the change itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.tables import agents
from crm_core.storage.engine import Write
from crm_core.tables import audit


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One change; `agent_id` is None where the system acted, `details` hold codes and values."""

    id: int
    at: datetime
    agent_id: int | None
    agent_name: str | None
    action: str
    subject: str
    subject_id: str
    details: Mapping[str, Any]


async def record(
    tx: Write,
    at: datetime,
    actor_id: int | None,
    action: str,
    subject: str,
    subject_id: object,
    **details: Any,
) -> int:
    """Note that `actor_id` did `action` to a record: `edited`, `client`, 7, name=[old, new]. The
    entry's id."""
    made = await tx.execute(
        insert(audit).values(
            at=at,
            agent_id=actor_id,
            action=action,
            subject=subject,
            subject_id=str(subject_id),
            details=details,
        )
    )
    return int(made.inserted_primary_key[0])


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """What `after` alters of `before`: `{field: [from, to]}`, only what really differs."""
    return {
        field: [before[field], value] for field, value in after.items() if before[field] != value
    }


async def find_entry(connection: AsyncConnection, entry_id: int) -> AuditEntry | None:
    """One entry, if there is such a one."""
    query = (
        select(audit, agents.c.name.label("agent_name"))
        .outerjoin(agents, agents.c.id == audit.c.agent_id)
        .where(audit.c.id == entry_id)
    )
    row = (await connection.execute(query)).mappings().one_or_none()
    return AuditEntry(**row) if row else None


async def list_audit(
    connection: AsyncConnection,
    *,
    subject: str | None = None,
    subject_id: object | None = None,
    agent_id: int | None = None,
    before_id: int | None = None,
    limit: int = 50,
) -> list[AuditEntry]:
    """Newest first; `before_id` continues after the last entry of the page before."""
    query = (
        select(audit, agents.c.name.label("agent_name"))
        .outerjoin(agents, agents.c.id == audit.c.agent_id)
        .order_by(audit.c.at.desc(), audit.c.id.desc())
        .limit(limit)
    )
    if subject is not None:
        query = query.where(audit.c.subject == subject)
    if subject_id is not None:
        query = query.where(audit.c.subject_id == str(subject_id))
    if agent_id is not None:
        query = query.where(audit.c.agent_id == agent_id)
    if before_id is not None:
        last = select(audit.c.at).where(audit.c.id == before_id).scalar_subquery()
        earlier = and_(audit.c.at == last, audit.c.id < before_id)
        query = query.where(or_(audit.c.at < last, earlier))
    return [AuditEntry(**row) for row in (await connection.execute(query)).mappings()]
