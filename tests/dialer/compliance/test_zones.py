"""Where a person may be: in doubt everywhere his number may ring and his address may lie."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.compliance.countries import zones_of_country
from dialer.compliance.local_time import find_zone, offset_at
from dialer.compliance.places import zones_of_address
from dialer.compliance.places_ru import REGIONS
from dialer.compliance.places_us import CLOSER, STATES
from dialer.compliance.zones import canonical, zones_of, zones_of_number

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
RUSSIA = zones_of_country("RU")


@pytest.mark.parametrize(
    ("number", "zones"),
    [
        ("+12125551234", {"America/New_York"}),
        ("+14155552671", {"America/Los_Angeles"}),
        ("+74951234567", {"Europe/Moscow"}),
        ("+73832001234", {"Asia/Novosibirsk"}),
        ("+78452123456", {"Europe/Saratov"}),  # not Moscow's since 2016
        ("+74012531234", {"Europe/Kaliningrad"}),
        ("+442071234567", {"Europe/London"}),
        ("+421903123456", {"Europe/Bratislava"}),
        ("+4915112345678", {"Europe/Berlin"}),
        ("+37495123456", {"Asia/Yerevan"}),
    ],
)
def test_a_number_tells_its_zone(number: str, zones: set[str]) -> None:
    assert zones_of_number(number) == zones


def test_a_russian_mobile_may_ring_in_all_of_russia_and_nowhere_else() -> None:
    assert zones_of_number("+79161234567") == RUSSIA
    assert {"Europe/Kaliningrad", "Asia/Kamchatka"} <= RUSSIA
    assert not RUSSIA & {"Europe/Bucharest", "Asia/Almaty"}


def test_an_australian_mobile_may_ring_on_her_islands() -> None:
    zones = zones_of_number("+61412345678")
    assert {"Australia/Perth", "Australia/Darwin", "Indian/Christmas"} <= zones


@pytest.mark.parametrize("number", ["", "+", "junk", "+883510012345", "8 916", "+7916\r\n"])
def test_what_is_no_countrys_number_has_no_zone(number: str) -> None:
    assert zones_of_number(number) == frozenset()


@pytest.mark.parametrize(
    ("address", "country", "zones"),
    [
        ("г. Самара, ул. Ленинградская, 5", "", {"Europe/Samara", "Europe/Moscow"}),
        ("Новосибирская обл., г. Бердск", "", {"Asia/Novosibirsk"}),
        ("г. Королёв", "RU", {"Europe/Moscow"}),
        ("Санкт-Петербург", "RU", {"Europe/Moscow"}),
        ("Улан-Удэ, Республика Бурятия", "RU", {"Asia/Irkutsk"}),
        ("Republic of Sakha, Neryungri", "RU", set(zones_of_number("+74112123456"))),
        ("Vladivostok, Svetlanskaya 10", "", {"Asia/Vladivostok"}),
        ("12345 Main St, Boise, ID 83702", "US", {"America/Boise", "America/Los_Angeles"}),
        ("Springfield, IL 62704-1234", "", {"America/Chicago"}),
        ("New York, NY", "US", {"America/New_York"}),
        ("somewhere 99501", "US", set(zones_of_address("Alaska", "US"))),
        ("West Virginia", "US", {"America/New_York"}),
        ("100 Congress Ave, Austin, TX 78701", "", {"America/Chicago"}),
        ("El Paso, Texas 79901-1234", "US", {"America/Denver"}),
        ("Austin, TX", "US", {"America/Chicago", "America/Denver"}),
        ("Austin, TX 10001", "US", {"America/Chicago", "America/Denver", "America/New_York"}),
        ("73301 Palm Rd, Miami, Florida", "", {"America/New_York", "America/Chicago"}),
        ("33101", "US", {"America/New_York"}),
        ("Hlavná 1, Košice", "SK", {"Europe/Bratislava"}),
        ("Hlavná 1, Košice, Slovensko", "", {"Europe/Bratislava"}),
        ("Berliner Str. 3", "DE", {"Europe/Berlin"}),
        ("ул. Ленина, 1", "RU", set()),
        ("1 George St, Sydney", "AU", set()),  # a country of many zones, and no table of ours
        ("", "", set()),
        ("99501", "", set()),
        ("\r\n\x00🙂" * 1000, "RU", set()),
    ],
)
def test_an_address_tells_the_zones_of_every_place_in_it(
    address: str, country: str, zones: set[str]
) -> None:
    assert zones_of_address(address, country) == zones


def test_what_he_was_asked_decides_alone() -> None:
    assert zones_of("+74951234567", "Омск", "Asia/Chita") == {"Asia/Chita"}


@pytest.mark.parametrize("chosen", ["", "Nowhere/At_All", "../../etc/passwd", "x\r\ny", "\x00"])
def test_what_is_no_zone_decides_nothing(chosen: str) -> None:
    assert zones_of("+74951234567", "", chosen) == {"Europe/Moscow"}


def test_an_address_that_agrees_with_the_number_says_it_closer() -> None:
    assert zones_of("+79161234567", "г. Томск") == {"Asia/Tomsk"}


def test_an_address_that_contradicts_the_number_widens_the_doubt() -> None:
    assert zones_of("+74951234567", "г. Омск") == {"Europe/Moscow", "Asia/Omsk"}


def test_where_nothing_is_known_there_is_no_zone() -> None:
    assert zones_of(None) == frozenset()
    assert zones_of(None, "ул. Ленина") == frozenset()
    assert zones_of(None, "", "", "SK") == {"Europe/Bratislava"}


def test_zones_with_the_same_clocks_have_one_name() -> None:
    twins = [("Europe/Prague", "Europe/Bratislava"), ("Europe/Saratov", "Europe/Samara")]
    for one, other in twins:
        assert canonical(frozenset({one}), NOW) == canonical(frozenset({other}), NOW)
    assert len(canonical(RUSSIA, NOW)) == 11
    assert canonical(frozenset({"No/Such"}), NOW) == frozenset()


def test_zones_whose_clocks_differ_on_one_day_keep_their_names() -> None:
    assert canonical(frozenset({"America/Phoenix"}), NOW) != canonical(
        frozenset({"America/Denver"}), NOW
    )


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(
    st.sampled_from(sorted(RUSSIA | zones_of_country("US") | zones_of_country("AU"))),
    st.integers(0, 400 * 24 * 60),
)
def test_a_canonical_name_shows_the_same_time_for_a_year(zone: str, minute: int) -> None:
    (other,) = canonical(frozenset({zone}), NOW)
    instant = NOW.timestamp() + minute * 60
    assert offset_at(other, instant) == offset_at(zone, instant)


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.text(max_size=60), st.sampled_from(["", "US", "RU", "SK", "??", "us"]))
def test_nothing_that_is_written_as_an_address_is_too_much(text: str, country: str) -> None:
    for zone in zones_of("+79161234567", text, text, country):
        assert find_zone(zone) is not None


def test_a_closer_zip_stays_within_its_state() -> None:
    zones = {letters: set(known) for letters, _, known, _ in STATES}
    letters_of = {prefix: each[0] for each in STATES for prefix in _prefixes(each[3])}
    for prefixes, closer in CLOSER:
        for prefix in _prefixes(prefixes):
            assert set(closer) < zones[letters_of[prefix]]


def test_every_zone_that_a_place_has_is_a_zone() -> None:
    places = [zones for _, _, zones, _ in STATES] + [zones for zones, _ in REGIONS]
    assert all(find_zone(zone) for zones in places for zone in zones)
    assert {zone for zones, _ in REGIONS for zone in zones} <= RUSSIA


def _prefixes(written: str) -> list[int]:
    spans = (each.split("-") for each in written.split())
    return [n for first, last in spans for n in range(int(first), int(last) + 1)]
