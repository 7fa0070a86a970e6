"""Which time zones a person may be in, from his number, his address, or what he said (pure).

In doubt all of them: he may be called only while it is allowed in each.
"""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberType, timezone

from dialer.compliance.countries import zones_of_country
from dialer.compliance.local_time import DAY, EPOCH_ORDINAL, find_zone, offset_at, stretches
from dialer.compliance.places import zones_of_address
from dialer.compliance.places_ru import AREAS

_AREA_DIGITS: Final = 5  # of a key of AREAS, with its +
_BOUND_TO_PLACE: Final = (PhoneNumberType.FIXED_LINE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
_PAST_DAYS, _COMING_DAYS = 62, 400
"""Clocks that agree over these are one: the longest period that past attempts are counted over, and
as far as anybody looks ahead."""
_WELL_KNOWN: Final = (
    *("Europe/London", "Europe/Berlin", "Europe/Kyiv", "Europe/Moscow", "Europe/Samara"),
    *("Asia/Yekaterinburg", "Asia/Omsk", "Asia/Novosibirsk", "Asia/Irkutsk", "Asia/Yakutsk"),
    *("Asia/Vladivostok", "Asia/Magadan", "Asia/Kamchatka", "Europe/Kaliningrad"),
    *("America/New_York", "America/Chicago", "America/Denver", "America/Phoenix"),
    *("America/Los_Angeles", "America/Anchorage", "Pacific/Honolulu", "America/Sao_Paulo"),
    *("Asia/Dubai", "Asia/Kolkata", "Asia/Shanghai", "Asia/Tokyo", "Australia/Sydney"),
)
"""Whose names stand for the others with the same clocks, because people know them."""


def zones_of(
    e164: str | None, address: str = "", chosen: str = "", country: str = ""
) -> frozenset[str]:
    """Where the person of a number and an address may be.

    `chosen`, which somebody asked him, decides alone. An address that agrees with the number says
    it closer; one that contradicts it may be old, and so may the number: both count. `country`
    is that of the address where it is known. None at all where nothing is known.
    """
    if chosen and find_zone(chosen) is not None:
        return frozenset({chosen})
    of_number = zones_of_number(e164) if e164 else frozenset()
    of_address = zones_of_address(address, country) if address or country else frozenset()
    if of_address and of_address <= of_number:
        return of_address
    return of_number | of_address


@lru_cache(maxsize=100_000)
def zones_of_number(e164: str) -> frozenset[str]:
    """Where a number may ring: its area's zones, all of its country's for a mobile of the whole
    country."""
    if e164[:_AREA_DIGITS] in AREAS:
        return frozenset(AREAS[e164[:_AREA_DIGITS]])
    try:
        parsed = phonenumbers.parse(e164, None)
    except NumberParseException:
        return frozenset()
    home = frozenset[str]().union(*(zones_of_country(region) for region in _regions(parsed)))
    area = frozenset(timezone.time_zones_for_number(parsed)) & home
    is_exact = len(area) == 1 or phonenumbers.number_type(parsed) in _BOUND_TO_PLACE
    return area if area and is_exact else home


def canonical(zones: frozenset[str], at: datetime) -> frozenset[str]:
    """The same zones by fewer names: one for all whose clocks have agreed since two months before
    the month of `at`, and will for a year more."""
    first = at.astimezone(UTC).replace(day=1).toordinal() - EPOCH_ORDINAL
    return _canonical(zones, first)


@lru_cache(maxsize=20_000)
def _canonical(zones: frozenset[str], first_day: int) -> frozenset[str]:
    names = _representatives(first_day)
    known = (zone for zone in zones if find_zone(zone) is not None)
    return frozenset(names.get(_clocks(zone, first_day), zone) for zone in known)


@lru_cache(maxsize=4)
def _representatives(first_day: int) -> dict[tuple[tuple[int, int], ...], str]:
    return {_clocks(zone, first_day): zone for zone in reversed(_WELL_KNOWN)}


@lru_cache(maxsize=2_000)
def _clocks(zone: str, first_day: int) -> tuple[tuple[int, int], ...]:
    """(since, offset) of a zone, over the days that matter."""
    days = range(first_day - _PAST_DAYS, first_day + _COMING_DAYS + 31)
    found = [(0, offset_at(zone, days[0] * DAY))]
    for day in days:
        if offset_at(zone, (day + 1) * DAY) != found[-1][1]:
            found += [(begin, offset) for begin, _, offset in stretches(zone, day)[1:]]
    return tuple(found)


def _regions(number: PhoneNumber) -> list[str]:
    """The countries of which it may be one: of +61 4, Australia and her islands."""
    sharing = phonenumbers.region_codes_for_country_code(number.country_code or 0)
    return [each for each in sharing if phonenumbers.is_valid_number_for_region(number, each)]
