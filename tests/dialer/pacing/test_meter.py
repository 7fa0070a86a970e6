"""The legal meter counts in the law's own window."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dialer.compliance.profile import AbandonmentRule, Window
from dialer.pacing.meter import Meter

MOSCOW = ZoneInfo("Europe/Moscow")
NEW_YORK = ZoneInfo("America/New_York")


def at(zone: ZoneInfo, *parts: int) -> float:
    return datetime(*parts, tzinfo=zone).timestamp()  # type: ignore[arg-type, misc]


def meter(window: Window, zone: ZoneInfo = MOSCOW) -> Meter:
    return Meter(AbandonmentRule(0.03, window), zone)


def test_a_day_is_the_offices_own() -> None:
    counting = meter(Window.DAY)
    counting.record(at(MOSCOW, 2026, 3, 2, 23, 59), abandoned=True)
    counting.record(at(MOSCOW, 2026, 3, 3, 0, 1), abandoned=False)

    assert (counting.current.answered, counting.current.abandoned) == (1, 0)
    assert counting.worst.share == 1.0
    assert counting.windows == 2


@pytest.mark.parametrize(("month", "day", "hours"), [(3, 8, 23), (11, 1, 25)])
def test_a_day_of_changed_clocks_is_as_long_as_it_is(month: int, day: int, hours: int) -> None:
    counting = meter(Window.DAY, NEW_YORK)
    midnight = at(NEW_YORK, 2026, month, day)
    counting.record(midnight, abandoned=False)
    counting.record(midnight + hours * 3600 - 1, abandoned=False)
    assert counting.current.answered == 2

    counting.record(midnight + hours * 3600, abandoned=False)
    assert counting.current.answered == 1


def test_periods_of_thirty_days_follow_one_another_from_the_first_call() -> None:
    counting = meter(Window.PERIODS_OF_30_DAYS)
    first = at(MOSCOW, 2026, 1, 10, 12)
    counting.record(first, abandoned=True)
    counting.record(first + 30 * 86400 - 1, abandoned=False)
    assert counting.current.share == 0.5

    counting.record(first + 75 * 86400, abandoned=False)
    assert (counting.current.answered, counting.current.abandoned) == (1, 0)


def test_a_rolling_day_forgets_what_is_older_than_a_day_and_not_before() -> None:
    counting = meter(Window.ROLLING_24_HOURS)
    first = at(MOSCOW, 2026, 1, 10, 12)
    counting.record(first, abandoned=True)
    counting.record(first + 86399, abandoned=False)
    assert counting.current.answered == 2

    counting.record(first + 86400 + 1200, abandoned=False)
    assert (counting.current.answered, counting.current.abandoned) == (2, 0)


def test_what_is_still_to_come_is_half_of_the_leanest_of_the_last_days() -> None:
    counting = meter(Window.DAY)
    noon = datetime(2026, 1, 10, 12, tzinfo=UTC)
    for day, answers in enumerate((100, 40, 80)):
        for second in range(answers):
            when = (noon + timedelta(days=day, hours=3, seconds=second)).timestamp()
            counting.record(when, abandoned=False)
    morning = (noon + timedelta(days=3)).timestamp()
    counting.turn(morning)

    assert counting.tightest(morning, 0.03)[1] == 20.0
    assert counting.tightest(morning + 6 * 3600, 0.03)[1] == 0.0


def test_of_rolling_windows_the_one_that_will_break_first_is_told() -> None:
    """Yesterday many answered in the morning, and all who were abandoned were so in the evening:
    by noon the window will have lost the morning and kept the evening."""
    counting, midnight = meter(Window.ROLLING_24_HOURS), at(MOSCOW, 2026, 3, 2)
    for minute in range(9 * 60, 12 * 60):
        counting.record(midnight + minute * 60.0, abandoned=False)
    for minute in range(18 * 60, 20 * 60):
        counting.record(midnight + minute * 60.0, abandoned=minute % 30 == 0)
    evening = midnight + 20 * 3600.0
    counting.turn(evening)

    assert (counting.current.answered, counting.current.abandoned) == (300, 4)
    count, to_come = counting.tightest(evening, 0.03)
    assert (count.answered, count.abandoned) == (120, 4)
    assert to_come == 89.5  # half of the mornings' answers, should tomorrow be like today


def test_a_window_that_is_closed_early_is_remembered_if_it_was_the_worst() -> None:
    counting = meter(Window.PERIODS_OF_30_DAYS)
    first = at(MOSCOW, 2026, 1, 10, 12)
    for second in range(99):
        counting.record(first + second, abandoned=False)
    counting.record(first + 99, abandoned=True)
    counting.close()

    assert counting.worst.share == 0.01


@pytest.mark.parametrize("window", [Window.DAY, Window.ROLLING_24_HOURS])
def test_a_list_that_ends_brings_no_more_answers_than_it_has(window: Window) -> None:
    counting, midnight = meter(window), at(MOSCOW, 2026, 3, 2)
    for day in (0, 1):
        for minute in range(9 * 60, 18 * 60):
            counting.record(midnight + day * 86400.0 + minute * 60.0, abandoned=False)
    morning = midnight + 2 * 86400.0 + 8 * 3600.0
    counting.turn(morning)

    assert counting.tightest(morning, 0.03, 7.0)[1] == 7.0
