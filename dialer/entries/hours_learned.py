"""What is known of when people answer, kept in rows: learned from every dial that is over."""

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.storage.engine import Write
from dialer.campaigns.tables import answer_hours
from dialer.entries.states import zones_from
from dialer.entries.tables import entry_numbers
from dialer.order.best_hours import BestHours, Cell, Scores, Seen, cell_of
from dialer.order.outcomes import NETWORK
from telephony.events import Outcome

_THOUSANDTHS: Final = 1_000
_ANSWERED: Final = frozenset({Outcome.ANSWERED, Outcome.ABANDONED})


async def scores_of(connection: AsyncConnection, at: datetime) -> Scores:
    """The chances of an answer as far as they are known."""
    found = {}
    for row in await connection.execute(select(answer_hours)):
        seen = Seen(row.dialled / _THOUSANDTHS, row.answered / _THOUSANDTHS, row.as_of)
        found[row.kind, row.day, row.hour] = seen
    return BestHours(found).scores(at)


async def learn(tx: Write, attempt: Any, outcome: Outcome) -> None:
    """One more dial is over; one that the network refused tells nothing about the person."""
    if outcome in NETWORK or attempt["entry_id"] is None:
        return
    of = entry_numbers.c
    mine = (of.entry_id == attempt["entry_id"]) & (of.position == attempt["position"])
    number = (await tx.execute(select(of.kind, of.zones).where(mine))).one_or_none()
    if number is None or not number.zones:
        return
    local = attempt["decided_at"].astimezone(ZoneInfo(min(zones_from(number.zones))))
    await _put(tx, cell_of(number.kind, local), attempt["decided_at"], outcome in _ANSWERED)


async def _put(tx: Write, cell: Cell, at: datetime, answered: bool) -> None:
    of = answer_hours.c
    kind, day, hour = cell
    mine = (of.kind == kind) & (of.day == day) & (of.hour == hour)
    row = (await tx.execute(select(answer_hours).where(mine))).one_or_none()
    before = Seen(0.0, 0.0, at)
    if row is not None:
        before = Seen(row.dialled / _THOUSANDTHS, row.answered / _THOUSANDTHS, row.as_of)
    now = before.after(answered, at)
    kept = {
        "dialled": round(now.dialled * _THOUSANDTHS),
        "answered": round(now.answered * _THOUSANDTHS),
        "as_of": now.as_of,
    }
    if row is None:
        named = {"kind": kind, "day": str(day), "hour": hour}
        await tx.execute(insert(answer_hours).values(**named, **kept))
    else:
        await tx.execute(update(answer_hours).where(mine).values(**kept))
