"""The call log as lists: pages by start, newest first, counts, and chunks for an export."""

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.people import Agent
from crm_core.agents.tables import agents
from crm_core.calls.access import visible_calls
from crm_core.calls.filtering import CallFilter, condition
from crm_core.calls.tables import call_talks, calls, dispositions, wrap_ups
from crm_core.clients.tables import clients
from crm_core.storage.engine import Storage

PAGE = 50
EXPORT_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last call of a page: what comes next began before it."""

    started_at: datetime
    call_id: str


@dataclass(frozen=True, slots=True)
class CallRow:
    """One call of a list. `agents` talked, in order (the interface where nobody was seated);
    `dispositions` are the titles their wrap-ups gave."""

    call_id: str
    direction: str
    caller: str
    caller_name: str
    dialled: str
    number: str
    queue: str | None
    outcome: str | None
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    wait_seconds: float
    talk_seconds: float
    hold_seconds: float
    ended_by: str | None
    hangup_cause: int | None
    complete: bool
    client_id: int | None
    client_name: str | None
    agents: tuple[str, ...] = ()
    dispositions: tuple[str, ...] = ()

    @property
    def cursor(self) -> Cursor:
        return Cursor(self.started_at, self.call_id)


@dataclass(frozen=True, slots=True)
class CallPage:
    """`next` is the cursor of the following page, None on the last."""

    rows: tuple[CallRow, ...]
    next: Cursor | None


_FIELDS = [
    calls.c[name]
    for name in CallRow.__dataclass_fields__
    if name not in ("client_name", "agents", "dispositions")
]


def select_calls() -> Select[Any]:
    """What a CallRow is made of, newest first."""
    return (
        select(*_FIELDS, clients.c.name.label("client_name"))
        .outerjoin(clients, clients.c.id == calls.c.client_id)
        .order_by(calls.c.started_at.desc(), calls.c.call_id.desc())
    )


async def list_calls(
    connection: AsyncConnection,
    actor: Agent | None,
    asked: CallFilter,
    *,
    country: str,
    before: Cursor | None = None,
    limit: int = PAGE,
) -> CallPage:
    """A page of what `actor` may see of the calls `asked` for."""
    query = select_calls().where(condition(asked, country), visible_calls(actor))
    if before is not None:
        query = query.where(_earlier(before))
    found = await call_rows(connection, query.limit(limit + 1))
    more = len(found) > limit
    rows = tuple(found[:limit])
    return CallPage(rows, rows[-1].cursor if more else None)


async def count_calls(
    connection: AsyncConnection, actor: Agent | None, asked: CallFilter, *, country: str
) -> int:
    """How many calls all pages of `list_calls` have together."""
    query = (
        select(func.count())
        .select_from(calls)
        .where(condition(asked, country), visible_calls(actor))
    )
    return int((await connection.execute(query)).scalar_one())


async def iterate_calls(
    storage: Storage,
    actor: Agent | None,
    asked: CallFilter,
    *,
    country: str,
    chunk: int = EXPORT_CHUNK,
) -> AsyncIterator[tuple[CallRow, ...]]:
    """All calls `asked` for, `chunk` at a time; no connection is held between the chunks."""
    before: Cursor | None = None
    while True:
        async with storage.read() as connection:
            page = await list_calls(
                connection, actor, asked, country=country, before=before, limit=chunk
            )
        if page.rows:
            yield page.rows
        if page.next is None:
            return
        before = page.next


async def recent_calls(
    connection: AsyncConnection,
    *,
    client_id: int | None,
    number: str,
    limit: int = 5,
    but: str | None = None,
) -> tuple[CallRow, ...]:
    """The last calls with this client or number (the card's history), without the call `but`."""
    who = []
    if client_id is not None:
        who.append(calls.c.client_id == client_id)
    if number:
        who.append(calls.c.number == number)
    if not who:
        return ()
    query = select_calls().where(or_(*who)).limit(limit)
    if but is not None:
        query = query.where(calls.c.call_id != but)
    return tuple(await call_rows(connection, query))


async def call_rows(connection: AsyncConnection, query: Select[Any]) -> list[CallRow]:
    """Run a `select_calls()` and add who talked and what they said it was."""
    found = (await connection.execute(query)).mappings().all()
    ids = [row["call_id"] for row in found]
    talked, said = await _who_talked(connection, ids), await _what_was_said(connection, ids)
    return [
        CallRow(**row, agents=talked[row["call_id"]], dispositions=said[row["call_id"]])
        for row in found
    ]


def _earlier(cursor: Cursor) -> Any:
    return and_(
        calls.c.started_at <= cursor.started_at,
        or_(calls.c.started_at < cursor.started_at, calls.c.call_id < cursor.call_id),
    )


async def _who_talked(
    connection: AsyncConnection, ids: Sequence[str]
) -> defaultdict[str, tuple[str, ...]]:
    query = (
        select(call_talks.c.call_id, func.coalesce(agents.c.name, call_talks.c.interface))
        .outerjoin(agents, agents.c.id == call_talks.c.agent_id)
        .where(call_talks.c.call_id.in_(ids))
        .order_by(call_talks.c.started_at, call_talks.c.id)
    )
    return await _grouped(connection, query, ids)


async def _what_was_said(
    connection: AsyncConnection, ids: Sequence[str]
) -> defaultdict[str, tuple[str, ...]]:
    query = (
        select(wrap_ups.c.call_id, dispositions.c.title)
        .join(dispositions, dispositions.c.id == wrap_ups.c.disposition_id)
        .where(wrap_ups.c.call_id.in_(ids))
        .order_by(wrap_ups.c.id)
    )
    return await _grouped(connection, query, ids)


async def _grouped(
    connection: AsyncConnection, query: Select[Any], ids: Sequence[str]
) -> defaultdict[str, tuple[str, ...]]:
    grouped: defaultdict[str, tuple[str, ...]] = defaultdict(tuple)
    if ids:
        for call_id, word in await connection.execute(query):
            if word not in grouped[call_id]:
                grouped[call_id] += (word,)
    return grouped
