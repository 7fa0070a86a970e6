"""Why somebody is not dialled, or is next: every reason, and when it ends."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import update

from crm_core.clients.tables import client_numbers, clients
from crm_core.errors import NotFound
from dialer.campaigns.states import CampaignState
from dialer.compliance.permission import Refused
from dialer.entries.explaining import Explanation, Fact, why
from dialer.entries.loaded import Wanted
from dialer.order.best_hours import BestHours
from dialer.order.outcomes import Verdict
from dialer.order.reasons import Waits
from dialer.pacing.policy import Mode
from telephony.events import Outcome
from tests.dialer.entries.office import Office, moscow, vladivostok


async def explained(office: Office, entry_id: int) -> Explanation:
    rules = await office.rules()
    async with office.storage.read() as connection:
        return await why(connection, rules, entry_id, office.clock.now())


def words(found: Explanation) -> list[tuple[Fact, str]]:
    return [(each.fact, each.word) for each in found.facts]


async def test_who_is_next_is_told_how_many_stand_before_him(office: Office) -> None:
    await office.listed(*map(moscow, range(5)), wanted=Wanted(priority=9))
    await office.listed(*map(vladivostok, range(5)), wanted=Wanted(priority=9))
    [entry] = await office.listed(moscow(50))
    found = await explained(office, entry)
    assert found.is_next
    assert found.earliest_at == office.clock.now()
    assert [each.count for each in found.facts if each.fact is Fact.BEFORE] == [10]
    office.later(hours=4)  # in Vladivostok it is night
    found = await explained(office, entry)
    assert [each.count for each in found.facts if each.fact is Fact.BEFORE] == [5]


async def test_where_it_is_night_the_morning_is_told(office: Office) -> None:
    [entry] = await office.listed(vladivostok(1))
    night = office.later(hours=4)  # 23:00 there
    found = await explained(office, entry)
    assert words(found)[0] == (Fact.LAW, Refused.OUTSIDE_HOURS)
    assert found.earliest_at == night + timedelta(hours=9)


async def test_the_hours_of_campaign_and_law_meet_where_both_permit(office: Office) -> None:
    [entry] = await office.listed(moscow(1))
    await office.set(hours={"tuesday": ["06:00-10:00"]})
    found = await explained(office, entry)
    assert (Fact.CAMPAIGN_HOURS, "") in words(found)
    assert found.earliest_at == office.clock.now() + timedelta(hours=20)  # Tuesday, 8:00
    await office.set(hours={"tuesday": ["05:00-06:00"]})
    assert (await explained(office, entry)).earliest_at is None


async def test_who_waits_is_told_until_when_and_after_what(office: Office) -> None:
    [entry] = await office.listed(moscow(1))
    await office.end(await office.dial(), Outcome.BUSY)
    found = await explained(office, entry)
    assert words(found) == [(Fact.WAITS, Waits.BUSY)]
    assert found.earliest_at == office.clock.now() + timedelta(minutes=10)


async def test_who_is_on_the_line_is_told_so(office: Office) -> None:
    [entry] = await office.listed(moscow(1))
    await office.dial()
    assert words(await explained(office, entry)) == [(Fact.ON_THE_LINE, "")]


async def test_what_is_over_is_told_with_its_end(office: Office) -> None:
    [entry] = await office.listed(moscow(1))
    await office.end(await office.dial(), Outcome.ANSWERED, verdict=Verdict.REFUSED)
    found = await explained(office, entry)
    assert (words(found), found.earliest_at) == ([(Fact.OVER, Waits.REFUSED)], None)


async def test_a_callback_names_its_operator_and_a_predictive_mode_needs_one(
    office: Office,
) -> None:
    await office.set(mode=Mode.PREDICTIVE.value)
    [entry] = await office.listed(moscow(1))
    promised = office.clock.now() + timedelta(hours=1)
    await office.end(
        await office.dial(),
        Outcome.ANSWERED,
        verdict=Verdict.CALLBACK,
        callback_at=promised,
        callback_agent_id=office.cast.anna.id,
    )
    found = await explained(office, entry)
    assert [each.fact for each in found.facts] == [Fact.WAITS, Fact.NEEDS_AGENT]
    assert found.facts[1].agent_id == office.cast.anna.id


@pytest.mark.parametrize(
    ("state", "fact"),
    [(CampaignState.PAUSED, Fact.CAMPAIGN_STATE), (CampaignState.FINISHED, Fact.CAMPAIGN_STATE)],
)
async def test_a_campaign_that_does_not_run_is_the_reason(
    office: Office, state: CampaignState, fact: Fact
) -> None:
    [entry] = await office.listed(moscow(1))
    await office.campaigns.move(office.cast.vera, office.campaign_id, state)
    found = await explained(office, entry)
    assert words(found)[0] == (fact, state.value)
    assert not found.is_next


async def test_a_campaign_before_and_after_its_days_is_the_reason(office: Office) -> None:
    [entry] = await office.listed(moscow(1))
    await office.set(starts_on=date(2026, 3, 4))
    found = await explained(office, entry)
    assert found.facts[0].fact is Fact.CAMPAIGN_NOT_YET
    assert found.earliest_at is not None
    assert found.earliest_at.date() == date(2026, 3, 4)
    assert (await office.lease()).leased == ()
    await office.set(starts_on=None, ends_on=date(2026, 3, 1))
    found = await explained(office, entry)
    assert (found.facts[0].fact, found.earliest_at) == (Fact.CAMPAIGN_OVER, None)
    assert (await office.lease()).leased == ()


async def test_every_refusal_of_the_card_is_told(office: Office) -> None:
    [entry] = await office.listed(moscow(1))
    client_id = (await office.entry(entry))["client_id"]
    async with office.storage.write() as tx:
        await tx.execute(update(client_numbers).values(do_not_call=True, wrong=True))
    found = await explained(office, entry)
    assert set(words(found)) == {
        (Fact.LAW, Refused.WRONG_NUMBER),
        (Fact.LAW, Refused.DO_NOT_CALL),
        (Fact.BEFORE, ""),
    }
    assert found.earliest_at is None
    async with office.storage.write() as tx:
        gone = update(clients).where(clients.c.id == client_id)
        await tx.execute(gone.values(deleted_at=office.clock.now()))
    assert words(await explained(office, entry))[0] == (Fact.CLIENT_GONE, "")


async def test_a_quota_is_told_when_it_is_full_and_when_it_might_become_so(
    office: Office,
) -> None:
    await office.set(quotas={"moscow": 1})
    _, second = await office.listed(moscow(1), moscow(2), wanted=Wanted(segment="moscow"))
    leased = await office.dial()
    assert words(await explained(office, second))[0] == (Fact.QUOTA_UNDER_WAY, "moscow")
    await office.end(leased, Outcome.ANSWERED, verdict=Verdict.COMPLETED)
    found = await explained(office, second)
    assert words(found)[0] == (Fact.QUOTA_FULL, "moscow")
    assert (found.facts[0].count, found.earliest_at) == (1, None)


async def test_a_better_hour_is_told_to_those_who_let_others_go_first(office: Office) -> None:
    [entry] = await office.listed(moscow(1))
    known = BestHours()
    for n in range(500):
        for hour, answered in ((12, n % 10 == 0), (18, n % 2 == 0)):
            known.learn(("landline", "workday", hour), office.clock.now(), answered=answered)
    now = office.clock.now()
    rules = replace(await office.rules(), scores=known.scores(now))
    async with office.storage.read() as connection:
        found = await why(connection, rules, entry, now)
    assert Fact.BETTER_LATER in [each.fact for each in found.facts]
    assert found.is_next


async def test_an_entry_of_another_campaign_is_not_found(office: Office) -> None:
    [entry] = await office.listed(moscow(1))
    rules = await office.rules()
    other = replace(rules, campaign=replace(rules.campaign, id=999))
    async with office.storage.read() as connection:
        with pytest.raises(NotFound):
            await why(connection, other, entry, office.clock.now())
        with pytest.raises(NotFound):
            await why(connection, rules, 2**40, office.clock.now())


async def test_whoever_is_told_to_be_next_is_lent_and_nobody_else(office: Office) -> None:
    """The explanation and the choice agree about everybody."""
    near = await office.listed(*map(moscow, range(6)))
    far = await office.listed(*map(vladivostok, range(3)))
    await office.end(await office.dial(), Outcome.BUSY)
    async with office.storage.write() as tx:
        marked = update(client_numbers).where(client_numbers.c.e164 == moscow(2))
        await tx.execute(marked.values(do_not_call=True))
    office.later(hours=4)
    told = {each for each in near + far if (await explained(office, each)).is_next}
    lent = {each.chosen.entry_id for each in (await office.lease()).leased}
    assert lent == told
    assert len(told) == 5


async def test_who_is_due_does_not_wait_any_more_though_no_lease_has_looked(
    office: Office,
) -> None:
    [entry] = await office.listed(moscow(1))
    await office.end(await office.dial(), Outcome.BUSY)
    await office.listed(moscow(2), wanted=Wanted(priority=9))
    office.later(minutes=10)
    found = await explained(office, entry)
    assert found.is_next
    assert [each.count for each in found.facts if each.fact is Fact.BEFORE] == [1]
