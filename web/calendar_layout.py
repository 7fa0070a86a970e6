"""Where on a page of the calendar things stand: days, minutes, lanes for what overlaps. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from crm_core.tasks.calendar import Entry

USUAL_MINUTES: Final = 30
"""As tall as this is drawn what has a time but no length."""
DAY_MINUTES: Final = 24 * 60


@dataclass(frozen=True, slots=True)
class Block:
    """An entry, or its part, on one day: minutes of the wall clock, the lane it stands in and how
    many lanes there are beside each other. `is_rest`: it began on a day before."""

    entry: Entry
    day: date
    start: int
    minutes: int
    lane: int = 0
    lanes: int = 1
    is_rest: bool = False


def days_of(view: str, on: date) -> list[date]:
    """The day itself, or its week from Monday."""
    if view == "day":
        return [on]
    monday = on - timedelta(days=on.weekday())
    return [monday + timedelta(days=n) for n in range(7)]


def bounds(days: list[date], zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From the first midnight to the last, as UTC instants."""
    ends = (days[0], days[-1] + timedelta(days=1))
    first, last = (datetime.combine(day, time(), zone).astimezone(UTC) for day in ends)
    return first, last


def lay_out(entries: Iterable[Entry], days: list[date], zone: ZoneInfo) -> dict[date, list[Block]]:
    """For each day its blocks, the first first."""
    parts = [part for entry in entries for part in _parts(entry, zone)]
    return {day: _in_lanes([part for part in parts if part.day == day]) for day in days}


def _parts(entry: Entry, zone: ZoneInfo) -> Iterable[Block]:
    begin = entry.at.astimezone(zone).replace(tzinfo=None)
    lasting = entry.ends_at - entry.at if entry.ends_at else timedelta(minutes=USUAL_MINUTES)
    left = max(int(lasting.total_seconds()) // 60, 15)
    start, day = begin.hour * 60 + begin.minute, begin.date()
    is_rest = False
    while left > 0:
        here = min(left, DAY_MINUTES - start)
        yield Block(entry, day, start, here, is_rest=is_rest)
        if entry.ends_at is None:
            return
        left, start, day, is_rest = left - here, 0, day + timedelta(days=1), True


def _in_lanes(blocks: list[Block]) -> list[Block]:
    """Each group of blocks that overlap shares the width of the day."""
    placed: list[Block] = []
    group: list[Block] = []
    end = 0
    for block in sorted(blocks, key=lambda one: (one.start, -one.minutes, one.entry.task.id)):
        if group and block.start >= end:
            placed += _shared(group)
            group = []
        taken = {one.lane for one in group if one.start + one.minutes > block.start}
        lane = next(n for n in range(len(group) + 1) if n not in taken)
        group.append(replace(block, lane=lane))
        end = max(end if len(group) > 1 else 0, block.start + block.minutes)
    return placed + _shared(group)


def _shared(group: list[Block]) -> list[Block]:
    lanes = max((block.lane for block in group), default=0) + 1
    return [replace(block, lanes=lanes) for block in group]
