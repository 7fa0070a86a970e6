"""What repeats comes when people expect it: over changes of the clock, short months, leap days."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from crm_core.tasks.recurrence import (
    Pattern,
    Recurrence,
    fitting,
    instant,
    next_occurrence,
    occurrences,
    read_rule,
    rule_text,
    wall_clock,
)

ZONES = [
    "UTC",
    "Europe/Moscow",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Asia/Kathmandu",
]
moments = st.datetimes(datetime(2005, 1, 1), datetime(2040, 1, 1)).map(  # noqa: DTZ001 - a wall's
    lambda at: at.replace(second=0, microsecond=0)
)
chosen = st.builds(
    Recurrence,
    pattern=st.sampled_from(Pattern),
    every=st.integers(1, 5),
    weekdays=st.sets(st.integers(0, 6), max_size=3).map(lambda days: tuple(sorted(days))),
)
NEW_YORK = ZoneInfo("America/New_York")


def series(recurrence: Recurrence, first: str, zone: str = "UTC", times: int = 4) -> list[str]:
    """The wall-clock moments that follow `first`."""
    slot, here = datetime.fromisoformat(first), ZoneInfo(zone)
    rule, shown = rule_text(fitting(recurrence, slot), slot), list[str]()
    for _ in range(times):
        following = next_occurrence(rule, here, instant(read_rule(rule)[1], here))
        if following is None:
            break
        rule, at = following
        shown.append(f"{at.astimezone(here):%Y-%m-%d %H:%M}")
    return shown


@pytest.mark.parametrize(
    ("recurrence", "first", "following"),
    [
        (Recurrence(Pattern.DAY, every=3), "2026-02-27T10:00", ["2026-03-02", "2026-03-05"]),
        (Recurrence(Pattern.WORKDAY), "2026-03-05T10:00", ["2026-03-06", "2026-03-09"]),
        (Recurrence(Pattern.WEEK, every=2), "2026-03-03T10:00", ["2026-03-17", "2026-03-31"]),
        (
            Recurrence(Pattern.WEEK, weekdays=(0, 3)),
            "2026-03-02T10:00",
            ["2026-03-05", "2026-03-09"],
        ),
        (Recurrence(Pattern.MONTH), "2026-01-31T10:00", ["2026-02-28", "2026-03-31"]),
        (Recurrence(Pattern.MONTH), "2028-01-30T10:00", ["2028-02-29", "2028-03-30"]),
        (Recurrence(Pattern.LAST_DAY), "2026-02-28T10:00", ["2026-03-31", "2026-04-30"]),
        (Recurrence(Pattern.WEEKDAY_OF_MONTH), "2026-03-10T10:00", ["2026-04-14", "2026-05-12"]),
        (Recurrence(Pattern.WEEKDAY_OF_MONTH), "2026-03-31T10:00", ["2026-04-28", "2026-05-26"]),
        (Recurrence(Pattern.QUARTER), "2025-11-30T10:00", ["2026-02-28", "2026-05-30"]),
        (Recurrence(Pattern.YEAR), "2024-02-29T10:00", ["2025-02-28", "2026-02-28"]),
    ],
)
def test_the_next_ones_stand_on_the_days_that_people_expect(
    recurrence: Recurrence, first: str, following: list[str]
) -> None:
    assert series(recurrence, first, times=2) == [f"{day} 10:00" for day in following]


def test_a_leap_day_comes_back_each_fourth_year() -> None:
    days = series(Recurrence(Pattern.YEAR), "2024-02-29T09:00", times=4)
    assert days[-1] == "2028-02-29 09:00"


def test_ten_o_clock_stays_ten_o_clock_when_the_clocks_change() -> None:
    assert series(Recurrence(Pattern.WEEK), "2026-03-24T10:00", "Europe/Berlin", 2) == [
        "2026-03-31 10:00",
        "2026-04-07 10:00",
    ]
    rule = rule_text(
        Recurrence(Pattern.WEEK, weekdays=(1,)), datetime.fromisoformat("2026-03-24T10:00")
    )
    _, at = next_occurrence(rule, ZoneInfo("Europe/Berlin"), datetime.min.replace(tzinfo=UTC)) or (
        "",
        None,
    )
    assert at == datetime(2026, 3, 31, 8, tzinfo=UTC)


def test_a_time_that_a_day_does_not_have_moves_on_with_the_clock_and_comes_back_the_day_after() -> (
    None
):
    assert series(Recurrence(Pattern.DAY), "2026-03-07T02:30", "America/New_York", 2) == [
        "2026-03-08 03:30",
        "2026-03-09 02:30",
    ]


def test_a_day_that_a_place_left_out_is_had_once() -> None:
    days = series(Recurrence(Pattern.DAY), "2011-12-28T10:00", "Pacific/Apia", 3)
    assert days == ["2011-12-29 10:00", "2011-12-31 10:00", "2012-01-01 10:00"]


def test_a_series_ends_after_its_last_day_and_after_so_many_times() -> None:
    until = Recurrence(Pattern.DAY, until=date(2026, 3, 4))
    assert len(series(until, "2026-03-02T23:30")) == 2
    assert len(series(Recurrence(Pattern.DAY, count=3), "2026-03-02T10:00")) == 2
    assert series(Recurrence(Pattern.DAY, count=1), "2026-03-02T10:00") == []


def test_what_was_missed_is_not_asked_for_again_but_counts() -> None:
    slot = datetime.fromisoformat("2026-03-02T10:00")
    rule = rule_text(Recurrence(Pattern.DAY, count=5), slot)
    late = datetime(2026, 3, 4, 12, tzinfo=UTC)
    following = next_occurrence(rule, ZoneInfo("UTC"), late)
    assert following is not None
    assert following[1] == datetime(2026, 3, 5, 10, tzinfo=UTC)
    assert read_rule(following[0])[0].count == 2


def test_a_rule_of_somebody_else_is_refused() -> None:
    with pytest.raises(ValueError, match="not a rule of ours"):
        read_rule("DTSTART:20260302T100000\nRRULE:FREQ=HOURLY")


@settings(max_examples=60, deadline=None)
@given(recurrence=chosen, first=moments, until=st.none() | st.dates(date(2040, 2, 1)))
def test_what_was_chosen_is_read_back_from_what_was_written(
    recurrence: Recurrence, first: datetime, until: date | None
) -> None:
    assume(recurrence.pattern is not Pattern.MONTH or recurrence.every != 3)  # a quarter
    made = fitting(recurrence, first)
    read, slot = read_rule(rule_text(made, first))
    assert slot == first
    assert rule_text(read, slot) == rule_text(made, first)
    assert read.pattern is made.pattern


@settings(max_examples=60, deadline=None)
@given(recurrence=chosen, first=moments, zone=st.sampled_from(ZONES), late=st.integers(0, 90))
def test_each_one_is_later_than_the_one_before_and_at_the_same_time_by_the_wall(
    recurrence: Recurrence, first: datetime, zone: str, late: int
) -> None:
    here = ZoneInfo(zone)
    rule, before = rule_text(fitting(recurrence, first), first), instant(first, here)
    for _ in range(6):
        following = next_occurrence(rule, here, before + timedelta(days=late))
        assert following is not None
        rule, at = following
        assert at > before + timedelta(days=late)
        slot = read_rule(rule)[1]
        assert slot.time() == first.time()
        shown = wall_clock(at, here)
        assert shown == slot or shown > slot  # on only where the clock itself went on
        assert shown - slot <= timedelta(days=1)
        before = at


@settings(max_examples=60, deadline=None)
@given(recurrence=chosen, first=moments, zone=st.sampled_from(ZONES))
def test_no_occurrence_comes_twice(recurrence: Recurrence, first: datetime, zone: str) -> None:
    here = ZoneInfo(zone)
    rule = rule_text(fitting(recurrence, first), first)
    seen = list(occurrences(rule, here, instant(first, here) + timedelta(days=120)))
    assert len(set(seen)) == len(seen)
    assert seen == sorted(seen)
    one_by_one = list[datetime]()
    following = next_occurrence(rule, here, instant(first, here))
    while following is not None and len(one_by_one) < min(len(seen), 5):
        one_by_one.append(following[1])
        following = next_occurrence(following[0], here, following[1])
    assert one_by_one == seen[:5]


@settings(max_examples=60, deadline=None)
@given(first=moments, zone=st.sampled_from(ZONES))
def test_each_month_has_its_last_day(first: datetime, zone: str) -> None:
    here = ZoneInfo(zone)
    rule = rule_text(Recurrence(Pattern.LAST_DAY), first)
    for _ in range(13):
        following = next_occurrence(rule, here, instant(read_rule(rule)[1], here))
        assert following is not None
        rule = following[0]
        slot = read_rule(rule)[1]
        assert (slot + timedelta(days=1)).day == 1
