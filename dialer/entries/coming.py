"""Whose turn has come without a lease having made him ready, and where entries stand (reads)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.entries.states import EntryState
from dialer.entries.tables import entries

_E: Final = entries.c


@dataclass(frozen=True, slots=True)
class Coming:
    """An entry whose turn has come without a lease having made it ready, or that only an operator
    who is sure may have; `agent_id` names him where it must be him."""

    entry_id: int
    client_id: int
    contact_id: int | None
    e164: str
    position: int
    segment: str
    rank: int
    needs_agent: bool
    agent_id: int | None


async def list_coming(
    connection: AsyncConnection, campaign_id: int, at: datetime, *, limit: int = 1_000
) -> list[Coming]:
    """Those due and those that need an operator, in the order in which they are dialled; of so many
    as the next lease would make ready."""
    due = (_E.state == EntryState.WAITING.value) & (_E.due_at <= at)
    found: list[Coming] = []
    for condition in (due, _E.state == EntryState.CERTAIN.value):
        query = (
            select(
                *(_E.id, _E.client_id, _E.contact_id, _E.e164, _E.position, _E.segment, _E.rank),
                *(_E.needs_agent, _E.callback_agent_id, _E.anybody_at),
            )
            .where(_E.campaign_id == campaign_id, condition, _E.e164.is_not(None))
            .order_by(_E.due_at, _E.id)
            .limit(limit)
        )
        rows = (await connection.execute(query)).mappings()
        found += [_coming(row, at) for row in rows]
    return sorted(found, key=lambda each: (not each.needs_agent, each.rank, each.entry_id))


async def places_of(
    connection: AsyncConnection, entry_ids: Collection[int]
) -> dict[int, tuple[bool, int, int]]:
    """Where entries stand: those that need an operator first, then by rank."""
    query = select(_E.id, _E.needs_agent, _E.rank).where(_E.id.in_(entry_ids))
    found = await connection.execute(query)
    return {entry_id: (not needs_agent, rank, entry_id) for entry_id, needs_agent, rank in found}


def _coming(row: RowMapping, at: datetime) -> Coming:
    is_anybodys = row["anybody_at"] is not None and row["anybody_at"] <= at
    is_his = row["needs_agent"] and not is_anybodys
    own = {name: row[name] for name in Coming.__dataclass_fields__ if name in row}
    agent_id = row["callback_agent_id"] if is_his else None
    return Coming(entry_id=row["id"], **own, agent_id=agent_id)
