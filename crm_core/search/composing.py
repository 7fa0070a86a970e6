"""What each record is found by, read from the tables and put into one text."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Final

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.calls.tables import wrap_ups
from crm_core.clients.tables import (
    client_numbers,
    clients,
    contact_points,
    contacts,
    legal_entities,
    notes,
)
from crm_core.custom_fields.searched import own_texts
from crm_core.deals.tables import deals
from crm_core.leads.tables import leads
from crm_core.search.folding import folded, packed
from crm_core.search.kinds import SearchKind
from crm_core.tags.reading import tags_of
from crm_core.tasks.tables import task_comments, tasks

NAME_BEGINS: Final = "^"
"""Before the space before the first word of a name; folding leaves no such sign in any text."""


async def searched_text(connection: AsyncConnection, kind: SearchKind, record_id: int) -> str:
    """The text that the record is found by; "" for one that is gone or says nothing."""
    return await _COMPOSED[kind](connection, record_id)


def composed(name: str, others: Iterable[str]) -> str:
    """The stored form: the name first, marked as such, then all the rest, a space at both ends."""
    words = packed(" ".join(filter(None, map(folded, others))))
    first = packed(folded(name))
    return f"{NAME_BEGINS} {first} {words} ".replace("  ", " ") if first or words else ""


def plain(text: str) -> str:
    """The stored form of what has no name: a note."""
    words = packed(folded(text))
    return f" {words} " if words else ""


async def _client(connection: AsyncConnection, client_id: int) -> str:
    query = select(clients.c.name, clients.c.fields).where(
        clients.c.id == client_id,
        clients.c.client_since.is_not(None),
        clients.c.deleted_at.is_(None),
    )
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        return ""
    reached = await _ways_to_reach(connection, client_id)
    own = await _own_words(connection, SearchKind.CLIENT, client_id, row.fields)
    return composed(row.name, [*reached, *own])


async def _lead(connection: AsyncConnection, lead_id: int) -> str:
    columns = leads.c.title, leads.c.request, leads.c.fields, leads.c.client_id, clients.c.name
    query = (
        select(*columns, clients.c.client_since)
        .join(clients, clients.c.id == leads.c.client_id)
        .where(leads.c.id == lead_id, leads.c.deleted_at.is_(None), clients.c.deleted_at.is_(None))
    )
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        return ""
    own = await _own_words(connection, SearchKind.LEAD, lead_id, row.fields)
    if row.client_since is not None:  # the client is found by himself
        return composed(row.title, [row.request, *own])
    known = await _ways_to_reach(connection, row.client_id)
    return composed(row.name, [row.title, *known, row.request, *own])


async def _deal(connection: AsyncConnection, deal_id: int) -> str:
    query = select(deals.c.title, deals.c.note, deals.c.fields).where(
        deals.c.id == deal_id, deals.c.deleted_at.is_(None)
    )
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        return ""
    own = await _own_words(connection, SearchKind.DEAL, deal_id, row.fields)
    return composed(row.title, [row.note, *own])


async def _task(connection: AsyncConnection, task_id: int) -> str:
    row = (
        await connection.execute(select(tasks.c.text, tasks.c.place).where(tasks.c.id == task_id))
    ).one_or_none()
    if row is None:
        return ""
    said = select(task_comments.c.text).where(task_comments.c.task_id == task_id)
    comments = (await connection.execute(said.order_by(task_comments.c.id))).scalars()
    return composed(row.text, [row.place, *comments])


def _one_text(query: Callable[[int], Select[Any]]) -> "Composer":
    async def compose(connection: AsyncConnection, record_id: int) -> str:
        text = (await connection.execute(query(record_id))).scalar_one_or_none()
        return plain(text or "")

    return compose


async def _own_words(
    connection: AsyncConnection, kind: SearchKind, record_id: int, values: Mapping[str, Any]
) -> list[str]:
    """What the office's own fields and the tags say of the record."""
    borne = await tags_of(connection, kind.value, [record_id])
    texts = await own_texts(connection, kind, values)
    return [*(tag.title for tag in borne[record_id]), *texts]


async def _ways_to_reach(connection: AsyncConnection, client_id: int) -> list[str]:
    """Everything beside his name that somebody may remember of a client."""
    people = select(contacts.c.name).where(contacts.c.client_id == client_id)
    numbers = select(client_numbers.c.digits).where(
        client_numbers.c.client_id == client_id, client_numbers.c.wrong.is_(False)
    )
    points = select(contact_points.c.written).where(
        contact_points.c.client_id == client_id, contact_points.c.wrong.is_(False)
    )
    found: list[str] = []
    for query in (
        people.order_by(contacts.c.id),
        numbers.order_by(client_numbers.c.id),
        points.order_by(contact_points.c.id),
    ):
        found += (await connection.execute(query)).scalars()
    entities = select(legal_entities.c.name, legal_entities.c.requisites).where(
        legal_entities.c.client_id == client_id
    )
    for name, requisites in await connection.execute(entities.order_by(legal_entities.c.id)):
        found += [name, *_values(requisites)]
    return found


def _values(requisites: object) -> list[str]:
    values = requisites.values() if isinstance(requisites, Mapping) else ()
    return [value for value in values if isinstance(value, str)]


Composer = Callable[[AsyncConnection, int], Awaitable[str]]
_COMPOSED: Final[Mapping[SearchKind, Composer]] = {
    SearchKind.CLIENT: _client,
    SearchKind.LEAD: _lead,
    SearchKind.DEAL: _deal,
    SearchKind.TASK: _task,
    SearchKind.NOTE: _one_text(lambda note: select(notes.c.text).where(notes.c.id == note)),
    SearchKind.CALL_NOTE: _one_text(
        lambda wrap_up: select(wrap_ups.c.note).where(wrap_ups.c.id == wrap_up)
    ),
    SearchKind.CLIENT_NOTE: _one_text(
        lambda client: select(clients.c.note).where(
            clients.c.id == client, clients.c.deleted_at.is_(None)
        )
    ),
}
