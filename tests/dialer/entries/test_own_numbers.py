"""The office never calls itself: not by its list, not after a change, not by any door."""

from sqlalchemy import select

from crm_core.clients.tables import clients
from dialer.campaigns.own_numbers import OwnNumbers
from dialer.campaigns.states import CampaignState
from dialer.compliance.permission import Refused
from dialer.entries.choice import Rules
from dialer.entries.explaining import Fact, why
from dialer.entries.judging import subjects_of, whose
from dialer.entries.leasing import Leases
from dialer.entries.loaded import NotLoaded
from dialer.entries.loading import Loading
from tests.dialer.entries.office import Office, moscow

OURS = OwnNumbers(frozenset({moscow(1), moscow(2)}))


def leases_of(office: Office) -> Leases:
    return Leases(office.storage, office.clock, key="here", own=OURS)


async def rules_of(office: Office) -> Rules:
    rules = await office.rules()
    async with office.storage.read() as connection:
        own = await OURS.read(connection)
    return Rules(rules.campaign, rules.law, own)


async def test_who_has_only_our_own_number_is_not_put_on_the_list(office: Office) -> None:
    ours, theirs = await office.people(moscow(1), moscow(3))
    both = await office.person(moscow(2), moscow(4))
    loading = Loading(office.storage, office.clock, "RU", OURS)
    chosen = select(clients.c.id)
    loaded = await loading.load(office.cast.vera, office.campaign_id, chosen)
    assert (ours, NotLoaded.OWN_NUMBER) in loaded.told
    numbers = {each["e164"] for each in await office.numbers()}
    assert numbers >= {moscow(3), moscow(4)}
    assert not numbers & {moscow(1), moscow(2)}
    assert {theirs, both}.isdisjoint(dict(loaded.told))


async def test_a_number_that_became_ours_is_not_lent_and_says_why(office: Office) -> None:
    mine, his = await office.listed(moscow(1), moscow(3))
    lease = await leases_of(office).lease(office.campaign_id, 50)
    assert [each.chosen.e164 for each in lease.leased] == [moscow(3)]
    assert lease.leased[0].chosen.entry_id == his
    assert (await office.entry(mine))["reason"] == Refused.OWN
    assert [each["number"] for each in await office.attempts()] == [moscow(3)]


async def test_the_number_that_a_campaign_shows_is_ours_until_the_campaign_is_over(
    office: Office,
) -> None:
    await office.listed(moscow(5), moscow(6))
    vera, campaigns = office.cast.vera, office.campaigns
    other = await campaigns.create(vera, "Other", "us_federal")
    await campaigns.edit(vera, other, {"caller_number": moscow(5)}, version=1)
    async with office.storage.read() as connection:
        assert await OwnNumbers().read(connection) == {moscow(5)}
        assert await OURS.read(connection) == {moscow(1), moscow(2), moscow(5)}
    assert [each.chosen.e164 for each in (await office.lease()).leased] == [moscow(6)]
    await campaigns.move(vera, other, CampaignState.FINISHED)
    async with office.storage.read() as connection:
        assert await OwnNumbers().read(connection) == frozenset()


async def test_why_names_it(office: Office) -> None:
    [entry] = await office.listed(moscow(1))
    rules, now = await rules_of(office), office.clock.now()
    async with office.storage.read() as connection:
        found = await why(connection, rules, entry, now)
        asked = await whose(connection, moscow(1))
        [subject] = await subjects_of(connection, rules.law.profile, now, asked, rules.own)
    assert (Fact.LAW, Refused.OWN) in [(each.fact, each.word) for each in found.facts]
    assert found.earliest_at is None
    assert subject.own
