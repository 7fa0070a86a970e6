"""When the made-up office works: what it promises is promised for a working hour."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Moscow")
OPENS, CLOSES = 9, 18
_MONDAY_AGAIN, _SATURDAY = 7, 5


def working_time(due: datetime) -> datetime:
    """`due` to the minute, or the first later instant like it when people are at work."""
    local = due.astimezone(ZONE).replace(second=0, microsecond=0)
    if local.hour >= CLOSES:
        local = local.replace(hour=local.hour - CLOSES + OPENS) + timedelta(days=1)
    elif local.hour < OPENS:
        local = local.replace(hour=OPENS)
    if local.weekday() >= _SATURDAY:
        local += timedelta(days=_MONDAY_AGAIN - local.weekday())
    return local.astimezone(due.tzinfo)
