"""Entries are lent once, come back by the rules, and are found again after a crash."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from crm_core.clients.tables import client_numbers
from crm_core.errors import Invalid
from crm_core.storage.engine import Storage
from dialer.campaigns.queries import filled_of
from dialer.campaigns.states import CampaignState
from dialer.campaigns.tables import answer_hours
from dialer.entries.leasing import Lease
from dialer.entries.releasing import Ended
from dialer.order.outcomes import Verdict
from dialer.order.quotas import Filled
from dialer.order.reasons import Waits
from dialer.pacing.policy import Mode
from telephony.events import Outcome
from tests.dialer.entries.office import Office, moscow


async def test_an_attempt_is_written_before_anybody_dials(office: Office) -> None:
    [entry] = await office.listed(moscow(1))
    leased = await office.dial(reason={"calls": 3})
    [attempt] = await office.attempts()
    assert attempt["id"] == leased.attempt_id
    assert attempt["channel_id"] == leased.channel_id
    assert (attempt["number"], attempt["entry_id"]) == (moscow(1), entry)
    assert (attempt["reason"], attempt["profile_key"]) == ({"calls": 3}, "us_federal")
    assert attempt["decided_at"] == office.clock.now()
    assert (await office.entry(entry))["state"] == "leased"


async def test_nobody_is_lent_twice_to_two_processes_at_once(
    office: Office, database_url: str
) -> None:
    await office.listed(*map(moscow, range(60)))
    other = Storage.open(database_url)
    try:
        there = office.in_process("there", other)
        leases = await asyncio.gather(*((office, there)[n % 2].lease(7) for n in range(10)))
    finally:
        await other.close()
    lent = [each.chosen.entry_id for lease in leases for each in lease.leased]
    assert len(lent) == len(set(lent)) == 60
    assert len({each["channel_id"] for each in await office.attempts()}) == 60


async def test_a_campaign_that_is_paused_lends_nobody(office: Office) -> None:
    await office.listed(moscow(1))
    await office.campaigns.move(office.cast.vera, office.campaign_id, CampaignState.PAUSED)
    assert (await office.lease()).leased == ()


async def test_who_was_busy_is_dialled_again_in_ten_minutes_and_not_before(office: Office) -> None:
    [entry] = await office.listed(moscow(1))
    await office.end(await office.dial(), Outcome.BUSY)
    office.later(minutes=9)
    assert (await office.lease()).leased == ()
    office.later(minutes=1)
    assert (await office.dial()).chosen.entry_id == entry


async def test_who_was_tried_comes_after_who_was_not(office: Office) -> None:
    first, second = await office.listed(moscow(1), moscow(2))
    await office.end(await office.dial(), Outcome.BUSY)
    office.later(minutes=11)
    assert [each.chosen.entry_id for each in (await office.lease()).leased] == [second, first]


async def test_a_wrong_number_is_never_dialled_again_and_the_next_one_is(office: Office) -> None:
    person = await office.person(moscow(1), moscow(2))
    await office.load([person])
    await office.end(await office.dial(), Outcome.ANSWERED, verdict=Verdict.WRONG_NUMBER)
    assert [each["state"] for each in await office.numbers()] == ["wrong", "ok"]
    office.later(hours=1)
    assert (await office.dial()).chosen.e164 == moscow(2)


async def test_a_disposition_means_what_the_campaign_says(office: Office) -> None:
    cast = office.cast
    await office.set(verdicts={str(cast.agreed): "completed", str(cast.refused): "refused"})
    agreed, refused = await office.listed(moscow(1), moscow(2))
    for disposition in (cast.agreed, cast.refused):
        await office.end(await office.dial(), Outcome.ANSWERED, disposition_id=disposition)
    states = [(await office.entry(each))["state"] for each in (agreed, refused)]
    assert states == ["done", "never"]
    async with office.storage.read() as connection:
        filled = await filled_of(connection, office.campaign_id)
    assert filled == {"": Filled(completed=1, leased=0, dialled=2)}


async def test_a_callback_waits_for_its_operator_and_then_for_anybody(office: Office) -> None:
    [entry] = await office.listed(moscow(1))
    promised = office.clock.now() + timedelta(hours=2)
    anna = office.cast.anna.id
    await office.end(
        await office.dial(),
        Outcome.ANSWERED,
        verdict=Verdict.CALLBACK,
        callback_at=promised,
        callback_agent_id=anna,
    )
    boris = office.cast.boris.id
    office.later(hours=2, minutes=-6)
    assert (await office.lease(present=[anna])).leased == ()
    office.later(minutes=1)
    assert (await office.lease(present=[boris])).leased == ()
    office.later(minutes=19)
    assert (await office.lease(present=[boris])).leased == ()
    assert [each.agent_id for each in (await office.choose(present=[anna])).chosen] == [anna]
    office.later(minutes=1)
    [leased] = (await office.lease(present=[boris])).leased
    assert (leased.chosen.entry_id, leased.chosen.agent_id) == (entry, None)


async def test_a_promise_is_not_kept_without_a_sure_operator(office: Office) -> None:
    await office.set(mode=Mode.PREDICTIVE.value)
    [entry] = await office.listed(moscow(1))
    promised = office.clock.now() + timedelta(hours=1)
    await office.end(
        await office.dial(), Outcome.ANSWERED, verdict=Verdict.CALLBACK, callback_at=promised
    )
    office.later(hours=1)
    assert (await office.lease(10)).leased == ()
    [leased] = (await office.lease(10, sure=1)).leased
    assert (leased.chosen.entry_id, leased.chosen.certain) == (entry, True)


async def test_a_callback_needs_its_time(office: Office) -> None:
    await office.listed(moscow(1))
    leased = await office.dial()
    with pytest.raises(Invalid) as refused:
        await office.end(leased, Outcome.ANSWERED, verdict=Verdict.CALLBACK)
    assert refused.value.field == "callback_at"
    assert (await office.attempts())[0]["ended_at"] is None


async def test_an_attempt_is_over_once(office: Office) -> None:
    await office.listed(moscow(1))
    leased = await office.dial()
    ended = Ended(Outcome.BUSY)
    told = await asyncio.gather(
        *(office.leases.release(leased.channel_id, ended) for _ in range(3))
    )
    assert sorted(told) == [False, False, True]
    assert not await office.leases.release("nobody's", ended)


async def test_what_the_telephone_says_first_stands(office: Office) -> None:
    await office.listed(moscow(1))
    leased = await office.dial()
    rang = office.later(seconds=2)
    assert await office.leases.note(leased.channel_id, ring_started_at=rang)
    await office.leases.note(leased.channel_id, ring_started_at=office.later(seconds=1))
    [attempt] = await office.attempts()
    assert attempt["ring_started_at"] == rang
    with pytest.raises(Invalid):
        await office.leases.note(leased.channel_id, decided_at=rang)


async def test_what_a_dead_process_left_is_taken_back_but_what_lives_is_kept(
    office: Office,
) -> None:
    dead, alive = await office.listed(moscow(1), moscow(2))
    first, second = (await office.lease(2)).leased
    after = office.in_process("after the crash")
    assert await after.leases.reclaim(alive=[second.channel_id]) == 1
    assert (await office.entry(dead))["reason"] == Waits.LOST
    assert (await office.entry(alive))["lease_key"] == "after the crash"
    lost = (await office.attempts())[0]
    assert (lost["lost"], lost["outcome"]) == (True, None)
    assert not await office.leases.release(first.channel_id, Ended(Outcome.ANSWERED))
    office.later(minutes=29)
    assert (await after.lease()).leased == ()
    office.later(minutes=1)
    assert [each.chosen.entry_id for each in (await after.lease()).leased] == [dead]


async def test_a_lease_that_is_renewed_is_not_taken_back(office: Office) -> None:
    await office.listed(moscow(1), moscow(2))
    kept, _ = (await office.lease(2)).leased
    office.later(seconds=100)
    await office.leases.renew([kept.channel_id])
    office.later(seconds=50)
    assert await office.leases.reclaim() == 1
    assert [each["lost"] for each in await office.attempts()] == [False, True]


async def test_those_who_may_not_be_dialled_are_out_of_the_way_at_once(office: Office) -> None:
    await office.listed(*map(moscow, range(150)))
    async with office.storage.write() as tx:
        marked = client_numbers.c.e164 < moscow(140)
        await tx.execute(
            update(client_numbers)
            .where(marked, client_numbers.c.e164 >= moscow(0))
            .values(do_not_call=True)
        )
    lease = await office.lease(10)
    assert len(lease.leased) == 10
    assert lease.held == 140
    assert await office.lease(10) == Lease((), 0)


async def test_answers_are_learned_by_the_hour(office: Office) -> None:
    await office.listed(moscow(1), moscow(2), moscow(3))
    for outcome in (Outcome.ANSWERED, Outcome.NO_ANSWER, Outcome.CONGESTION):
        await office.end(await office.dial(), outcome)
    async with office.storage.read() as connection:
        [row] = (await connection.execute(select(answer_hours))).all()
    assert (row.kind, row.day, row.hour) == ("landline", "workday", 12)
    assert (row.dialled, row.answered) == (2000, 1000)
