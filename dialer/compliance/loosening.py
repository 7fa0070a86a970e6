"""What a change of a law profile newly allows (pure): only an administrator may, with a reason.

In doubt it is a loosening: of two windows or periods neither of which contains the other, too.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import product
from typing import Final

from dialer.compliance.attempt_limits import rolling_length
from dialer.compliance.profile import (
    AbandonmentRule,
    AttemptLimit,
    CallingHours,
    ConsentRule,
    Counted,
    CountedFrom,
    LawProfile,
    Period,
    RecordingRule,
)
from dialer.compliance.spans import Spans, holiday_spans, lies_within

_STRICTER_RECORDING: Final = tuple(RecordingRule)
"""From the mildest to the strictest, as they are declared."""

_HOURS_AROUND: Final[Mapping[Period, int]] = {
    # Rolling hours that hold any such period whole, with a day for a clock that is changed.
    Period.DAY: 2 * 24,
    Period.WEEK: 8 * 24,
    Period.MONTH: 32 * 24,
}


def loosened(before: LawProfile, after: LawProfile) -> tuple[str, ...]:
    """Names of the fields in which `after` allows anything that `before` forbade."""
    return tuple(name for name, is_looser in _RULES.items() if is_looser(before, after))


def _hours(before: LawProfile, after: LawProfile) -> bool:
    weekdays = zip(after.hours.weekdays, before.hours.weekdays, strict=True)
    return not all(lies_within(mine, old) for mine, old in weekdays)


def _holidays(before: LawProfile, after: LawProfile) -> bool:
    return not all(
        lies_within(holiday_spans(after.hours, day), holiday_spans(before.hours, day))
        for day in range(7)
    )


def _calendar(before: LawProfile, after: LawProfile) -> bool:
    """Where holidays are others, a day may be one of the old only, or of the new only."""
    if (before.country, before.subdivision) == (after.country, after.subdivision):
        return False
    pairs = zip(_each_day(after.hours), _each_day(before.hours), strict=True)
    return not all(
        lies_within(mine, old)
        for of_day, old_of_day in pairs
        for mine, old in product(of_day, old_of_day)
    )


def _each_day(hours: CallingHours) -> Iterator[tuple[Spans, Spans]]:
    """Of each weekday what it is, and what it is as a holiday."""
    for day in range(7):
        yield hours.weekdays[day], holiday_spans(hours, day)


def _attempts(before: LawProfile, after: LawProfile) -> bool:
    return not all(any(_implies(limit, old) for limit in after.attempts) for old in before.attempts)


def _implies(limit: AttemptLimit, other: AttemptLimit) -> bool:
    """Whether whoever keeps `limit` keeps `other`."""
    counts_all = limit.counted is Counted.ATTEMPTS or limit.counted is other.counted
    return limit.most <= other.most and counts_all and _holds(limit, other)


def _holds(limit: AttemptLimit, other: AttemptLimit) -> bool:
    """Whether what `other` counts over lies within what `limit` does."""
    if limit.period is not Period.ROLLING:
        within = {limit.period} if limit.period is Period.DAY else {limit.period, Period.DAY}
        return other.period in within
    hours = rolling_length(limit).total_seconds() / 3600
    if other.period is Period.ROLLING:
        return hours >= rolling_length(other).total_seconds() / 3600
    return hours >= _HOURS_AROUND[other.period]


def _abandonment_limit(before: LawProfile, after: LawProfile) -> bool:
    old, new = before.abandonment.limit, after.abandonment.limit
    return old is not None and (new is None or new > old)


def _abandonment_window(before: LawProfile, after: LawProfile) -> bool:
    """None abandoned is none in any window."""
    old, new = before.abandonment, after.abandonment
    return old.limit is not None and new.limit != 0 and old.window is not new.window


def _abandonment_seconds(before: LawProfile, after: LawProfile) -> bool:
    return after.abandonment.seconds > before.abandonment.seconds


def _counted_from(before: LawProfile, after: LawProfile) -> bool:
    return _is_from_answer(before.abandonment) and not _is_from_answer(after.abandonment)


def _is_from_answer(rule: AbandonmentRule) -> bool:
    return rule.counted_from is CountedFrom.ANSWER


def _recording(before: LawProfile, after: LawProfile) -> bool:
    order = _STRICTER_RECORDING.index
    return order(after.recording) < order(before.recording)


def _caller_label(before: LawProfile, after: LawProfile) -> bool:
    old, new = before.caller_label_length, after.caller_label_length
    return old > 0 and not 0 < new <= old


def _consent(before: LawProfile, after: LawProfile) -> bool:
    return before.consent is ConsentRule.NEEDED and after.consent is not ConsentRule.NEEDED


_RULES: Final[Mapping[str, Callable[[LawProfile, LawProfile], bool]]] = {
    "hours": _hours,
    "holidays": _holidays,
    "country": _calendar,
    "attempts": _attempts,
    "minimum_ring_seconds": lambda old, new: new.minimum_ring_seconds < old.minimum_ring_seconds,
    "abandonment_limit": _abandonment_limit,
    "abandonment_window": _abandonment_window,
    "abandonment_seconds": _abandonment_seconds,
    "abandonment_counted_from": _counted_from,
    "message_needed": lambda old, new: old.message_needed and not new.message_needed,
    "opt_out_key": lambda old, new: bool(old.opt_out_key) and not new.opt_out_key,
    "embargo_hours": lambda old, new: new.embargo_hours < old.embargo_hours,
    "consent": _consent,
    "recording": _recording,
    "caller_label_length": _caller_label,
    "retention_days": lambda old, new: new.retention_days < old.retention_days,
}
FIELDS: Final = tuple(_RULES)
"""Every name that `loosened` may give; each has a word in `web`."""
