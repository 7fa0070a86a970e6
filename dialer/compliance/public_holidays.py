"""The public holidays of countries and their parts, from the calendar of the `holidays` library.

It knows what is decreed: holidays that move, days off in exchange. For a country it does not know
there are none, which `supported_holidays` lets a screen say.
"""

from datetime import date
from functools import lru_cache

import holidays
from holidays.registry import EntityLoader

from dialer.compliance.local_time import EPOCH_ORDINAL


@lru_cache(maxsize=1)
def supported_holidays() -> frozenset[str]:
    """Countries (ISO codes of two letters) whose holidays are known."""
    return frozenset(EntityLoader.get_country_codes(include_aliases=False))


def parts_with_holidays(country: str) -> tuple[str, ...]:
    """The parts of a country that have holidays of their own: ("AK", "AL" …) of the US."""
    calendar = _calendar(country, "")
    return () if calendar is None else tuple(calendar.subdivisions)


@lru_cache(maxsize=20_000)
def is_holiday(country: str, subdivision: str, day: int) -> bool:
    """Whether the `day`th day since 1970 is one; no for an unknown country, and the whole
    country's holidays for an unknown part."""
    calendar = _calendar(country, subdivision)
    return calendar is not None and date.fromordinal(day + EPOCH_ORDINAL) in calendar


@lru_cache(maxsize=300)
def _calendar(country: str, subdivision: str) -> holidays.HolidayBase | None:
    if country not in supported_holidays():
        return None
    try:
        return holidays.country_holidays(country, subdiv=subdivision or None)
    except NotImplementedError:  # no such part
        return holidays.country_holidays(country)
