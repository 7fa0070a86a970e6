"""Leads and deals on a board: a column a stage, with its count, its sum and its first cards."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.people import Agent
from crm_core.deals.cards import RecordCard, card_from, next_steps, select_cards
from crm_core.deals.filtering import RecordFilter, asked_for, trail_of
from crm_core.deals.moving import DEALS, Trail
from crm_core.deals.pipelines import Pipeline, Stage

COLUMN: Final = 50  # cards of a column before one asks for more
MOST_CARDS: Final = 1000
CLOSED_DAYS: Final = 30
"""What was closed earlier is in the list, and no longer on the board."""


@dataclass(frozen=True, slots=True)
class BoardColumn:
    """`sums` by currency, the largest first; `more` when there are cards that are not shown."""

    stage: Stage
    count: int
    sums: tuple[tuple[str, int], ...]
    cards: tuple[RecordCard, ...]

    @property
    def more(self) -> int:
        return self.count - len(self.cards)


async def read_board(
    connection: AsyncConnection,
    actor: Agent,
    pipeline: Pipeline,
    asked: RecordFilter,
    now: datetime,
    *,
    limits: Mapping[int, int] | None = None,
) -> list[BoardColumn]:
    """The columns of a pipeline as `actor` may see them, the newest in a stage first.

    A retired stage is shown as long as something stands in it; the ends show the last CLOSED_DAYS.
    `limits`: how many cards of a stage, where it is not COLUMN.
    """
    trail = trail_of(pipeline.record_kind)
    shown = [stage for stage in pipeline.stages if stage.active or stage.ending is None]
    order = sorted(shown, key=lambda stage: (stage.ending is not None, stage.position))
    recent = now - timedelta(days=CLOSED_DAYS)
    condition = and_(
        asked_for(trail, actor, pipeline, asked, now),
        or_(trail.table.c.closed_at.is_(None), trail.table.c.closed_at >= recent),
    )
    totals = await _totals(connection, trail, condition, [stage.id for stage in order])
    columns, found = [], dict[int, list[Mapping[str, Any]]]()
    for stage in order:
        limit = min(MOST_CARDS, (limits or {}).get(stage.id, COLUMN))
        here = and_(condition, trail.table.c.stage_id == stage.id)
        query = select_cards(trail).where(here).order_by(*_newest(trail)).limit(limit)
        found[stage.id] = (
            list((await connection.execute(query)).mappings()) if totals[stage.id] else []
        )
    steps = await next_steps(connection, trail, [r["id"] for rows in found.values() for r in rows])
    for stage in order:
        cards = tuple(card_from(row, steps) for row in found[stage.id])
        count = sum(count for count, _ in totals[stage.id].values())
        if stage.active or count:
            columns.append(BoardColumn(stage, count, _sums(totals[stage.id]), cards))
    return columns


def _newest(trail: Trail) -> tuple[ColumnElement[Any], ...]:
    return trail.table.c.stage_since.desc(), trail.table.c.id.desc()


_Totals = dict[int, dict[str, tuple[int, int]]]


async def _totals(
    connection: AsyncConnection, trail: Trail, condition: ColumnElement[bool], ids: Sequence[int]
) -> _Totals:
    """Count and sum by stage and currency."""
    table = trail.table
    amount = table.c.amount if trail is DEALS else literal(0)
    currency = table.c.currency if trail is DEALS else literal("").label("currency")
    query = (
        select(table.c.stage_id, currency, func.count(), func.sum(amount))
        .where(condition, table.c.stage_id.in_(ids))
        .group_by(table.c.stage_id, *([table.c.currency] if trail is DEALS else []))
    )
    totals: _Totals = defaultdict(dict)
    for stage_id, held, count, total in await connection.execute(query):
        totals[stage_id][held] = (count, int(total or 0))
    return totals


def _sums(totals: Mapping[str, tuple[int, int]]) -> tuple[tuple[str, int], ...]:
    sums = [(currency, amount) for currency, (_, amount) in totals.items() if amount]
    return tuple(sorted(sums, key=lambda each: -each[1]))
