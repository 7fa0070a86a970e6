"""Who is chosen: the order, the hours, the law, the quotas; and nobody who may not be."""

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import update

from crm_core.clients.tables import client_numbers, clients
from crm_core.storage.engine import Connection
from dialer.campaigns.states import CampaignState
from dialer.compliance.permission import Refused
from dialer.compliance.profile import ConsentRule
from dialer.entries.choice import Law
from dialer.entries.leasing import Leases, law_in_force
from dialer.entries.loaded import NotLoaded, Wanted
from dialer.entries.tables import entries
from dialer.order.reasons import Waits
from telephony.events import Outcome
from tests.dialer.entries.office import Office, moscow, vladivostok

OPENS = {"monday": ["14:00-18:00"]}


async def test_the_order_is_priority_request_then_the_list(office: Office) -> None:
    [low] = await office.listed(moscow(1), wanted=Wanted(priority=1))
    plain = await office.listed(moscow(2), moscow(3))
    now = office.clock.now()
    [older] = await office.listed(
        moscow(4), wanted=Wanted(requested_at=now - timedelta(minutes=30))
    )
    [newer] = await office.listed(moscow(5), wanted=Wanted(requested_at=now))
    [high] = await office.listed(moscow(6), wanted=Wanted(priority=9))
    choice = await office.choose()
    assert [each.entry_id for each in choice.chosen] == [high, newer, older, *plain, low]
    assert choice.held == ()


async def test_where_it_is_evening_already_nobody_is_chosen_and_nobody_is_looked_at(
    office: Office,
) -> None:
    far = await office.listed(*map(vladivostok, range(30)), wanted=Wanted(priority=9))
    near = await office.listed(moscow(1))
    office.later(hours=4)  # 16:00 in Moscow, 23:00 in Vladivostok
    choice = await office.choose()
    assert [each.entry_id for each in choice.chosen] == near
    assert choice.held == ()
    office.later(hours=12)  # 4:00 and 11:00
    assert {each.entry_id for each in (await office.choose()).chosen} == set(far)


async def test_hours_of_its_own_make_the_laws_narrower(office: Office) -> None:
    await office.listed(moscow(1))
    await office.set(hours=OPENS)
    assert (await office.choose()).chosen == ()
    office.later(hours=3)
    assert len((await office.choose()).chosen) == 1


async def test_no_number_is_chosen_that_a_card_forbids(office: Office) -> None:
    marked = await office.listed(*map(moscow, range(4)))
    change = update(client_numbers)
    async with office.storage.write() as tx:
        for number, values in enumerate(({"wrong": True}, {"do_not_call": True})):
            here = client_numbers.c.e164 == moscow(number)
            await tx.execute(change.where(here).values(**values))
        await tx.execute(change.where(client_numbers.c.e164 == moscow(2)).values(e164=moscow(99)))
        gone = (await office.entry(marked[3]))["client_id"]
        deleted = update(clients).where(clients.c.id == gone)
        await tx.execute(deleted.values(deleted_at=office.clock.now()))
    choice = await office.choose()
    assert choice.chosen == ()
    assert [each.reason for each in choice.held] == [
        Refused.WRONG_NUMBER,
        Refused.DO_NOT_CALL,
        Waits.NUMBER_GONE,
        Waits.CLIENT_GONE,
    ]


async def test_who_is_on_the_line_is_not_chosen_for_another_campaign(office: Office) -> None:
    await office.listed(moscow(1))
    await office.dial()
    other = await office.campaigns.create(office.cast.vera, "Other", "us_federal")
    await office.campaigns.move(office.cast.vera, other, CampaignState.RUNNING)
    there = replace(office, campaign_id=other)
    ids = [(await office.attempts())[0]["client_id"]]
    await there.load(ids)
    choice = await there.choose()
    assert choice.chosen == ()
    assert [each.reason for each in choice.held] == [Waits.BEING_CALLED]


async def test_a_number_comes_once_even_when_two_cards_have_it(office: Office) -> None:
    ids = await office.people(moscow(1), moscow(1))
    loaded = await office.load(ids)
    assert loaded.added == 1
    assert loaded.told == [(ids[1], NotLoaded.ALREADY_LISTED)]


async def test_attempts_of_all_campaigns_count_for_the_law(office: Office) -> None:
    async def three_a_day(connection: Connection, _key: str) -> Law:
        law = await law_in_force(connection, "us_florida")
        return replace(law, profile=replace(law.profile, consent=ConsentRule.NOT_NEEDED))

    leases = Leases(office.storage, office.clock, key="here", law_of=three_a_day)
    office = replace(office, leases=leases)
    await office.set(retry={"after": {"busy": {"minutes": 10}}, "most_per_day": 9})
    [entry] = await office.listed("+1 305 555 0123", wanted=Wanted())
    office.later(hours=6)  # 10:00 in Florida
    for _ in range(3):
        await office.end(await office.dial(), Outcome.BUSY)
        await office.mark(entry, due_at=office.later(hours=1))
    lease = await office.lease(1)
    assert (lease.leased, lease.held) == ((), 1)
    held = await office.entry(entry)
    first = (await office.attempts())[0]["decided_at"]
    assert held["reason"] == Refused.TOO_OFTEN
    assert held["due_at"] == first + timedelta(hours=24)


