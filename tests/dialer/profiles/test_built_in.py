"""The profiles that come with the product say what their sources do."""

import pytest

from dialer.compliance.loosening import FIELDS, loosened
from dialer.compliance.profile import (
    SILENT,
    ConsentRule,
    CountedFrom,
    Period,
    RecordingRule,
    Window,
)
from dialer.profiles.built_in import CAUTIOUS, built_in, default_key

KEYS = ("cautious", "de", "ru", "ru_collectors", "sk", "uk", "us_federal", "us_florida")


def test_these_profiles_come_and_each_says_where_it_is_written() -> None:
    assert tuple(built_in()) == KEYS
    assert all(profile.sources and profile.key == key for key, profile in built_in().items())


@pytest.mark.parametrize("key", sorted({*KEYS} - {CAUTIOUS}))
def test_each_rule_says_where_it_is_written_or_that_the_law_is_silent(key: str) -> None:
    told = dict(built_in()[key].rule_sources)
    assert set(told) == set(FIELDS) - {"country"}
    assert SILENT in told.values()
    assert told["consent"] != SILENT


def test_the_figures_that_a_law_names_have_a_source() -> None:
    named = {
        key: {name for name, source in profile.rule_sources if source != SILENT}
        for key, profile in built_in().items()
    }
    abandonment = {name for name in FIELDS if name.startswith("abandonment")}
    assert named["us_federal"] >= abandonment | {"hours", "minimum_ring_seconds", "retention_days"}
    assert "embargo_hours" in named["uk"]
    assert "embargo_hours" not in named["us_federal"]
    assert named["ru_collectors"] >= {"hours", "attempts", "caller_label_length"}
    assert not named["ru"] & (abandonment | {"hours", "attempts", "embargo_hours"})
    assert named["de"] >= {"recording", "retention_days"}


@pytest.mark.parametrize("key", KEYS)
def test_the_cautious_one_is_nowhere_milder(key: str) -> None:
    # Holidays of an unknown country are unknown: what it lacks there it makes up for on Sundays.
    assert set(loosened(built_in()[key], built_in()[CAUTIOUS])) <= {"country"}


def test_florida_is_nowhere_milder_than_the_union() -> None:
    assert loosened(built_in()["us_federal"], built_in()["us_florida"]) == ()


def test_the_union_measures_three_per_cent_over_thirty_days_of_a_campaign() -> None:
    rule = built_in()["us_federal"].abandonment
    assert (rule.limit, rule.window, rule.seconds, rule.counted_from) == (
        *(0.03, Window.PERIODS_OF_30_DAYS),
        *(2.0, CountedFrom.GREETING_END),
    )


def test_in_the_kingdom_none_may_be_abandoned() -> None:
    uk = built_in()["uk"]
    assert (uk.abandonment.limit, uk.embargo_hours, uk.minimum_ring_seconds) == (0.0, 72, 15)


def test_collectors_in_russia_have_their_own_figures() -> None:
    profile = built_in()["ru_collectors"]
    assert [(each.most, each.period) for each in profile.attempts] == [
        *((1, Period.DAY), (2, Period.WEEK), (8, Period.MONTH))
    ]
    monday, sunday = profile.hours.weekdays[0], profile.hours.weekdays[6]
    assert [(each.start // 60, each.end // 60) for each in (*monday, *sunday)] == [(8, 22), (9, 20)]


def test_russia_needs_a_consent_and_a_label_of_at_most_32_characters() -> None:
    assert (built_in()["ru"].consent, built_in()["ru"].caller_label_length) == (
        ConsentRule.NEEDED,
        32,
    )


def test_consents_are_kept_four_years_in_slovakia_and_five_in_germany() -> None:
    assert built_in()["sk"].retention_days >= 4 * 365 + 1
    assert built_in()["de"].retention_days >= 5 * 365 + 1
    assert built_in()["de"].recording is RecordingRule.CONSENT


@pytest.mark.parametrize(
    ("country", "key"), [("US", "us_federal"), ("sk", "sk"), ("FR", CAUTIOUS), ("", CAUTIOUS)]
)
def test_an_office_begins_with_its_countrys_profile_or_the_cautious_one(
    country: str, key: str
) -> None:
    assert default_key(country) == key
