"""A campaign's list in figures: entries by state and by reason, and its segments."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.entries.states import EntryState
from dialer.entries.tables import entries, entry_buckets

_E: Final = entries.c
MOST_SEGMENTS: Final = 500


@dataclass(frozen=True, slots=True)
class ListFigures:
    """Entries by state; of the waiting, how many are due and when the next will be."""

    states: Mapping[EntryState, int] = field(default_factory=dict)
    due: int = 0
    next_due_at: datetime | None = None

    @property
    def total(self) -> int:
        """All that were ever put on it."""
        return sum(self.states.values())

    @property
    def left(self) -> int:
        """Those who may still be dialled some day."""
        over = self.states.get(EntryState.DONE, 0) + self.states.get(EntryState.NEVER, 0)
        return self.total - over

    @property
    def open_now(self) -> int:
        """Those whose turn may come now: ready, certain, or waiting and due."""
        ready = self.states.get(EntryState.READY, 0) + self.states.get(EntryState.CERTAIN, 0)
        return ready + self.due


@dataclass(frozen=True, slots=True)
class Reasons:
    """Why so many wait or are over: counts by state and stored word."""

    counts: Mapping[tuple[EntryState, str], int]

    def of(self, *states: EntryState) -> list[tuple[str, int]]:
        """The words of these states, the most frequent first."""
        found: dict[str, int] = {}
        for (state, word), count in self.counts.items():
            if state in states and word:
                found[word] = found.get(word, 0) + count
        return sorted(found.items(), key=lambda each: (-each[1], each[0]))


async def figures_of(
    connection: AsyncConnection, campaign_ids: Collection[int], at: datetime
) -> dict[int, ListFigures]:
    """Of each of these campaigns that has entries, by the index alone."""
    due = case((_E.due_at <= at, 1), else_=0)
    ahead = case((_E.due_at > at, _E.due_at), else_=None)
    query = (
        select(_E.campaign_id, _E.state, func.count(), func.sum(due), func.min(ahead))
        .where(_E.campaign_id.in_(campaign_ids))
        .group_by(_E.campaign_id, _E.state)
    )
    found: dict[int, list[Any]] = {}
    for campaign_id, *figures in await connection.execute(query):
        found.setdefault(campaign_id, []).append(figures)
    return {campaign_id: _figures(rows) for campaign_id, rows in found.items()}


async def reasons_of(connection: AsyncConnection, campaign_id: int) -> Reasons:
    """Why entries wait and why they are over."""
    query = (
        select(_E.state, _E.reason, func.count())
        .where(_E.campaign_id == campaign_id)
        .group_by(_E.state, _E.reason)
    )
    found = await connection.execute(query)
    return Reasons({(EntryState(state), reason): count for state, reason, count in found})


async def segments_of(connection: AsyncConnection, campaign_id: int) -> list[str]:
    """The segments that anybody of the list is in."""
    query = select(entry_buckets.c.segment).where(entry_buckets.c.campaign_id == campaign_id)
    found = await connection.execute(query.distinct().order_by("segment").limit(MOST_SEGMENTS))
    return [str(each) for each in found.scalars()]


async def count_chosen(connection: AsyncConnection, chosen: Select[tuple[int]]) -> int:
    """How many clients were chosen."""
    counted = select(func.count()).select_from(chosen.subquery())
    return int((await connection.execute(counted)).scalar_one())


def _figures(rows: Collection[Any]) -> ListFigures:
    waiting = [(due, ahead) for state, _, due, ahead in rows if state == EntryState.WAITING]
    due, ahead = waiting[0] if waiting else (0, None)
    states = {EntryState(state): count for state, count, _, _ in rows}
    return ListFigures(states, int(due or 0), ahead)
