"""When something that repeats comes next: what people choose <-> RFC 5545 <-> instants. Pure.

A rule is written down with the wall-clock time that it is reckoned from (DTSTART, floating) and is
reckoned in one zone: ten o'clock stays ten o'clock when the clocks change. A time that a day does
not have moves on as the clock on the wall does.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from itertools import count as counting
from itertools import takewhile
from typing import Final
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

MOST_EVERY: Final = 99
MOST_COUNT: Final = 999
DAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_STAMP: Final = "%Y%m%dT%H%M%S"
_SHORTEST_MONTH: Final = 28


class Pattern(StrEnum):
    """What people choose from. `last_day` and `weekday_of_month` are of each month."""

    DAY = "day"
    WORKDAY = "workday"
    WEEK = "week"
    MONTH = "month"
    LAST_DAY = "last_day"
    WEEKDAY_OF_MONTH = "weekday_of_month"
    QUARTER = "quarter"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Recurrence:
    """Each `every`-th time of a pattern: `weekdays` (0 is Monday) of weeks, the `ordinal`-th (-1:
    last) of them in a month, the `day` (and `month`) of the date. A day that a month does not have
    is its last one. It ends after the day `until`, or after `count` times, this one among them."""

    pattern: Pattern
    every: int = 1
    weekdays: tuple[int, ...] = ()
    ordinal: int = 0
    day: int = 0
    month: int = 0
    until: date | None = None
    count: int | None = None


def fitting(chosen: Recurrence, first: datetime) -> Recurrence:
    """`chosen` with what the wall-clock moment `first` decides: which day of the month or week."""
    pattern = chosen.pattern
    if pattern is Pattern.WEEK:
        return replace(chosen, weekdays=chosen.weekdays or (first.weekday(),))
    if pattern is Pattern.WEEKDAY_OF_MONTH:
        ordinal = (first.day - 1) // 7 + 1
        last = -1 if ordinal == 5 else ordinal
        return replace(chosen, weekdays=(first.weekday(),), ordinal=chosen.ordinal or last)
    if pattern in (Pattern.MONTH, Pattern.QUARTER):
        return replace(chosen, day=first.day)
    if pattern is Pattern.YEAR:
        return replace(chosen, day=first.day, month=first.month)
    return chosen


def rule_text(recurrence: Recurrence, slot: datetime) -> str:
    """RFC 5545 for a `fitting` recurrence, reckoned from the wall-clock moment `slot`."""
    parts = _frequency(recurrence)
    if recurrence.until is not None:
        parts.append(f"UNTIL={recurrence.until:%Y%m%d}T235959")
    if recurrence.count is not None:
        parts.append(f"COUNT={recurrence.count}")
    return f"DTSTART:{slot.replace(tzinfo=None):{_STAMP}}\nRRULE:{';'.join(parts)}"


def read_rule(text: str) -> tuple[Recurrence, datetime]:
    """What `rule_text` has written: the recurrence and its wall-clock slot. ValueError else."""
    start, _, rule = text.partition("\n")
    slot = datetime.strptime(start.removeprefix("DTSTART:"), _STAMP)  # noqa: DTZ007 - floating
    said = dict(part.split("=", 1) for part in rule.removeprefix("RRULE:").split(";"))
    until = said.get("UNTIL")
    ending = {
        "every": int(said.get("INTERVAL", "1")),
        "until": date.fromisoformat(until[:8]) if until else None,
        "count": int(said["COUNT"]) if "COUNT" in said else None,
    }
    return replace(_pattern(said), **ending), slot  # type: ignore[arg-type]


def next_occurrence(text: str, zone: ZoneInfo, after: datetime) -> tuple[str, datetime] | None:
    """The next rule and instant of the series: the first slot that is later than the rule's own
    and than `after`. What has been missed meanwhile counts as had. None: the series is over."""
    recurrence, slot = read_rule(text)
    earliest = max(after, instant(slot, zone))
    for number, later in zip(counting(1), _slots(recurrence, slot), strict=False):
        if instant(later, zone) <= earliest:
            continue
        if recurrence.count is not None and recurrence.count <= number:
            return None
        left = None if recurrence.count is None else recurrence.count - number
        return rule_text(replace(recurrence, count=left), later), instant(later, zone)
    return None


def occurrences(text: str, zone: ZoneInfo, until: datetime) -> Iterator[datetime]:
    """The instants of the series after the rule's own slot, to `until` at the latest."""
    recurrence, slot = read_rule(text)
    before = instant(slot, zone)
    for number, later in zip(counting(1), _slots(recurrence, slot), strict=False):
        at = instant(later, zone)
        if at > until or (recurrence.count is not None and recurrence.count <= number):
            return
        if at > before:
            yield at
            before = at