async def test_a_full_segment_is_not_dialled_and_nobody_in_it_is_looked_at(office: Office) -> None:
    await office.set(quotas={"moscow": 1})
    await office.listed(moscow(1), moscow(2), wanted=Wanted(segment="moscow", priority=9))
    [other] = await office.listed(moscow(3))
    first = await office.lease(5)
    assert [each.chosen.segment for each in first.leased] == ["moscow", ""]
    assert (await office.lease(5)).leased == ()
    assert first.leased[1].chosen.entry_id == other


async def test_promises_do_not_make_more_of_a_quota_than_there_is(office: Office) -> None:
    await office.set(quotas={"moscow": 2})
    ids = await office.listed(*map(moscow, range(4)), wanted=Wanted(segment="moscow"))
    for each in ids[:3]:
        await office.mark(each, state="certain", needs_agent=True)
    assert len((await office.lease(4)).leased) == 2


async def test_several_numbers_of_one_person_are_one_entry(office: Office) -> None:
    person = await office.person(moscow(1), "+7 916 123-45-67", "not a number")
    assert (await office.load([person])).added == 1
    assert [each["e164"] for each in await office.numbers()] == ["+79161234567", moscow(1)]
    assert (await office.choose()).chosen == ()  # a mobile may be in Kamchatka, where it is nine
    office.later(hours=-1)
    [chosen] = (await office.choose()).chosen
    assert chosen.e164 == "+79161234567"


async def test_who_cannot_be_put_on_the_list_is_told_with_the_reason(office: Office) -> None:
    ids = [
        await office.person(),
        await office.person("12"),
        await office.person(moscow(1), do_not_call=True),
        await office.person("+7 809 123-45-67"),
    ]
    loaded = await office.load(ids)
    assert loaded.added == 0
    assert dict(loaded.told)[ids[0]] is NotLoaded.NO_NUMBER
    assert dict(loaded.told)[ids[1]] is NotLoaded.NO_VALID_NUMBER
    assert dict(loaded.told)[ids[2]] is NotLoaded.DO_NOT_CALL
    assert dict(loaded.told)[ids[3]] is NotLoaded.SPECIAL_NUMBER


async def test_a_list_of_many_pieces_is_loaded_whole_and_only_once(office: Office) -> None:
    ids = await office.people(*map(moscow, range(430)))
    assert (await office.load(ids)).added == 430
    again = await office.load(ids)
    assert again.added == 0
    assert again.not_loaded == {NotLoaded.ALREADY_LISTED: 430}
    assert len(again.told) == 100


async def test_what_another_card_says_of_the_number_counts_where_it_is_about_the_number(
    office: Office,
) -> None:
    wrong, forbidden = await office.listed(moscow(1), moscow(2))
    await office.person(moscow(1), wrong=True)  # it is not his: whose it is, it is
    await office.person(moscow(2), do_not_call=True)
    choice = await office.choose()
    assert [each.entry_id for each in choice.chosen] == [wrong]
    assert [(each.entry_id, each.reason) for each in choice.held] == [
        (forbidden, Refused.DO_NOT_CALL)
    ]


@pytest.mark.parametrize("seed", range(3))
async def test_the_foremost_of_all_buckets_are_chosen_however_they_are_spread(
    office: Office, seed: int
) -> None:
    random = Random(seed)
    ids = []
    # One bucket holds nearly all that stand first: more than are read of each at once.
    for n, segment in enumerate("abcdefgh"):
        numbers = [moscow(100 * n + k) for k in range(6 if n else 64)]
        ids += await office.listed(*numbers, wanted=Wanted(segment=segment))
    ranks = {each: random.randrange(20) + 15 * (each in ids[64:]) for each in ids}
    async with office.storage.write() as tx:
        for each, rank in ranks.items():
            await tx.execute(update(entries).where(entries.c.id == each).values(rank=rank))
    wanted = sorted(ids, key=lambda each: (ranks[each], each))
    for count in (1, 7, 50):
        choice = await office.choose(count)
        assert [each.entry_id for each in choice.chosen] == wanted[:count]
    await office.set(quotas={"a": 2})
    segments = [each.segment for each in (await office.choose(50)).chosen]
    assert (len(segments), segments.count("a")) == (7 * 6 + 2, 2)


async def test_of_nobody_nobody_is_chosen(office: Office) -> None:
    assert (await office.choose()).chosen == ()
    await office.listed(moscow(1))
    assert (await office.choose(0)).chosen == ()
