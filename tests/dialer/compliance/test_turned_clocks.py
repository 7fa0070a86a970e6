"""Wherever clocks are put forward or back, each minute around it is judged by the wall clock."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dialer.compliance.attempt_limits import counts_until
from dialer.compliance.calling_hours import open_span
from dialer.compliance.profile import AttemptLimit, CallingHours, Period, Span
from tests.dialer.compliance.situations import ZONES

EVERY_HOUR_ITS_OWN = CallingHours(
    (tuple(Span(hour * 60, hour * 60 + 2 * hour + 7) for hour in range(24)),) * 7
)
"""Each hour is open for another number of minutes: no two can be taken for one another."""
MINUTE = timedelta(minutes=1)


def turns(zone: str) -> list[datetime]:
    """The hours of 2026 after which the offset is another, found by walking through them."""
    at, found = datetime(2026, 1, 1, tzinfo=UTC), []
    while at.year == 2026:
        later = at + timedelta(hours=1)
        if (
            at.astimezone(ZoneInfo(zone)).utcoffset()
            != later.astimezone(ZoneInfo(zone)).utcoffset()
        ):
            found.append(at)
        at = later
    return found


TURNS = [(zone, at) for zone in ZONES for at in turns(zone)]


def test_there_are_clocks_that_are_turned() -> None:
    assert len(TURNS) > 20


@pytest.mark.parametrize(("zone", "turn"), TURNS, ids=str)
def test_each_minute_around_a_turn_is_judged_by_the_wall_clock(zone: str, turn: datetime) -> None:
    known = ZoneInfo(zone)
    for minute in range(-5 * 60, 6 * 60):
        at = turn + minute * MINUTE
        wall = at.astimezone(known)
        expected = wall.minute < 2 * wall.hour + 7
        assert open_span(EVERY_HOUR_ITS_OWN, "", "", frozenset({zone}), at)[0] == expected


@pytest.mark.parametrize(("zone", "turn"), TURNS, ids=str)
@pytest.mark.parametrize("hours_before", [30, 20, 9, 3, 0, -3])
def test_a_day_with_a_turn_ends_when_the_date_changes(
    zone: str, turn: datetime, hours_before: int
) -> None:
    known, attempted = ZoneInfo(zone), turn - timedelta(hours=hours_before)
    end = counts_until(AttemptLimit(1, Period.DAY), attempted, frozenset({zone}))
    day = attempted.astimezone(known).date()
    assert (end - timedelta(seconds=1)).astimezone(known).date() == day
    assert end.astimezone(known).date() > day
