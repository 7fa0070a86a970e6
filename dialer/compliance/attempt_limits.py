"""How often a person may be dialled, and when at the earliest again (pure).

Each past attempt counts until an instant of its own: the end of its rolling hours, or of its day,
week or month. In doubt the stricter: where he may be in several zones, until it has ended in all.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final

from dialer.compliance.local_time import EPOCH_ORDINAL, are_known, beginning, local_day
from dialer.compliance.profile import AttemptLimit, Counted, LawProfile, Period
from dialer.compliance.subject import PastAttempt

_ANYWHERE: Final = frozenset({"Etc/GMT+12", "Pacific/Kiritimati"})
"""Where it is today last and first: for whom no zone is known."""
_LONGEST: Final = {
    # A zone may be a day ahead of another, and a day may have 25 hours.
    Period.DAY: timedelta(days=3),
    Period.WEEK: timedelta(days=9),
    Period.MONTH: timedelta(days=33),
}


def free_at(
    limits: Iterable[AttemptLimit],
    attempts: tuple[PastAttempt, ...],
    zones: frozenset[str],
    at: datetime,
) -> tuple[bool, datetime | None]:
    """Whether the limits allow one more at `at`; if not, when they do at the earliest, None for
    never."""
    until = at
    for limit in limits:
        if len(attempts) < limit.most:
            continue
        counted = [each for each in attempts if _counts(limit, each)]
        if len(counted) < limit.most:
            continue
        if limit.most <= 0:
            return False, None
        ends = sorted((counts_until(limit, each.at, zones) for each in counted), reverse=True)
        until = max(until, ends[limit.most - 1])
    return until <= at, until


def counts_until(limit: AttemptLimit, attempted_at: datetime, zones: frozenset[str]) -> datetime:
    """The first instant at which an attempt no longer counts against the limit."""
    if limit.period is Period.ROLLING:
        return attempted_at + rolling_length(limit)
    return _end_everywhere(limit.period, zones, attempted_at)


def rolling_length(limit: AttemptLimit) -> timedelta:
    """Of a limit that rolls; a day where none is said."""
    return timedelta(hours=24 if limit.hours is None else limit.hours)


def history_needed(profile: LawProfile) -> timedelta:
    """How far back the attempts must be known for a judgement by this profile."""
    of_limits = (
        rolling_length(limit) if limit.period is Period.ROLLING else _LONGEST[limit.period]
        for limit in profile.attempts
    )
    return max(timedelta(hours=profile.embargo_hours), *of_limits, timedelta())


def _counts(limit: AttemptLimit, attempt: PastAttempt) -> bool:
    return limit.counted is Counted.ATTEMPTS or attempt.answered


@lru_cache(maxsize=100_000)
def _end_everywhere(period: Period, zones: frozenset[str], at: datetime) -> datetime:
    known = zones if are_known(zones) else _ANYWHERE
    instant = at.timestamp()
    end = max(_end_of_period(period, zone, local_day(zone, instant)) for zone in known)
    return datetime.fromtimestamp(end, UTC)


@lru_cache(maxsize=50_000)
def _end_of_period(period: Period, zone: str, day: int) -> int:
    return beginning(zone, _next_period(period, day))


def _next_period(period: Period, day: int) -> int:
    """The day that begins the period after the one with this day in it."""
    if period is Period.DAY:
        return day + 1
    today = date.fromordinal(day + EPOCH_ORDINAL)
    if period is Period.WEEK:
        return day + 7 - today.weekday()
    next_month = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    return next_month.toordinal() - EPOCH_ORDINAL
