"""What loosens a profile is named, and what tightens it is not."""

from dataclasses import replace

import pytest

from dialer.compliance.loosening import FIELDS, loosened
from dialer.compliance.profile import (
    AbandonmentRule,
    AttemptLimit,
    CallingHours,
    ConsentRule,
    Counted,
    CountedFrom,
    HolidayRule,
    LawProfile,
    Period,
    RecordingRule,
    Span,
    Window,
)
from dialer.profiles.built_in import built_in

BASE = replace(
    built_in()["ru_collectors"],
    opt_out_key="9",
    abandonment=AbandonmentRule(0.03, Window.DAY, 2.0, CountedFrom.ANSWER),
)
HOURS = BASE.hours
DAY1 = (AttemptLimit(1, Period.DAY),)


def weekday(day: int, *spans: Span) -> CallingHours:
    return replace(HOURS, weekdays=(*HOURS.weekdays[:day], spans, *HOURS.weekdays[day + 1 :]))


def abandonment(**changes: object) -> LawProfile:
    return replace(BASE, abandonment=replace(BASE.abandonment, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("after", "names"),
    [
        (BASE, set()),
        (replace(BASE, key="other", sources=()), set()),
        (replace(BASE, hours=weekday(0, Span(479, 600))), {"hours"}),
        (replace(BASE, hours=weekday(0, Span(480, 700), Span(700, 1320))), set()),
        (replace(BASE, hours=weekday(0)), set()),
        (replace(BASE, hours=weekday(6, Span(480, 1260))), {"hours", "holidays"}),
        (replace(BASE, hours=replace(HOURS, holidays=HolidayRule.AS_USUAL)), {"holidays"}),
        (replace(BASE, hours=replace(HOURS, holidays=HolidayRule.NO_CALLS)), set()),
        (replace(BASE, country="SK"), {"country"}),
        (replace(BASE, minimum_ring_seconds=14), {"minimum_ring_seconds"}),
        (replace(BASE, minimum_ring_seconds=16), set()),
        (abandonment(limit=0.031), {"abandonment_limit"}),
        (abandonment(limit=None), {"abandonment_limit"}),
        (abandonment(limit=0.0), set()),
        (abandonment(window=Window.ROLLING_30_DAYS), {"abandonment_window"}),
        (abandonment(limit=0.0, window=Window.ROLLING_30_DAYS), set()),
        (abandonment(seconds=2.5), {"abandonment_seconds"}),
        (abandonment(seconds=1.0), set()),
        (abandonment(counted_from=CountedFrom.GREETING_END), {"abandonment_counted_from"}),
        (replace(BASE, message_needed=False), {"message_needed"}),
        (replace(BASE, opt_out_key=""), {"opt_out_key"}),
        (replace(BASE, opt_out_key="1"), set()),
        (replace(BASE, embargo_hours=71), {"embargo_hours"}),
        (replace(BASE, embargo_hours=73), set()),
        (replace(BASE, consent=ConsentRule.NOT_NEEDED), {"consent"}),
        (replace(BASE, recording=RecordingRule.ALLOWED), {"recording"}),
        (replace(BASE, recording=RecordingRule.FORBIDDEN), set()),
        (replace(BASE, caller_label_length=33), {"caller_label_length"}),
        (replace(BASE, caller_label_length=0), {"caller_label_length"}),
        (replace(BASE, caller_label_length=31), set()),
        (replace(BASE, retention_days=1095), {"retention_days"}),
        (replace(BASE, attempts=()), {"attempts"}),
        (replace(BASE, attempts=BASE.attempts[1:]), {"attempts"}),
    ],
)
def test_only_what_allows_more_is_a_loosening(after: LawProfile, names: set[str]) -> None:
    assert set(loosened(BASE, after)) == names


@pytest.mark.parametrize(
    ("before", "after", "is_looser"),
    [
        (DAY1, (AttemptLimit(2, Period.DAY),), True),
        (DAY1, (AttemptLimit(0, Period.DAY),), False),
        (DAY1, (AttemptLimit(1, Period.DAY, Counted.CONVERSATIONS),), True),
        ((AttemptLimit(1, Period.DAY, Counted.CONVERSATIONS),), DAY1, False),
        (DAY1, (AttemptLimit(1, Period.WEEK),), False),
        (DAY1, (AttemptLimit(1, Period.MONTH),), False),
        # A week may lie in two months: one in January, one in February.
        ((AttemptLimit(1, Period.WEEK),), (AttemptLimit(1, Period.MONTH),), True),
        # A day of 25 hours holds two that are 24 apart.
        (DAY1, (AttemptLimit(1, Period.ROLLING, hours=24),), True),
        (DAY1, (AttemptLimit(1, Period.ROLLING, hours=48),), False),
        ((AttemptLimit(1, Period.ROLLING, hours=24),), DAY1, True),
        (
            (AttemptLimit(1, Period.ROLLING, hours=24),),
            (AttemptLimit(1, Period.ROLLING, hours=23),),
            True,
        ),
        ((), DAY1, False),
    ],
)
def test_a_limit_is_kept_by_whoever_keeps_a_stricter_one(
    before: tuple[AttemptLimit, ...], after: tuple[AttemptLimit, ...], *, is_looser: bool
) -> None:
    assert (
        bool(loosened(replace(BASE, attempts=before), replace(BASE, attempts=after))) == is_looser
    )


def test_where_no_share_was_limited_none_is_loosened() -> None:
    free = abandonment(limit=None)
    assert loosened(free, abandonment(limit=0.5, window=Window.ROLLING_30_DAYS)) == ()


def test_other_holidays_loosen_nothing_where_all_days_are_alike() -> None:
    alike = replace(BASE, hours=CallingHours(((Span(480, 1260),),) * 7))
    assert loosened(alike, replace(alike, country="SK")) == ()


def test_every_name_that_is_told_is_one_of_the_fields() -> None:
    opposite = replace(
        BASE,
        country="SK",
        hours=CallingHours(((Span(0, 1440),),) * 7),
        attempts=(),
        minimum_ring_seconds=0,
        abandonment=AbandonmentRule(1.0, Window.ROLLING_30_DAYS, 9.0, CountedFrom.GREETING_END),
        message_needed=False,
        opt_out_key="",
        embargo_hours=0,
        consent=ConsentRule.NOT_NEEDED,
        recording=RecordingRule.ALLOWED,
        caller_label_length=0,
        retention_days=0,
    )
    assert loosened(BASE, opposite) == FIELDS
