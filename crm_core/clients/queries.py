"""Reads of clients: one whole, a page of many, and the search that needs no exact spelling."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, and_, case, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.tables import agents
from crm_core.clients.search_text import LONGEST_SEARCH, containing, folded
from crm_core.clients.tables import (
    client_numbers,
    clients,
    contact_points,
    contacts,
    legal_entities,
)
from crm_core.errors import NotFound
from crm_core.wording import existing_id
from telephony.numbers import normalise

SHORTEST_DIGITS = 4  # fewer digits are part of a name (1C, "Bar 42") rather than of a number
_MOST_WORDS = 8


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


async def list_clients(
    connection: AsyncConnection,
    country: str,
    *,
    search: str = "",
    owner_agent_id: int | None = None,
    before_id: int | None = None,
    limit: int = 50,
) -> list[ClientRow]:
    """Newest first; `before_id` continues after the last of the page before."""
    query = _matching(_clients(), search, country, owner_agent_id)
    if before_id is not None:
        query = query.where(clients.c.id < before_id)
    return await _rows(connection, query.order_by(clients.c.id.desc()).limit(limit))


async def count_clients(
    connection: AsyncConnection,
    country: str,
    *,
    search: str = "",
    owner_agent_id: int | None = None,
) -> int:
    """How many `list_clients` would give over all its pages."""
    query = _matching(select(func.count()).select_from(clients), search, country, owner_agent_id)
    query = query.where(clients.c.deleted_at.is_(None))
    return int((await connection.execute(query)).scalar_one())


async def search_clients(
    connection: AsyncConnection, text: str, country: str, *, limit: int = 20
) -> list[ClientRow]:
    """Best first for what somebody types: any part of a name, a number in any writing, its end.

    Nothing for an empty question.
    """
    asked = folded(text[:LONGEST_SEARCH])
    if not asked:
        return []
    begins = clients.c.search.like(containing(asked)[1:], escape="\\")
    query = _matching(_clients(), text, country, None)
    query = query.order_by(case((begins, 0), else_=1), clients.c.updated_at.desc(), clients.c.id)
    return await _rows(connection, query.limit(limit))


def _clients() -> Select[Any]:
    return (
        select(clients, agents.c.name.label("owner_name"))
        .outerjoin(agents, agents.c.id == clients.c.owner_agent_id)
        .where(clients.c.deleted_at.is_(None))
    )


def _matching(
    query: Select[Any], search: str, country: str, owner_agent_id: int | None
) -> Select[Any]:
    if owner_agent_id is not None:
        query = query.where(clients.c.owner_agent_id == owner_agent_id)
    asked = folded(search[:LONGEST_SEARCH])
    if not asked:
        return query
    words = asked.split()[:_MOST_WORDS]
    return query.where(or_(and_(*map(_has, words)), *_by_number(search, country)))


def _has(part: str) -> ColumnElement[bool]:
    return clients.c.search.like(containing(part), escape="\\")


def _by_number(search: str, country: str) -> list[ColumnElement[bool]]:
    """Conditions for a question that is written like a number; none for other words."""
    if any(character.isalpha() for character in search):
        return []
    number = normalise(search, country)
    if number.e164 is not None:
        return [_numbered(client_numbers.c.e164 == number.e164)]
    if len(number.digits) < SHORTEST_DIGITS:
        return []
    found = [_has(number.digits)]
    # The beginning of 8 916 … is kept as 7916…: look for it without the trunk prefix too.
    trunk = "00" if number.digits.startswith("00") else number.digits[:1]
    rest = number.digits[len(trunk) :]
    if trunk in ("00", "0", "8", "1") and len(rest) >= SHORTEST_DIGITS:
        found.append(_has(rest))
    return found


def _numbered(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return clients.c.id.in_(select(client_numbers.c.client_id).where(condition))


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
