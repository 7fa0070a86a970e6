"""A simulated year under each profile: retries, holidays, changed clocks, and no rule broken."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from dialer.estimating.estimator import Estimator
from dialer.pacing.meter import Meter
from dialer.pacing.pacer import Pacer
from dialer.pacing.policy import Mode, Policy
from dialer.profiles.built_in import built_in
from dialer.simulation.distributions import Exponential, Lognormal
from dialer.simulation.scenario import Answering, Kind, Scenario, Shift
from dialer.simulation.world import World

ZONES = {
    "us_federal": ("America/New_York", "America/Phoenix", "Pacific/Honolulu"),
    "us_florida": ("America/New_York", "America/Chicago"),
    "uk": ("Europe/London",),
    "ru": ("Europe/Kaliningrad", "Europe/Moscow", "Asia/Vladivostok"),
    "ru_collectors": ("Europe/Moscow", "Asia/Yekaterinburg"),
    "sk": ("Europe/Bratislava",),
    "de": ("Europe/Berlin",),
    "cautious": ("Europe/Paris", "Asia/Kolkata", "Australia/Lord_Howe"),
}


def test_every_profile_has_its_year() -> None:
    assert set(ZONES) == set(built_in())


@pytest.mark.parametrize("key", sorted(ZONES))
def test_a_year_of_calls_breaks_no_rule(key: str) -> None:
    law, zones = built_in()[key], ZONES[key]
    share = 1.0 / len(zones)
    scenario = Scenario(
        title=key,
        seed=7,
        first_day=date(2026, 1, 1),
        days=365,
        zone=ZoneInfo(zones[0]),
        law=law,
        policy=Policy(
            Mode.PREDICTIVE,
            limit=law.abandonment.limit,
            patience_seconds=law.abandonment.seconds,
        ),
        # From before anybody may be called to after.
        shifts=(
            Shift(3, 7 * 60 + 45, 8 * 60 + 15),
            Shift(3, 11 * 60, 11 * 60 + 20),
            Shift(3, 17 * 60 + 45, 18 * 60 + 15),
            Shift(3, 20 * 60 + 45, 21 * 60 + 15),
        ),
        kinds=(
            Kind(
                "all",
                talk=Lognormal(60.0, 0.8),
                wrap_up=Exponential(10.0),
                zones=tuple((zone, share) for zone in zones),
                consented=0.9,
                listed=0.05,
            ),
        ),
        answering=Answering((0.2,) * 24, busy=0.1, machine=0.2),
        list_size=1500,
        tick_seconds=10.0,
        ring_seconds=max(25.0, float(law.minimum_ring_seconds)),
    )
    result = World(
        scenario, Pacer(scenario.policy, Estimator(), Meter(law.abandonment, scenario.zone))
    ).run()

    assert result.violations == {}
    assert result.dials > 500
    assert result.connected > 100
    # The list had days on which the law forbade what was due.
    assert sum(result.refused.values()) > 0
