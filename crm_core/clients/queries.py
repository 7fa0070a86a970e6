"""Reads one client whole."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.tables import agents
from crm_core.clients.tables import (
    client_numbers,
    clients,
    contact_points,
    contacts,
    legal_entities,
)
from crm_core.errors import NotFound
from crm_core.wording import existing_id


@dataclass(frozen=True, slots=True)
class Contact:
    """A person at a client; `role_id` is of the catalogue of roles."""

    id: int
    name: str
    position: str
    role_id: int | None
    note: str


@dataclass(frozen=True, slots=True)
class ClientNumber:
    """`written` as somebody typed it; `e164` None where it is no valid number."""

    id: int
    contact_id: int | None
    written: str
    e164: str | None
    extension: str
    digits: str
    label: str
    mobile: bool
    wrong: bool
    do_not_call: bool


@dataclass(frozen=True, slots=True)
class ContactPoint:
    """An e-mail, messenger, address or site (`kind`), `written` as somebody typed it."""

    id: int
    contact_id: int | None
    kind: str
    written: str
    label: str
    wrong: bool
    do_not_write: bool


@dataclass(frozen=True, slots=True)
class LegalEntity:
    """Whom we invoice; `requisites` by the names they have in `country`."""

    id: int
    country: str
    name: str
    requisites: Mapping[str, str]
    address: str


@dataclass(frozen=True, slots=True)
class Client:
    """One client whole; `version` goes up with every change of his. `client_since` is None while
    only a lead knows him."""

    id: int
    kind: str
    name: str
    note: str
    owner_agent_id: int | None
    owner_name: str | None
    client_since: datetime | None
    relation_id: int | None
    category_id: int | None
    industry_id: int | None
    is_key: bool
    legal_hold: bool
    created_at: datetime
    created_by: int | None
    updated_at: datetime
    version: int
    contacts: tuple[Contact, ...]
    numbers: tuple[ClientNumber, ...]
    points: tuple[ContactPoint, ...]
    entities: tuple[LegalEntity, ...]


async def kind_of(connection: AsyncConnection, client_id: int) -> str | None:
    """person or organisation; None of nobody."""
    query = select(clients.c.kind).where(clients.c.id == client_id)
    return (await connection.execute(query)).scalar_one_or_none()


async def get_client(connection: AsyncConnection, client_id: int) -> Client:
    """The client with all that hangs on him. Raises NotFound, for a deleted one too."""
    query = _clients().where(clients.c.id == existing_id(client_id))
    row = (await connection.execute(query)).mappings().one_or_none()
    if row is None:
        raise NotFound(client_id=client_id)

    async def parts(table: Table, view: Any) -> tuple[Any, ...]:
        columns = (table.c[name] for name in view.__slots__)
        mine = select(*columns).where(table.c.client_id == client_id).order_by(table.c.id)
        return tuple(view(*each) for each in await connection.execute(mine))

    return Client(
        **{field: row[field] for field in Client.__slots__ if field in row},
        contacts=await parts(contacts, Contact),
        numbers=await parts(client_numbers, ClientNumber),
        points=await parts(contact_points, ContactPoint),
        entities=await parts(legal_entities, LegalEntity),
    )


def _clients() -> Select[Any]:
    return (
        select(clients, agents.c.name.label("owner_name"))
        .outerjoin(agents, agents.c.id == clients.c.owner_agent_id)
        .where(clients.c.deleted_at.is_(None))
    )
