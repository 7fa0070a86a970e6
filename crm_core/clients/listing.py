"""Clients that fit what somebody types, each with what a line shows of him."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.people import Agent
from crm_core.agents.tables import agents
from crm_core.clients.tables import client_numbers, clients, contacts
from crm_core.search.finding import find
from crm_core.search.kinds import SearchKind


@dataclass(frozen=True, slots=True)
class ClientRow:
    """One line of a list: `numbers` in E.164 or as digits, oldest first, without wrong ones."""

    id: int
    kind: str
    name: str
    owner_agent_id: int | None
    owner_name: str | None
    updated_at: datetime
    contact_names: tuple[str, ...]
    numbers: tuple[str, ...]


async def search_clients(
    connection: AsyncConnection,
    actor: Agent,
    text: str,
    country: str,
    *,
    own: bool = False,
    limit: int = 20,
) -> tuple[list[ClientRow], bool]:
    """Best first for what somebody types, and whether there are more: any part of a name, a number
    in any writing, its end. `own`: only his own. Nothing for an empty question."""
    found = await find(
        connection, actor, text, country, kinds=(SearchKind.CLIENT,), most=limit, own=own
    )
    if found is None or not found.groups:
        return [], False
    [group] = found.groups
    ids = [hit.record_id for hit in group.hits]
    rows = {row.id: row for row in await _rows(connection, _clients().where(clients.c.id.in_(ids)))}
    return [rows[client_id] for client_id in ids if client_id in rows], group.more


def _clients() -> Select[Any]:
    return select(clients, agents.c.name.label("owner_name")).outerjoin(
        agents, agents.c.id == clients.c.owner_agent_id
    )


async def _rows(connection: AsyncConnection, query: Select[Any]) -> list[ClientRow]:
    found = (await connection.execute(query)).mappings().all()
    ids = [row["id"] for row in found]
    names = await _grouped(connection, contacts.c.client_id, contacts.c.name, contacts.c.id, ids)
    key = func.coalesce(client_numbers.c.e164, client_numbers.c.digits)
    shown = case((client_numbers.c.wrong.is_(False), key), else_=literal(""))
    numbers = await _grouped(
        connection, client_numbers.c.client_id, shown, client_numbers.c.id, ids
    )
    fields = ("id", "kind", "name", "owner_agent_id", "owner_name", "updated_at")
    return [
        ClientRow(
            **{field: row[field] for field in fields},
            contact_names=tuple(names[row["id"]]),
            numbers=tuple(dict.fromkeys(filter(None, numbers[row["id"]]))),
        )
        for row in found
    ]


async def _grouped(
    connection: AsyncConnection,
    group: ColumnElement[int],
    value: ColumnElement[str],
    order: ColumnElement[int],
    ids: Sequence[int],
) -> dict[int, list[str]]:
    grouped: dict[int, list[str]] = defaultdict(list)
    if ids:
        query = select(group, value).where(group.in_(ids)).order_by(order)
        for key, each in await connection.execute(query):
            grouped[key].append(each)
    return grouped
