"""What the columns of a list need of other tables, for the rows of one page at a time."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.rights import RecordKind
from crm_core.calls.tables import calls
from crm_core.clients.tables import client_numbers, clients, contact_points, contacts
from crm_core.deals.cards import next_steps
from crm_core.deals.moving import DEALS, LEADS, Trail
from crm_core.lists.shapes import Gather, ListName
from crm_core.tags.reading import tags_of
from telephony.events import Outcome

_CLIENTS = Trail(RecordKind.CLIENT, clients, "client_id")
_TRAILS = {ListName.CLIENTS: _CLIENTS, ListName.LEADS: LEADS, ListName.DEALS: DEALS}


def steps(name: ListName) -> Gather:
    """The first open task of each record."""

    async def gather(connection: AsyncConnection, ids: Sequence[int]) -> Mapping[int, Any]:
        return await next_steps(connection, _TRAILS[name], ids)

    return gather


def tags(name: ListName) -> Gather:
    """The tags of each record."""

    async def gather(connection: AsyncConnection, ids: Sequence[int]) -> Mapping[int, Any]:
        return await tags_of(connection, name.kind.value, ids)

    return gather


async def contact_names(connection: AsyncConnection, ids: Sequence[int]) -> Mapping[int, Any]:
    """The people at each client, the first entered first."""
    query = select(contacts.c.client_id, contacts.c.name).where(contacts.c.client_id.in_(ids))
    return await _grouped(connection, query.order_by(contacts.c.id))


async def numbers(connection: AsyncConnection, ids: Sequence[int]) -> Mapping[int, Any]:
    """The numbers of each client in E.164 or as digits, without wrong ones."""
    table = client_numbers
    query = select(table.c.client_id, func.coalesce(table.c.e164, table.c.digits)).where(
        table.c.client_id.in_(ids), table.c.wrong.is_(False)
    )
    return await _grouped(connection, query.order_by(table.c.id))


async def emails(connection: AsyncConnection, ids: Sequence[int]) -> Mapping[int, Any]:
    """The e-mail addresses of each client, without wrong ones."""
    table = contact_points
    query = select(table.c.client_id, table.c.written).where(
        table.c.client_id.in_(ids), table.c.kind == "email", table.c.wrong.is_(False)
    )
    return await _grouped(connection, query.order_by(table.c.id))


async def last_talks(connection: AsyncConnection, ids: Sequence[int]) -> Mapping[int, Any]:
    """When somebody last talked with each client."""
    newest = (
        select(func.max(calls.c.started_at))
        .where(calls.c.client_id == clients.c.id, calls.c.outcome == Outcome.ANSWERED.value)
        .scalar_subquery()
    )
    query = select(clients.c.id, newest.label("at")).where(clients.c.id.in_(ids))
    return {row.id: row.at for row in await connection.execute(query)}


async def _grouped(connection: AsyncConnection, query: Select[Any]) -> Mapping[int, Any]:
    grouped: dict[int, dict[str, None]] = defaultdict(dict)
    for key, each in await connection.execute(query):
        grouped[key][each] = None
    return {key: tuple(found) for key, found in grouped.items()}
