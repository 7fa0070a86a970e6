"""What a filter may hold, read from how an address writes it (pure)."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Final

from crm_core.errors import Invalid

NONE: Final = "none"
"""Among choices: that nothing stands there."""
EMPTY, FILLED = "-", "*"
"""Of a text: that nothing, or anything, stands there."""
ALL: Final = "all"
"""Of days: at any time."""
LONGEST: Final = 2000  # characters of one filter
MOST_CHOICES: Final = 100
FIRST_YEAR, LAST_YEAR = 1990, 2200
_LARGEST: Final = Decimal(10**15)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NUMBER: Final = re.compile(r"-?[0-9]{1,16}(\.[0-9]{1,6})?")


@dataclass(frozen=True, slots=True)
class Among:
    """At least one of these; the keys of options."""

    keys: frozenset[str]

    @property
    def ids(self) -> tuple[int, ...]:
        """Those that are ids, in order."""
        return tuple(sorted(int(key) for key in self.keys if key.isdecimal()))

    @property
    def none(self) -> bool:
        """Whether those without any are meant too."""
        return NONE in self.keys


@dataclass(frozen=True, slots=True)
class Days:
    """First and last day, both included; None is open: ALL has neither. `none`: those without a
    day."""

    first: date | None = None
    last: date | None = None
    none: bool = False

    def instants(self, zone: tzinfo) -> tuple[datetime | None, datetime | None]:
        """From (included) and until (not included), in UTC, as `zone` counts its days."""
        after = self.last + timedelta(days=1) if self.last else None
        return _begins(self.first, zone), _begins(after, zone)


@dataclass(frozen=True, slots=True)
class Span:
    """From and to, both included; None is open."""

    least: Decimal | None = None
    most: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """A part of a text; EMPTY and FILLED ask whether there is any."""

    text: str


Value = Among | Days | Span | Words


class Period(StrEnum):
    """Days that move on with the calendar, so that a saved filter stays true."""

    TODAY = "today"
    YESTERDAY = "yesterday"
    WEEK = "7days"
    MONTH = "30days"
    THIS_MONTH = "this_month"
    LAST_MONTH = "last_month"
    NEXT_MONTH = "next_month"
    QUARTER = "quarter"
    THIS_YEAR = "this_year"
    OVERDUE = "overdue"  # before today
    TOMORROW = "tomorrow"
    COMING_WEEK = "next_7days"


def read_among(name: str, written: str, known: Collection[str]) -> Among:
    """ "me,7,none"; each must be one of `known`."""
    keys = [key.strip() for key in written.split(",") if key.strip()]
    if len(keys) > MOST_CHOICES:
        raise Invalid(name, "filter_too_many", most=MOST_CHOICES)
    for key in keys:
        if key not in known:
            raise Invalid(name, "filter_no_choice", value=key[:40])
    if not keys:
        raise Invalid(name, "filter_empty")
    return Among(frozenset(keys))


def read_days(name: str, written: str, today: date) -> Days:
    """ "2026-01-01..2026-02-01" (either side may be open), one day, a Period, ALL or NONE."""
    if written in (NONE, ALL):
        return Days(none=written == NONE)
    if written in set(Period):
        return Days(*days_of(Period(written), today))
    first, parted, last = written.partition("..")
    from_day = _day(name, first)
    days = Days(from_day, _day(name, last) if parted else from_day)
    if days.first is None and days.last is None:
        raise Invalid(name, "filter_empty")
    if days.first and days.last and days.last < days.first:
        raise Invalid(name, "filter_backwards")
    return days


def read_span(name: str, written: str, *, least: int | None = None) -> Span:
    """ "10..20.5" with either side open, or one number; none below `least`."""
    first, parted, last = written.partition("..")
    from_number = _number(name, first)
    span = Span(from_number, _number(name, last) if parted else from_number)
    if span.least is None and span.most is None:
        raise Invalid(name, "filter_empty")
    if span.least is not None and span.most is not None and span.most < span.least:
        raise Invalid(name, "filter_backwards")
    if least is not None and any(n is not None and n < least for n in (span.least, span.most)):
        raise Invalid(name, "filter_too_small", least=least)
    return span


def read_words(name: str, written: str) -> Words:
    """A part of a text, or EMPTY or FILLED."""
    if not written.strip():
        raise Invalid(name, "filter_empty")
    return Words(written.strip()[:200])


def days_of(period: Period, today: date) -> tuple[date | None, date | None]:
    """First and last day of a period as somebody means it today."""
    first, day = today.replace(day=1), timedelta(days=1)
    quarter = first.replace(month=first.month - (first.month - 1) % 3)
    spans: Mapping[Period, tuple[date | None, date | None]] = {
        Period.TODAY: (today, today),
        Period.YESTERDAY: (today - day, today - day),
        Period.WEEK: (today - 6 * day, today),
        Period.MONTH: (today - 29 * day, today),
        Period.THIS_MONTH: (first, _months_on(first, 1) - day),
        Period.LAST_MONTH: (_months_on(first, -1), first - day),
        Period.NEXT_MONTH: (_months_on(first, 1), _months_on(first, 2) - day),
        Period.QUARTER: (quarter, _months_on(quarter, 3) - day),
        Period.THIS_YEAR: (today.replace(month=1, day=1), today.replace(month=12, day=31)),
        Period.OVERDUE: (None, today - day),
        Period.TOMORROW: (today + day, today + day),
        Period.COMING_WEEK: (today, today + 6 * day),
    }
    return spans[period]


def _months_on(first: date, months: int) -> date:
    years, month = divmod(first.month - 1 + months, 12)
    return first.replace(year=first.year + years, month=month + 1)


def _begins(day: date | None, zone: tzinfo) -> datetime | None:
    if day is None:
        return None
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def _day(name: str, written: str) -> date | None:
    if not written.strip():
        return None
    try:
        if not _DAY.fullmatch(written.strip()):
            raise ValueError
        day = date.fromisoformat(written.strip())
    except ValueError:
        raise Invalid(name, "filter_no_day", value=written[:40]) from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise Invalid(name, "year_out_of_range", least=FIRST_YEAR, most=LAST_YEAR)
    return day


def _number(name: str, written: str) -> Decimal | None:
    plain = re.sub(r"[\s  ]", "", written).replace(",", ".")
    if not plain:
        return None
    try:
        number = Decimal(plain) if _NUMBER.fullmatch(plain) else None
    except InvalidOperation:
        number = None
    if number is None or abs(number) > _LARGEST:
        raise Invalid(name, "filter_no_number", value=written[:40])
    return number
