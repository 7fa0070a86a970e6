"""Watches a simulation from outside and counts every rule that was not kept.

Deliberately slow and plain, and none of the code that decides: it goes by wall clocks and by lists
of what has happened.
"""

from collections import deque
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from dialer.compliance.local_time import EPOCH_ORDINAL
from dialer.compliance.profile import (
    AttemptLimit,
    ConsentRule,
    Counted,
    HolidayRule,
    LawProfile,
    Period,
    Window,
)
from dialer.compliance.public_holidays import is_holiday
from dialer.pacing.meter import Count
from dialer.simulation.people import Person
from dialer.simulation.result import Broken, Result
from dialer.simulation.scenario import Scenario

_DAY = 86400.0
_SUNDAY = 6


class Referee:
    """Is told of every dial and every live answer; writes into the result."""

    def __init__(self, scenario: Scenario, result: Result) -> None:
        self._law = scenario.law
        self._policy = scenario.policy
        self._zone = scenario.zone
        self._result = result
        self._last_second: deque[float] = deque()
        self._windows: dict[object, Count] = {}
        self._rolling: deque[tuple[float, bool]] = deque()
        self._now = Count()
        self._first: float | None = None

    def dialled(self, person: Person, at: float, lines: int) -> None:
        """A call is placed, which makes so many lines in use."""
        law, broken = self._law, self._result.violations
        minute = int(at // 60)
        if not all(_may_be_called(law, zone, minute) for zone in person.zone.split()):
            broken[Broken.CALLING_HOURS] += 1
        if law.consent is ConsentRule.NEEDED and not person.consented:
            broken[Broken.CONSENT] += 1
        if person.listed:
            broken[Broken.DO_NOT_CALL] += 1
        if person.attempts:
            self._past(person, at)
        if lines > self._policy.trunks:
            broken[Broken.TRUNKS] += 1
        self._last_second.append(at)
        while self._last_second[0] <= at - 1.0:
            self._last_second.popleft()
        if len(self._last_second) > max(1.0, self._policy.calls_per_second):
            broken[Broken.CALLS_PER_SECOND] += 1

    def given_up(self, rang: float) -> None:
        """A call was taken back unanswered after so much ringing."""
        if rang < self._law.minimum_ring_seconds:
            self._result.violations[Broken.MINIMUM_RING] += 1

    def answered(self, at: float, *, abandoned: bool) -> None:
        """A live person answered, and somebody was with him in time or not."""
        if self._first is None:
            self._first = at
        window = self._law.abandonment.window
        if window is Window.DAY:
            key: object = datetime.fromtimestamp(at, self._zone).date()
        elif window is Window.PERIODS_OF_30_DAYS:
            key = int((at - self._first) // (30 * _DAY))
        else:
            self._roll(at, abandoned, _DAY if window is Window.ROLLING_24_HOURS else 30 * _DAY)
            return
        count = self._windows.setdefault(key, Count())
        count.answered += 1
        count.abandoned += abandoned

    def close(self) -> None:
        """The run is over: windows that broke the limit are counted, the worst is kept."""
        if self._rolling:
            self._windows["last"] = self._now
        self._result.windows = len(self._windows)
        for count in self._windows.values():
            self._weigh(count)

    def _weigh(self, count: Count) -> None:
        limit = self._law.abandonment.limit
        if count.share >= self._result.worst_window.share:
            self._result.worst_window = Count(count.answered, count.abandoned)
        if limit is not None and count.share > limit:
            self._result.violations[Broken.ABANDONMENT] += 1

    def _roll(self, at: float, abandoned: bool, length: float) -> None:
        """A rolling window is judged once it is full, by every piece of ten minutes."""
        assert self._first is not None
        self._rolling.append((at, abandoned))
        self._now.answered += 1
        self._now.abandoned += abandoned
        while self._rolling[0][0] <= at - length:
            _, gone = self._rolling.popleft()
            self._now.answered -= 1
            self._now.abandoned -= gone
        if at - self._first < length:
            return
        piece = int(at // 600)
        worst = self._windows.get(piece)
        if worst is None or self._now.share > worst.share:
            self._windows[piece] = Count(self._now.answered, self._now.abandoned)

    def _past(self, person: Person, at: float) -> None:
        """Attempt limits and the embargo, by going through everything that was dialled."""
        now = datetime.fromtimestamp(at, UTC)
        for limit in self._law.attempts:
            if any(_is_full(limit, person, now, ZoneInfo(zone)) for zone in person.zone.split()):
                self._result.violations[Broken.ATTEMPTS] += 1
        embargo = timedelta(hours=self._law.embargo_hours)
        if any(past.abandoned and now - past.at < embargo for past in person.attempts):
            self._result.violations[Broken.EMBARGO] += 1


def _is_full(limit: AttemptLimit, person: Person, now: datetime, zone: ZoneInfo) -> bool:
    counted = sum(
        (past.answered or limit.counted is Counted.ATTEMPTS)
        and _same_period(past.at, now, limit, zone)
        for past in person.attempts
    )
    return counted >= limit.most


def _same_period(then: datetime, now: datetime, limit: AttemptLimit, zone: ZoneInfo) -> bool:
    before, today = then.astimezone(zone).date(), now.astimezone(zone).date()
    if limit.period is Period.ROLLING:
        return now - then < timedelta(hours=limit.hours or 24)
    if limit.period is Period.WEEK:
        return before.isocalendar()[:2] == today.isocalendar()[:2]
    if limit.period is Period.MONTH:
        return (before.year, before.month) == (today.year, today.month)
    return before == today


@lru_cache(maxsize=100_000)
def _may_be_called(law: LawProfile, zone: str, minute: int) -> bool:
    wall = datetime.fromtimestamp(minute * 60, ZoneInfo(zone))
    weekday, rule = wall.weekday(), law.hours.holidays
    day = wall.toordinal() - EPOCH_ORDINAL
    if rule is not HolidayRule.AS_USUAL and is_holiday(law.country, law.subdivision, day):
        if rule is HolidayRule.NO_CALLS:
            return False
        weekday = _SUNDAY
    now = wall.hour * 60 + wall.minute
    return any(span.start <= now < span.end for span in law.hours.weekdays[weekday])
