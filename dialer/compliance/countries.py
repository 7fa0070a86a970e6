"""Which time zones each country lives by: the tz database's own table, zone.tab."""

from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Final

NAMES: Final[Mapping[str, str]] = {
    # As addresses have them; only of countries whose clocks are all the same.
    **dict.fromkeys(("slovakia", "slovensko", "словакия"), "SK"),
    **dict.fromkeys(("germany", "deutschland", "германия"), "DE"),
    **dict.fromkeys(("uk", "england", "scotland", "великобритания", "англия"), "GB"),
    **dict.fromkeys(("austria", "österreich", "австрия"), "AT"),
    **dict.fromkeys(("czechia", "česko", "чехия"), "CZ"),
    **dict.fromkeys(("belarus", "беларусь", "белоруссия"), "BY"),
    **dict.fromkeys(("poland", "polska", "польша"), "PL"),
}


def zones_of_country(country: str) -> frozenset[str]:
    """All its zones by its ISO code; none for what is no country."""
    return _table().get(country.upper(), frozenset())


@lru_cache(maxsize=1)
def _table() -> Mapping[str, frozenset[str]]:
    found = defaultdict[str, set[str]](set)
    written = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text("utf-8")
    for row in written.splitlines():
        if row and not row.startswith("#"):
            country, _, zone, *_ = row.split("\t")
            found[country].add(zone)
    found["DE"].discard("Europe/Busingen")  # a village with the same clocks
    return {country: frozenset(zones) for country, zones in found.items()}
