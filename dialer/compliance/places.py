"""In which time zones a written address may lie: every place that is named in it counts (pure)."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from dialer.compliance.countries import NAMES, zones_of_country
from dialer.compliance.places_ru import REGIONS
from dialer.compliance.places_us import CLOSER, STATES

LONGEST_ADDRESS: Final = 500  # characters looked at
_WORD: Final = re.compile(r"[^\W\d_]+")
_STATE_AND_ZIP: Final = re.compile(
    r"\b([A-Z]{2})\.?(?:[ ,]+(\d{5})(?:-\d{4})?\b|[ ,]*(?:USA?\b|$))"
)
_ZIP: Final = re.compile(r"\b(\d{5})(?:-\d{4})?\b")
_LONGEST_NAME: Final = 3  # words


@lru_cache(maxsize=20_000)
def zones_of_address(text: str, country: str = "") -> frozenset[str]:
    """The zones of an address in `country` (ISO code), or in one that it names itself; none where
    it tells nothing."""
    written = text[:LONGEST_ADDRESS]
    words = [word.replace("ё", "е") for word in _WORD.findall(written.casefold())]
    country = country.upper() or next((NAMES[word] for word in words if word in NAMES), "")
    if country == "RU":
        return _in_russia(words)
    if country == "US":
        return _in_states(written, words, is_certain=True)
    if country:
        zones = zones_of_country(country)
        return zones if len(zones) == 1 else frozenset()
    return _in_russia(words) | _in_states(written, words, is_certain=False)


def _in_russia(words: list[str]) -> frozenset[str]:
    exact, stems = _russian()
    found: set[str] = set()
    for name in _names(words):
        found.update(exact.get(name, ()))
        for end in range(3, len(name) + 1):
            found.update(stems.get(name[:end], ()))
    return frozenset(found)


def _in_states(written: str, words: list[str], *, is_certain: bool) -> frozenset[str]:
    """A ZIP alone is one only in an address that is known to be American; beside its state it says
    closer where in it."""
    zones, by_name, by_zip = _states()
    states, zips = set[str](), set[str]()
    for letters, zip_code in _STATE_AND_ZIP.findall(written):
        if letters in zones:
            states.add(letters)
            zips.add(zip_code[:3])
    for name in _names(words):
        states.update(by_name.get(name.replace("-", " "), ()))
    if is_certain or states:
        zips.update(zip_code[:3] for zip_code in _ZIP.findall(written)[-1:])  # not of the house
    told = [by_zip[prefix] for prefix in zips if prefix in by_zip]
    if not is_certain:
        told = [each for each in told if each[0] in states]
    for state in states - {state for state, _ in told}:
        told.append((state, zones[state]))
    return frozenset(zone for _, of_state in told for zone in of_state)


def _names(words: list[str]) -> Iterator[str]:
    """Each one, two or three words that stand together, as one name."""
    for length in range(1, _LONGEST_NAME + 1):
        for begin in range(len(words) - length + 1):
            yield "-".join(words[begin : begin + length])


@lru_cache(maxsize=1)
def _russian() -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    exact: dict[str, set[str]] = {}
    stems: dict[str, set[str]] = {}
    for zones, names in REGIONS:
        for name in names.split():
            table = stems if name.endswith("*") else exact
            table.setdefault(name.rstrip("*"), set()).update(zones)
    return exact, stems


_Zones = tuple[str, ...]


@lru_cache(maxsize=1)
def _states() -> tuple[dict[str, _Zones], dict[str, list[str]], dict[str, tuple[str, _Zones]]]:
    """Zones by the state's letters, letters by its name, state and zones by ZIP prefix."""
    by_zip: dict[str, tuple[str, _Zones]] = {}
    for letters, _, zones, prefixes in STATES:
        by_zip |= dict.fromkeys(_each(prefixes), (letters, zones))
    for prefixes, zones in CLOSER:
        by_zip |= {prefix: (by_zip[prefix][0], zones) for prefix in _each(prefixes)}
    names = {name: [letters] for letters, name, _, _ in STATES}
    return {letters: zones for letters, _, zones, _ in STATES}, names, by_zip


def _each(prefixes: str) -> Iterator[str]:
    for first, last in (each.split("-") for each in prefixes.split()):
        yield from (f"{n:03}" for n in range(int(first), int(last) + 1))
