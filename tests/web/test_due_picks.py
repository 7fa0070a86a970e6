"""One key instead of a date means the instant that a person in his zone would expect."""

from datetime import UTC, datetime

import pytest

from web.due_picks import DuePick, due_of
from web.i18n import Reader

MONDAY_NINE_UTC = datetime(2026, 3, 2, 9, 0, 42, tzinfo=UTC)


@pytest.mark.parametrize(
    ("pick", "moscow"),
    [
        (DuePick.HOUR, "2026-03-02 13:00"),
        (DuePick.TOMORROW, "2026-03-03 10:00"),
        (DuePick.THREE_DAYS, "2026-03-05 10:00"),
        (DuePick.NEXT_WEEK, "2026-03-09 10:00"),
    ],
)
def test_picks_are_read_in_the_persons_own_zone(pick: DuePick, moscow: str) -> None:
    reader = Reader(time_zone="Europe/Moscow")
    due = due_of(pick, MONDAY_NINE_UTC, reader)
    assert f"{due.astimezone(reader.zone):%Y-%m-%d %H:%M}" == moscow


def test_tomorrow_begins_at_the_persons_midnight_not_at_the_servers() -> None:
    late = datetime(2026, 3, 2, 22, 30, tzinfo=UTC)  # already Tuesday in Moscow
    reader = Reader(time_zone="Europe/Moscow")
    assert due_of(DuePick.TOMORROW, late, reader) == datetime(2026, 3, 4, 7, 0, tzinfo=UTC)


def test_ten_in_the_morning_stays_ten_when_the_clocks_change() -> None:
    saturday = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)
    reader = Reader(time_zone="Europe/Berlin")
    assert due_of(DuePick.TOMORROW, saturday, reader) == datetime(2026, 3, 29, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize("day", range(2, 9))
def test_next_week_is_always_the_coming_monday(day: int) -> None:
    now = datetime(2026, 3, day, 9, 0, tzinfo=UTC)
    assert due_of(DuePick.NEXT_WEEK, now, Reader()).weekday() == 0
    assert 0 < (due_of(DuePick.NEXT_WEEK, now, Reader()) - now).days + 1 <= 8
