"""What the made-up office promises, it promises for a working hour."""

from datetime import UTC, datetime, timedelta

import pytest

from web.demo.hours import CLOSES, OPENS, ZONE, working_time


@pytest.mark.parametrize("hours", range(0, 7 * 24, 5))
def test_no_promise_is_due_at_night_on_a_weekend_or_earlier_than_wished(hours: int) -> None:
    wished = datetime(2026, 11, 18, 0, 20, tzinfo=UTC) + timedelta(hours=hours)
    due = working_time(wished)
    local = due.astimezone(ZONE)
    assert OPENS <= local.hour < CLOSES
    assert local.weekday() < 5
    assert wished <= due < wished + timedelta(days=4)


def test_a_promise_within_working_hours_stays() -> None:
    wished = datetime(2026, 11, 18, 9, 20, tzinfo=UTC)
    assert working_time(wished) == wished
