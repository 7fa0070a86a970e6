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

    assert counting.to_come(morning) == 20.0
    assert counting.to_come(morning + 6 * 3600) == 0.0
    assert meter(Window.ROLLING_24_HOURS).to_come(morning) == 0.0


def test_a_window_that_is_closed_early_is_remembered_if_it_was_the_worst() -> None:
    counting = meter(Window.PERIODS_OF_30_DAYS)
    first = at(MOSCOW, 2026, 1, 10, 12)
    for second in range(99):
        counting.record(first + second, abandoned=False)
    counting.record(first + 99, abandoned=True)
    counting.close()

    assert counting.worst.share == 0.01
