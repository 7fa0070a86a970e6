"""The parts of a person's day, by his own clock: who did not answer in one is tried in another."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Final


class DayPart(StrEnum):
    """Stored words."""

    MORNING = "morning"
    DAY = "day"
    EVENING = "evening"


HOURS: Final[Mapping[DayPart, tuple[int, int]]] = {
    DayPart.MORNING: (8, 12),
    DayPart.DAY: (12, 17),
    DayPart.EVENING: (17, 21),
}


def part_of(at: datetime, zone: tzinfo) -> DayPart | None:
    """The part of the day in `zone`; None at night."""
    hour = at.astimezone(zone).hour
    for part, (first, last) in HOURS.items():
        if first <= hour < last:
            return part
    return None


def next_in(part: DayPart, not_before: datetime, zone: tzinfo, spread: float = 0.0) -> datetime:
    """The next instant within that part of a day, `not_before` at the earliest.

    `spread` (0 to 1) is where in the first half of the part it falls when it lies ahead: or all
    who did not answer in the morning would be called at noon sharp.
    """
    first, last = HOURS[part]
    day = not_before.astimezone(zone).date()
    shift = timedelta(hours=(last - first) / 2 * min(max(spread, 0.0), 1.0))
    while True:
        begin = datetime.combine(day, time(first), zone).astimezone(UTC) + shift
        end = datetime.combine(day, time(last), zone).astimezone(UTC)
        if max(begin, not_before) < end:
            return max(begin, not_before)
        day += timedelta(days=1)
