"""When a person may be called by his own clock: open and closed, and until when (pure).

In doubt the stricter: open only while it is so in every zone where he may be. A day's spans are
those of its weekday, or what its being a public holiday makes of it. Where clocks are changed it is
the wall clock that counts: an hour that comes twice is judged alike twice.
"""

from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

from dialer.compliance.local_time import (
    DAY,
    EPOCH_ORDINAL,
    are_known,
    local_day,
    offset_at,
    stretches,
)
from dialer.compliance.profile import CallingHours, HolidayRule, Span
from dialer.compliance.public_holidays import is_holiday
from dialer.compliance.spans import common, holiday_spans, joined

HORIZON_DAYS: Final = 400  # every yearly rule has had its turn
_MOST_DAYS_KEPT: Final = 420
_MOST_LATELY: Final = 2_000
_Edges = tuple[int, ...]
"""Instants in order: opens, closes, opens, closes …"""


def open_span(
    hours: CallingHours, country: str, subdivision: str, zones: frozenset[str], at: datetime
) -> tuple[bool, datetime]:
    """Whether one may call at `at`, and when that changes next.

    Where it does not change within HORIZON_DAYS, the end of these. No zone, or an unknown one:
    closed.
    """
    is_open, until = opening_times(hours, country, subdivision, zones).at(at.timestamp())
    end = at + timedelta(days=HORIZON_DAYS)
    return is_open, end if until is None else min(end, datetime.fromtimestamp(until, UTC))


class OpeningTimes:
    """The open times of one set of rules and zones; remembers the days it has been asked about."""

    __slots__ = ("_country", "_days", "_hours", "_stretch", "_subdivision", "_zones")

    def __init__(
        self, hours: CallingHours, country: str, subdivision: str, zones: frozenset[str]
    ) -> None:
        self._hours = hours
        self._country = country
        self._subdivision = subdivision
        self._zones = sorted(zones) if are_known(zones) else []
        self._days: dict[int, _Edges] = {}
        self._stretch: tuple[float, float, bool, int | None] = (0.0, 0.0, False, None)

    def at(self, instant: float) -> tuple[bool, int | None]:
        """Whether it is open at `instant` (seconds since 1970), and the instant of the next change;
        None for one further off than HORIZON_DAYS."""
        since, until, is_open, change = self._stretch
        if since <= instant < until:
            return is_open, change
        is_open = bool(bisect_right(self._edges(int(instant // DAY)), instant) % 2)
        change = self._next_change(instant, is_open)
        until = instant + DAY if change is None else change  # never: looked for again tomorrow
        self._stretch = (instant, until, is_open, change)
        return is_open, change

    def closed_by(self, instant: float) -> tuple[bool, bool]:
        """Whether, of the zones in which it is closed, one is so by its weekday, and one because a
        holiday is shorter than its weekday."""
        by_hours = by_holiday = False
        for zone in self._zones:
            day = local_day(zone, instant)
            second = instant + offset_at(zone, instant) - day * DAY
            usual, today = self._hours.weekdays[_weekday(day)], self._spans(day)
            if not _within(today, second):
                by_hours |= not _within(usual, second)
                by_holiday |= today != usual
        return by_hours, by_holiday

    def _next_change(self, instant: float, is_open: bool) -> int | None:
        today = int(instant // DAY)
        for day in range(today, today + HORIZON_DAYS + 1):
            edges = self._edges(day)
            if is_open and day > today and (not edges or edges[0] != day * DAY):
                return day * DAY
            for place in range(bisect_right(edges, instant), len(edges)):
                opens = place % 2 == 0
                if opens != is_open and edges[place] < (day + 1) * DAY:
                    return edges[place]
        return None

    def _edges(self, day: int) -> _Edges:
        known = self._days.get(day)
        if known is None:
            if len(self._days) >= _MOST_DAYS_KEPT:
                self._days.clear()
            known = self._days[day] = self._common(day)
        return known

    def _common(self, day: int) -> _Edges:
        """The edges of what is open in every zone."""
        shared = [(day * DAY, (day + 1) * DAY)] if self._zones else []
        for zone in self._zones:
            if shared:  # where nothing is left, the other zones need not be asked
                shared = common(shared, self._open_in(zone, day))
        return tuple(edge for span in shared for edge in span)

    def _open_in(self, zone: str, day: int) -> list[tuple[int, int]]:
        """The open times of one zone within a day of UTC."""
        return joined(
            (max(begin, opens - offset), min(end, closes - offset))
            for begin, end, offset in stretches(zone, day)
            for local in range((begin + offset) // DAY, (end + offset - 1) // DAY + 1)
            for opens, closes in self._local_seconds(local)
            if max(begin, opens - offset) < min(end, closes - offset)
        )

    def _local_seconds(self, day: int) -> list[tuple[int, int]]:
        return [
            (day * DAY + span.start * 60, day * DAY + span.end * 60) for span in self._spans(day)
        ]

    def _spans(self, day: int) -> tuple[Span, ...]:
        rule = self._hours.holidays
        if rule is HolidayRule.AS_USUAL or not is_holiday(self._country, self._subdivision, day):
            return self._hours.weekdays[_weekday(day)]
        return holiday_spans(self._hours, _weekday(day))


_Key = tuple[int, str, str, frozenset[str]]
_lately: Final[dict[_Key, tuple[CallingHours, OpeningTimes]]] = {}
"""By the rules' identity, which is compared in no time; they are kept, so it stays theirs."""
_kept = lru_cache(maxsize=2_000)(OpeningTimes)


def opening_times(
    hours: CallingHours, country: str, subdivision: str, zones: frozenset[str]
) -> OpeningTimes:
    """The one OpeningTimes of these rules and zones."""
    key = id(hours), country, subdivision, zones
    found = _lately.get(key)
    if found is None:
        if len(_lately) >= _MOST_LATELY:
            _lately.clear()
        found = _lately[key] = hours, _kept(hours, country, subdivision, zones)
    return found[1]


def _weekday(day: int) -> int:
    return (day + EPOCH_ORDINAL - 1) % 7


def _within(spans: tuple[Span, ...], second: float) -> bool:
    return any(span.start * 60 <= second < span.end * 60 for span in spans)
