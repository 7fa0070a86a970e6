"""The clocks that people live by: the offsets of a zone, and when a local day begins (pure).

Instants are whole seconds since 1970 here, local seconds are what a wall clock would show, counted
the same way: local = instant + offset. Zones are IANA names.
"""

from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

DAY: Final = 86_400  # seconds
EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()
_PROBES: Final = range(0, DAY + 1, DAY // 8)
"""Seconds of a day at which its offset is looked at: no zone changes it twice in three hours."""


@lru_cache(maxsize=2_000)
def find_zone(name: str) -> ZoneInfo | None:
    """The zone of that name, None for what is no zone."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


@lru_cache(maxsize=4_000)
def are_known(zones: frozenset[str]) -> bool:
    """Whether there is at least one, and each is a zone."""
    return bool(zones) and all(find_zone(name) is not None for name in zones)


def offset_at(zone: str, instant: float) -> int:
    """Seconds east of Greenwich. KeyError for what is no zone."""
    found = find_zone(zone)
    if found is None:
        raise KeyError(zone)
    offset = datetime.fromtimestamp(instant, found).utcoffset()
    return int((offset or timedelta()).total_seconds())


def stretches(zone: str, day: int) -> list[tuple[int, int, int]]:
    """(begin, end, offset) of the day of UTC, the `day`th since 1970: one, or two where the clocks
    are changed."""
    begin = day * DAY
    found: list[tuple[int, int, int]] = []
    since, offset = begin, offset_at(zone, begin)
    for probe in _PROBES:
        other = offset_at(zone, begin + probe)
        if other != offset:
            changed = _change_between(zone, since, begin + probe)
            found.append((since, changed, offset))
            since, offset = changed, other
    if since < begin + DAY:
        found.append((since, begin + DAY, offset))
    return found


def local_date(zone: str, instant: float) -> date:
    """What day it is there."""
    return date.fromordinal(local_day(zone, instant) + EPOCH_ORDINAL)


def local_day(zone: str, instant: float) -> int:
    """The same, counted from 1970."""
    return int((instant + offset_at(zone, instant)) // DAY)


@lru_cache(maxsize=50_000)
def beginning(zone: str, day: int) -> int:
    """The first instant at which it is that local day there, or a later one where the zone has
    skipped it."""
    low, high = day * DAY - DAY, day * DAY + DAY  # no clock is a day ahead or behind
    middle = day * DAY - offset_at(zone, day * DAY)
    if local_day(zone, middle) >= day > local_day(zone, middle - 1):
        return middle
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if local_day(zone, middle) >= day else (middle, high)
    return high


def _change_between(zone: str, low: int, high: int) -> int:
    """The first instant with the offset of `high`."""
    wanted = offset_at(zone, high)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if offset_at(zone, middle) == wanted else (middle, high)
    return high
