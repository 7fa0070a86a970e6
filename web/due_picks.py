"""The quick picks of a next step: one key instead of a date."""

from datetime import UTC, datetime, time, timedelta
from enum import StrEnum

from web.i18n import Reader

MORNING = time(10, 0)
"""When the day's promised calls begin: late enough to have read the mail."""


class DuePick(StrEnum):
    """In one hour, tomorrow at ten, in three days at ten, on Monday at ten."""

    HOUR = "hour"
    TOMORROW = "tomorrow"
    THREE_DAYS = "three_days"
    NEXT_WEEK = "next_week"


def due_of(pick: DuePick, now: datetime, reader: Reader) -> datetime:
    """The instant that `pick` means to `reader` at `now`, aware, in UTC."""
    if pick is DuePick.HOUR:
        return (now + timedelta(hours=1)).replace(second=0, microsecond=0)
    local = now.astimezone(reader.zone)
    days = {DuePick.TOMORROW: 1, DuePick.THREE_DAYS: 3}.get(pick, 7 - local.weekday())
    day = local.date() + timedelta(days=days)
    return datetime.combine(day, MORNING, reader.zone).astimezone(UTC)
