"""Campaigns are made, set, started and given to a team, by those who lead; nonsense is refused."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_core.agents.rights import Action
from crm_core.audit import list_audit
from crm_core.clock import ManualClock
from crm_core.errors import Conflict, Forbidden, Invalid, NotFound
from crm_core.storage.engine import Storage
from dialer.campaigns.access import access_campaign
from dialer.campaigns.events import CampaignChanged
from dialer.campaigns.queries import Campaign, get_campaign, list_campaigns, list_running, team_of
from dialer.campaigns.records import Campaigns
from dialer.campaigns.settings import (
    PLAIN,
    PacingSettings,
    hours_from,
    pacing_from,
    plain_retry,
    quotas_from,
    retry_from,
    verdicts_from,
)
from dialer.campaigns.states import CampaignState
from dialer.order.outcomes import Verdict
from dialer.order.retry import After, RetryRules
from dialer.pacing.policy import Mode
from telephony.events import Outcome
from tests.cast import Cast


@pytest.fixture
def made(storage: Storage, clock: ManualClock) -> Campaigns:
    return Campaigns(storage, clock, "RU")


async def one(storage: Storage, campaign_id: int) -> Campaign:
    async with storage.read() as connection:
        return await get_campaign(connection, campaign_id)


async def test_a_new_campaign_is_a_draft_with_everything_as_usual(
    storage: Storage, made: Campaigns, cast: Cast
) -> None:
    campaign_id = await made.create(cast.vera, "  Spring\r\noffers ", "us_federal")
    campaign = await one(storage, campaign_id)
    assert (campaign.title, campaign.state) == ("Spring offers", CampaignState.DRAFT)
    assert (campaign.retry, campaign.pacing) == (RetryRules(), PacingSettings())
    assert (campaign.hours, campaign.quotas.most) == (None, {})
    async with storage.read() as connection:
        assert [each.id for each in await list_campaigns(connection)] == [campaign_id]
        assert await list_running(connection) == []


async def test_what_is_set_is_kept_as_it_was_meant(
    storage: Storage, made: Campaigns, cast: Cast
) -> None:
    campaign_id = await made.create(cast.vera, "Spring", "us_federal")
    values = {
        "mode": "predictive",
        "pacing": {"ratio": 1.5, "trunks": 10},
        "retry": {"after": {"busy": {"minutes": 3}, "machine": {"minutes": None}}},
        "quotas": {"moscow": 200},
        "hours": {"monday": ["10:00-18:00"]},
        "verdicts": {str(cast.agreed): "completed"},
        "caller_number": "8 (495) 123-45-67",
        "starts_on": date(2026, 3, 5),
        "priority": 7,
    }
    version = await made.edit(cast.vera, campaign_id, values, version=1)
    campaign = await one(storage, campaign_id)
    assert (version, campaign.version) == (2, 2)
    assert campaign.mode is Mode.PREDICTIVE
    assert (campaign.pacing.ratio, campaign.pacing.trunks) == (1.5, 10)
    assert campaign.retry.after[Outcome.BUSY] == After(3)
    assert campaign.retry.after[Outcome.MACHINE] == After(None)
    assert campaign.retry.after[Outcome.NO_ANSWER].another_part
    assert campaign.quotas.most == {"moscow": 200}
    assert campaign.hours is not None
    assert [len(day) for day in campaign.hours.weekdays] == [1, 0, 0, 0, 0, 0, 0]
    assert campaign.verdicts == {cast.agreed: Verdict.COMPLETED}
    assert campaign.caller_number == "+74951234567"
    assert not campaign.is_on(date(2026, 3, 4))
    assert campaign.is_on(date(2026, 3, 5))


async def test_every_change_is_told_and_audited(
    storage: Storage, made: Campaigns, cast: Cast
) -> None:
    told: list[object] = []
    storage.on_commit = told.extend
    campaign_id = await made.create(cast.vera, "Spring", "us_federal")
    await made.edit(cast.vera, campaign_id, {"priority": 9}, version=1)
    assert await made.edit(cast.vera, campaign_id, {"priority": 9}, version=2) == 2
    await made.move(cast.dina, campaign_id, CampaignState.RUNNING)
    await made.assign(cast.dina, campaign_id, [cast.anna.id])
    assert told == [CampaignChanged(campaign_id)] * 4
    async with storage.read() as connection:
        entries = await list_audit(connection, subject="campaign", subject_id=campaign_id)
    assert [(each.agent_id, dict(each.details)) for each in reversed(entries)] == [
        (cast.vera.id, {"title": "Spring"}),
        (cast.vera.id, {"priority": [5, 9]}),
        (cast.dina.id, {"state": ["draft", "running"]}),
        (cast.dina.id, {"team": [[], [cast.anna.id]]}),
    ]


async def test_only_those_who_lead_change_a_campaign(
    storage: Storage, made: Campaigns, cast: Cast
) -> None:
    campaign_id = await made.create(cast.vera, "Spring", "us_federal")
    for actor in (cast.anna, cast.grigory):
        with pytest.raises(Forbidden):
            await made.create(actor, "Mine", "us_federal")
        with pytest.raises(Forbidden):
            await made.edit(actor, campaign_id, {"priority": 9}, version=1)
        with pytest.raises(Forbidden):
            await made.move(actor, campaign_id, CampaignState.RUNNING)
    await made.assign(cast.vera, campaign_id, [cast.anna.id])
    async with storage.read() as connection:
        for sees in (cast.anna, cast.grigory, cast.vera):
            assert (await access_campaign(connection, sees, campaign_id)).id == campaign_id
        with pytest.raises(NotFound):
            await access_campaign(connection, cast.boris, campaign_id)
        with pytest.raises(Forbidden):
            await access_campaign(connection, cast.anna, campaign_id, Action.EDIT)
        assert await team_of(connection, campaign_id) == {cast.anna.id}
        mine = await list_campaigns(connection, agent_id=cast.boris.id)
    assert mine == []


async def test_who_edits_what_somebody_else_has_edited_is_told(made: Campaigns, cast: Cast) -> None:
    campaign_id = await made.create(cast.vera, "Spring", "us_federal")
    await made.edit(cast.vera, campaign_id, {"priority": 1}, version=1)
    with pytest.raises(Conflict) as refused:
        await made.edit(cast.dina, campaign_id, {"priority": 2}, version=1)
    assert refused.value.code == "edited_meanwhile"


async def test_a_campaign_goes_only_where_it_may(
    storage: Storage, made: Campaigns, cast: Cast
) -> None:
    campaign_id = await made.create(cast.vera, "Spring", "us_federal")
    with pytest.raises(Conflict):
        await made.move(cast.vera, campaign_id, CampaignState.PAUSED)
    await made.move(cast.vera, campaign_id, CampaignState.RUNNING)
    began = (await one(storage, campaign_id)).started_at
    await made.move(cast.vera, campaign_id, CampaignState.FINISHED)
    await made.move(cast.vera, campaign_id, CampaignState.RUNNING)
    assert (await one(storage, campaign_id)).started_at == began is not None


async def test_what_the_law_asks_must_be_set_before_it_runs(made: Campaigns, cast: Cast) -> None:
    campaign_id = await made.create(cast.vera, "Spring", "us_federal", Mode.PREDICTIVE)
    fields = []
    for values in (
        {"pacing": {"ring_seconds": 20}},
        {"seller_name": "Romashka"},
        {"seller_number": "+7 495 123-45-67"},
    ):
        with pytest.raises(Invalid) as refused:
            await made.move(cast.vera, campaign_id, CampaignState.RUNNING)
        fields.append(refused.value.field)
        await made.edit(cast.vera, campaign_id, values, version=len(fields))
    assert fields == ["seller_name", "seller_name", "seller_number"]
    await made.move(cast.vera, campaign_id, CampaignState.RUNNING)
    with pytest.raises(Invalid) as refused:
        await made.edit(cast.vera, campaign_id, {"pacing": {"ring_seconds": 5}}, version=5)
    assert refused.value.field == "pacing.ring_seconds"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"title": "\r\n"}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"profile_key": "atlantis"}, "profile_key"),
        ({"mode": "reckless"}, "mode"),
        ({"pacing": {"ratio": "two"}}, "pacing.ratio"),
        ({"pacing": {"trunks": 2.5}}, "pacing.trunks"),
        ({"pacing": {"ratio": float("nan")}}, "pacing.ratio"),
        ({"pacing": {"trunks": 10**400}}, "pacing.trunks"),
        ({"pacing": {"rate": 1}}, "pacing.rate"),
        ({"pacing": []}, "pacing"),
        ({"retry": {"after": {"shrugged": {}}}}, "retry.after"),
        ({"retry": {"after": {"busy": {"minutes": -1}}}}, "retry.after"),
        ({"retry": {"most_attempts": 0}}, "retry.most_attempts"),
        ({"quotas": {"x" * 65: 1}}, "quotas"),
        ({"quotas": {"moscow": True}}, "quotas"),
        ({"quotas": {"mos\0cow": 1}}, "quotas"),
        ({"hours": {"monday": ["18:00-10:00"]}}, "hours.monday"),
        ({"verdicts": {"x": "done"}}, "verdicts"),
        ({"verdicts": {"1": "maybe"}}, "verdicts"),
        ({"caller_number": "12"}, "caller_number"),
        ({"starts_on": "tomorrow"}, "starts_on"),
        ({"priority": 10}, "priority"),
        ({"owner_agent_id": 12345}, "owner_agent_id"),
        ({"state": "running"}, "state"),
        ({"version; DROP TABLE campaigns": 1}, "version; DROP TABLE campaigns"),
    ],
)
async def test_nonsense_is_refused_by_the_name_of_its_field(
    storage: Storage, made: Campaigns, cast: Cast, values: dict[str, Any], field: str
) -> None:
    campaign_id = await made.create(cast.vera, "Spring", "us_federal")
    with pytest.raises(Invalid) as refused:
        await made.edit(cast.vera, campaign_id, values, version=1)
    assert refused.value.field == field
    assert (await one(storage, campaign_id)).version == 1


async def test_a_team_of_strangers_is_refused(made: Campaigns, cast: Cast) -> None:
    campaign_id = await made.create(cast.vera, "Spring", "us_federal")
    with pytest.raises(Invalid):
        await made.assign(cast.vera, campaign_id, [cast.anna.id, 9999])


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4)
    ),
    max_leaves=12,
)
named = st.dictionaries(
    st.sampled_from(["after", "ratio", "target", "trunks", "most_attempts", "monday", "1", "busy"]),
    anything,
)


@given(st.sampled_from(sorted(PLAIN)), anything | named)
def test_no_plain_form_whatever_is_more_than_refused(field: str, plain: object) -> None:
    try:
        kept = PLAIN[field](plain)
    except Invalid:
        return
    assert PLAIN[field](kept) == kept


def test_what_is_not_said_is_as_usual() -> None:
    assert pacing_from({}) == PacingSettings()
    assert retry_from({}) == RetryRules()
    assert retry_from(plain_retry(RetryRules())) == RetryRules()
    assert (quotas_from({}).most, hours_from({}), verdicts_from({})) == ({}, None, {})