def instant(slot: datetime, zone: ZoneInfo) -> datetime:
    """The aware UTC instant of a wall-clock moment; the earlier of two that look alike."""
    return slot.replace(tzinfo=zone, fold=0).astimezone(UTC)


def wall_clock(at: datetime, zone: ZoneInfo) -> datetime:
    """What the clock on the wall shows at an instant, to the minute."""
    return at.astimezone(zone).replace(tzinfo=None, second=0, microsecond=0, fold=0)


def _slots(recurrence: Recurrence, slot: datetime) -> Iterator[datetime]:
    """The wall-clock moments after `slot`, up to the last day."""
    endless = rule_text(replace(recurrence, until=None, count=None), slot)
    later = rrulestr(endless).xafter(slot)
    last = recurrence.until
    return takewhile(lambda one: last is None or one.date() <= last, later)


def _frequency(recurrence: Recurrence) -> list[str]:
    interval = [f"INTERVAL={recurrence.every}"] if recurrence.every > 1 else []
    weekdays = ",".join(DAYS[day] for day in sorted(recurrence.weekdays))
    match recurrence.pattern:
        case Pattern.DAY:
            return ["FREQ=DAILY", *interval]
        case Pattern.WORKDAY:
            return ["FREQ=DAILY", f"BYDAY={','.join(DAYS[:5])}"]
        case Pattern.WEEK:
            return ["FREQ=WEEKLY", *interval, f"BYDAY={weekdays}"]
        case Pattern.LAST_DAY:
            return ["FREQ=MONTHLY", *interval, "BYMONTHDAY=-1"]
        case Pattern.WEEKDAY_OF_MONTH:
            return ["FREQ=MONTHLY", *interval, f"BYDAY={recurrence.ordinal}{weekdays}"]
        case Pattern.QUARTER:
            return ["FREQ=MONTHLY", "INTERVAL=3", *_days(recurrence.day)]
        case Pattern.YEAR:
            return [
                "FREQ=YEARLY",
                *interval,
                f"BYMONTH={recurrence.month}",
                *_days(recurrence.day),
            ]
    return ["FREQ=MONTHLY", *interval, *_days(recurrence.day)]


def _days(day: int) -> list[str]:
    """The day of a month, or the last one that it has."""
    if day <= _SHORTEST_MONTH:
        return [f"BYMONTHDAY={day}"]
    possible = ",".join(str(each) for each in range(_SHORTEST_MONTH, day + 1))
    return [f"BYMONTHDAY={possible}", "BYSETPOS=-1"]


def _pattern(said: dict[str, str]) -> Recurrence:
    frequency, days = said["FREQ"], said.get("BYDAY", "")
    day = int(said.get("BYMONTHDAY", "0").rpartition(",")[2])
    if frequency == "DAILY":
        return Recurrence(Pattern.WORKDAY if days else Pattern.DAY)
    if frequency == "WEEKLY":
        return Recurrence(Pattern.WEEK, weekdays=tuple(map(DAYS.index, days.split(","))))
    if frequency == "YEARLY":
        return Recurrence(Pattern.YEAR, day=day, month=int(said["BYMONTH"]))
    if frequency != "MONTHLY":
        raise ValueError(f"not a rule of ours: {said}")
    if days:
        weekday = DAYS.index(days[-2:])
        return Recurrence(Pattern.WEEKDAY_OF_MONTH, weekdays=(weekday,), ordinal=int(days[:-2]))
    if day == -1:
        return Recurrence(Pattern.LAST_DAY)
    # Each third month is what people call a quarter, however it was chosen.
    quarterly = said.get("INTERVAL") == "3"
    return Recurrence(Pattern.QUARTER if quarterly else Pattern.MONTH, day=day)
