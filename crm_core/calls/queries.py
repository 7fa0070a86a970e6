"""Calls as rows of the pages that show a few of them, and who talked in which and what it was."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.tables import agents
from crm_core.calls.tables import call_talks, calls, dispositions, wrap_ups
from crm_core.clients.tables import clients


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
    talked, said = await who_talked(connection, ids), await what_was_said(connection, ids)
    return [
        CallRow(**row, agents=talked[row["call_id"]], dispositions=said[row["call_id"]])
        for row in found
    ]


async def who_talked(
    connection: AsyncConnection, ids: Sequence[str]
) -> defaultdict[str, tuple[str, ...]]:
    """The names of who talked in each call, in order; the interface where nobody was seated."""
    query = (
        select(call_talks.c.call_id, func.coalesce(agents.c.name, call_talks.c.interface))
        .outerjoin(agents, agents.c.id == call_talks.c.agent_id)
        .where(call_talks.c.call_id.in_(ids))
        .order_by(call_talks.c.started_at, call_talks.c.id)
    )
    return await _grouped(connection, query, ids)


async def what_was_said(
    connection: AsyncConnection, ids: Sequence[str]
) -> defaultdict[str, tuple[str, ...]]:
    """The titles of the dispositions that were given to each call."""
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
