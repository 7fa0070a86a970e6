"""A campaign's list, read: its entries as a person may see them, and one entry's dials."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import RowMapping, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.people import Agent
from crm_core.agents.rights import Action
from crm_core.clients.access import visible_clients
from crm_core.clients.tables import clients
from crm_core.errors import NotFound
from crm_core.wording import existing_id
from dialer.campaigns.tables import attempts
from dialer.entries.states import EntryState
from dialer.entries.tables import entries, entry_buckets

_E: Final = entries.c


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry with its client's name; `zones` are where its next number is."""

    id: int
    campaign_id: int
    client_id: int
    client_name: str
    e164: str | None
    zones: str
    segment: str
    priority: int
    state: EntryState
    reason: str
    due_at: datetime | None
    attempts: int
    last_outcome: str | None
    last_at: datetime | None
    requested_at: datetime | None
    callback_at: datetime | None
    callback_agent_id: int | None
    needs_agent: bool
    round: int
    source: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Wished:
    """What a list of entries is asked for; None and "" ask for nothing."""

    state: EntryState | None = None
    segment: str | None = None
    reason: str = ""
    clients: Select[tuple[int]] | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One dial of an entry, as its history tells it."""

    id: int
    decided_at: datetime
    number: str
    mode: str
    agent_id: int | None
    outcome: str | None
    verdict: str | None
    ended_at: datetime | None
    lost: bool
    call_id: str | None
    profile_key: str
    profile_version: int


async def list_entries(
    connection: AsyncConnection,
    actor: Agent,
    campaign_id: int,
    wished: Wished,
    *,
    after_id: int = 0,
    limit: int = 50,
) -> list[Entry]:
    """Those of clients whom `actor` may see, as they were put on the list; `after_id` continues."""
    query = _entries().where(
        _E.campaign_id == campaign_id, _E.id > after_id, visible_clients(actor, Action.SEE)
    )
    if wished.state is not None:
        query = query.where(_E.state == wished.state.value)
    if wished.segment is not None:
        query = query.where(_E.segment == wished.segment)
    if wished.reason:
        query = query.where(_E.reason == wished.reason)
    if wished.clients is not None:
        query = query.where(_E.client_id.in_(wished.clients))
    found = await connection.execute(query.order_by(_E.id).limit(limit))
    return [_entry(row) for row in found.mappings()]


async def get_entry(
    connection: AsyncConnection, actor: Agent, campaign_id: int, entry_id: int
) -> Entry:
    """One of the campaign. NotFound also where `actor` may not see the client."""
    query = _entries().where(
        _E.id == existing_id(entry_id), _E.campaign_id == campaign_id, visible_clients(actor)
    )
    row = (await connection.execute(query)).mappings().one_or_none()
    if row is None:
        raise NotFound(entry_id=entry_id)
    return _entry(row)


async def entries_named(
    connection: AsyncConnection, actor: Agent, entry_ids: Collection[int]
) -> dict[int, Entry]:
    """By id, those of clients whom `actor` may see."""
    query = _entries().where(_E.id.in_(entry_ids), visible_clients(actor, Action.SEE))
    return {row["id"]: _entry(row) for row in (await connection.execute(query)).mappings()}


async def list_attempts(
    connection: AsyncConnection, entry_id: int, *, limit: int = 200
) -> list[Attempt]:
    """Its dials, the newest first."""
    columns = [attempts.c[name] for name in Attempt.__dataclass_fields__]
    query = select(*columns).where(attempts.c.entry_id == entry_id)
    found = await connection.execute(query.order_by(attempts.c.id.desc()).limit(limit))
    return [Attempt(**row) for row in found.mappings()]


def _entries() -> Select[Any]:
    own = [name for name in Entry.__dataclass_fields__ if name in _E]
    zones = func.coalesce(entry_buckets.c.zones, "").label("zones")
    return (
        select(*(_E[name] for name in own), clients.c.name.label("client_name"), zones)
        .join(clients, clients.c.id == _E.client_id)
        .outerjoin(entry_buckets, entry_buckets.c.id == _E.bucket_id)
    )


def _entry(row: RowMapping) -> Entry:
    return Entry(**{**row, "state": EntryState(row["state"])})


async def client_names(
    connection: AsyncConnection, actor: Agent, client_ids: Collection[int]
) -> dict[int, str]:
    """The names of those whom `actor` may see."""
    query = select(clients.c.id, clients.c.name).where(
        clients.c.id.in_(client_ids), visible_clients(actor, Action.SEE)
    )
    return {int(client_id): name for client_id, name in await connection.execute(query)}
