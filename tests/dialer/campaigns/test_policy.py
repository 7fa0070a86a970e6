"""What a campaign is set to reaches the pacing and a simulation of it, whole."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from crm_core.clock import ManualClock
from crm_core.errors import Invalid
from crm_core.storage.engine import Storage
from dialer.campaigns.as_scenario import as_scenario
from dialer.campaigns.policy import policy_of
from dialer.campaigns.queries import Campaign, get_campaign
from dialer.campaigns.records import Campaigns
from dialer.campaigns.settings import hours_from, pacing_from, retry_from
from dialer.campaigns.states import CampaignState
from dialer.compliance.profile import LawProfile
from dialer.compliance.spans import narrowed
from dialer.order.quotas import Quotas
from dialer.order.retry import RetryRules
from dialer.pacing.policy import Mode, Policy
from dialer.profiles.built_in import built_in
from dialer.simulation.reading import read_scenario
from dialer.simulation.running import simulate
from tests.cast import Cast

PACING: Mapping[str, Any] = {
    "ratio": 2.5,
    "most_ratio": 6,
    "ring_seconds": 22,
    "trunks": 12,
    "calls_per_second": 1.5,
    "target": 0.02,
}


def campaign_of(mode: Mode, **other: Any) -> Campaign:
    """One whose row says this."""
    usual: dict[str, Any] = dict.fromkeys(("caller_label", "caller_number", "script"), "")
    usual |= {"seller_name": "", "seller_number": "", "starts_on": None, "ends_on": None}
    usual |= {"pacing": pacing_from(PACING), "retry": RetryRules(), "quotas": Quotas({})}
    usual |= {"hours": None, "verdicts": {}, "priority": 5, "owner_agent_id": None}
    usual |= {"created_at": datetime(2026, 1, 1, tzinfo=UTC), "started_at": None, "version": 1}
    fixed = {"id": 1, "title": "Spring", "state": CampaignState.DRAFT, "profile_key": "us_federal"}
    return Campaign(**{**usual, **fixed, "mode": mode, **other})


@pytest.mark.parametrize("mode", Mode)
def test_every_setting_reaches_the_policy(mode: Mode) -> None:
    assert policy_of(campaign_of(mode), built_in()["us_federal"]) == Policy(
        mode=mode,
        limit=0.03,
        target=0.02,
        patience_seconds=2.0,
        ratio=2.5,
        trunks=12,
        calls_per_second=1.5,
        most_lines_per_operator=6.0,
    )


def test_the_limit_is_the_laws() -> None:
    limits = {key: policy_of(campaign_of(Mode.PREDICTIVE), law).limit for key, law in _laws()}
    assert (limits["us_federal"], limits["uk"]) == (0.03, 0.0)
    law = built_in()["ru"]
    silent = replace(law, abandonment=replace(law.abandonment, limit=None))
    assert policy_of(campaign_of(Mode.PREDICTIVE), silent).limit is None


def _laws() -> list[tuple[str, LawProfile]]:
    return list(built_in().items())


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("key", built_in())
def test_a_simulation_as_this_campaign_has_its_policy_law_and_retries(mode: Mode, key: str) -> None:
    law = built_in()[key]
    hours = hours_from({"monday": ["10:00-12:00"], "holidays": "no_calls"})
    retry = retry_from({"most_attempts": 4, "after": {"machine": {"minutes": None}}})
    campaign = campaign_of(mode, hours=hours, retry=retry, profile_key=key)
    values = {**as_scenario(campaign, law, people=700), "operators": 3}
    scenario = read_scenario(tomli_w.dumps(values), built_in().get)
    wanted = policy_of(campaign, law)
    if mode is Mode.PREVIEW:
        wanted = replace(wanted, mode=Mode.PROGRESSIVE)
    assert scenario.policy == wanted
    assert (scenario.title, scenario.list_size) == ("Spring", 700)
    assert scenario.retry == retry
    assert hours is not None
    assert scenario.law == replace(law, hours=narrowed(law.hours, hours))


def test_its_people_are_of_their_segments_types_and_zones() -> None:
    doubt = "Asia/Kamchatka Europe/Kaliningrad"
    groups = {
        ("Europe/Moscow", "north", "landline"): 300,
        (doubt, "north", "mobile"): 600,
        ("Asia/Omsk", "north", "mobile"): 50,
        ("Europe/Moscow", "", "other"): 50,
    }
    law = built_in()["ru"]
    campaign = campaign_of(Mode.PREDICTIVE, profile_key="ru")
    values = as_scenario(campaign, law, people=1000, groups=groups)
    scenario = read_scenario(tomli_w.dumps({**values, "operators": 3}), built_in().get)
    assert [(each.name, each.share, each.group) for each in scenario.kinds] == [
        ("north mobile", 650.0, ("north", "mobile")),
        ("north landline", 300.0, ("north", "landline")),
        ("other", 50.0, ("", "other")),
    ]
    assert scenario.kinds[0].zones == ((doubt, 600.0), ("Asia/Omsk", 50.0))


def test_a_list_of_very_many_groups_is_told_by_the_largest() -> None:
    groups = {("Europe/Moscow", f"s{n}", "mobile"): n + 1 for n in range(500)}
    values = as_scenario(campaign_of(Mode.POWER), built_in()["ru"], people=9, groups=groups)
    scenario = read_scenario({**values, "law": "ru", "operators": 1}, built_in().get)
    assert (len(scenario.kinds), scenario.kinds[0].list_name) == (50, "s499")


def test_it_can_be_run() -> None:
    campaign = campaign_of(Mode.PREDICTIVE)
    values = as_scenario(campaign, built_in()["us_federal"], people=200)
    result, _ = simulate(read_scenario({**values, "operators": 3, "days": 1}, built_in().get))
    assert result.dials > 100
    assert not result.violations


@given(
    st.floats(0.1, 20), st.floats(1, 20), st.integers(1, 10_000), st.floats(0.05, 1000),
    st.one_of(st.none(), st.floats(0, 0.5)), st.sampled_from(Mode),
)  # fmt: skip
def test_whatever_may_be_set_can_be_simulated(
    ratio: float, most: float, trunks: int, a_second: float, target: float | None, mode: Mode
) -> None:
    pacing = pacing_from(
        {"ratio": ratio, "most_ratio": most, "trunks": trunks, "target": target}
        | {"calls_per_second": a_second}
    )
    campaign = campaign_of(mode, pacing=pacing)
    values = {**as_scenario(campaign, built_in()["us_federal"], people=0), "operators": 1}
    scenario = read_scenario(tomli_w.dumps(values), built_in().get)
    assert scenario.policy.most_lines_per_operator == most
    assert scenario.policy.trunks == trunks


@pytest.mark.parametrize(
    ("pacing", "field", "code"),
    [
        ({"target": 0.04}, "pacing.target", "above_law"),
        ({"ratio": 6, "most_ratio": 5}, "pacing.ratio", "above_most_ratio"),
        ({"most_ratio": 0}, "pacing.most_ratio", "out_of_range"),
        ({"trunks": 0}, "pacing.trunks", "out_of_range"),
        ({"calls_per_second": float("nan")}, "pacing.calls_per_second", "not_a_number"),
    ],
)
async def test_what_contradicts_itself_or_the_law_is_refused(
    storage: Storage, clock: ManualClock, cast: Cast, pacing: dict[str, Any], field: str, code: str
) -> None:
    made = Campaigns(storage, clock, "RU")
    campaign_id = await made.create(cast.vera, "Spring", "us_federal")
    with pytest.raises(Invalid) as refused:
        await made.edit(cast.vera, campaign_id, {"pacing": pacing}, version=1)
    assert (refused.value.field, refused.value.code) == (field, code)
    async with storage.read() as connection:
        assert (await get_campaign(connection, campaign_id)).version == 1


async def test_a_law_that_became_stricter_is_told_when_the_campaign_is_next_set(
    storage: Storage, clock: ManualClock, cast: Cast
) -> None:
    made = Campaigns(storage, clock, "RU")
    campaign_id = await made.create(cast.vera, "Spring", "us_federal")
    await made.edit(cast.vera, campaign_id, {"pacing": {"target": 0.02}}, version=1)
    with pytest.raises(Invalid) as refused:
        await made.edit(cast.vera, campaign_id, {"profile_key": "uk"}, version=2)
    assert (refused.value.code, refused.value.values) == ("above_law", {"most": 0.0})
