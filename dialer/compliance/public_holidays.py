"""The public holidays of countries and their parts, from the calendar of the `holidays` library.

It knows what is decreed: holidays that move, days off in exchange. For a country it does not know
there are none, which `supported_holidays` lets a screen say.
"""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

import holidays

from dialer.compliance.local_time import EPOCH_ORDINAL


@lru_cache(maxsize=1)
def supported_holidays() -> Mapping[str, tuple[str, ...]]:
    """Countries (ISO codes) whose holidays are known, with the parts that have their own."""
    known = holidays.list_supported_countries(include_aliases=False)
    return {country: tuple(parts) for country, parts in sorted(known.items())}


@lru_cache(maxsize=20_000)
def is_holiday(country: str, subdivision: str, day: int) -> bool:
    """Whether the `day`th day since 1970 is one; no for an unknown country, and the whole
    country's holidays for an unknown part."""
    calendar = _calendar(country, subdivision)
    return calendar is not None and date.fromordinal(day + EPOCH_ORDINAL) in calendar


@lru_cache(maxsize=300)
def _calendar(country: str, subdivision: str) -> holidays.HolidayBase | None:
    parts = supported_holidays().get(country)
    if parts is None:
        return None
    return holidays.country_holidays(country, subdiv=subdivision if subdivision in parts else None)
