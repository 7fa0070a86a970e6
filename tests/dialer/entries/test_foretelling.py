"""Who is told to be next is who the next lease takes, and nothing is changed by telling."""

from datetime import timedelta

from dialer.compliance.refusals import Refused
from dialer.entries.choice import Choice
from dialer.entries.foretelling import foretell
from dialer.entries.loaded import Wanted
from dialer.order.outcomes import Verdict
from dialer.order.reasons import Waits
from dialer.pacing.policy import Mode
from telephony.events import Outcome
from tests.dialer.entries.office import Office, moscow, vladivostok


async def foretold(office: Office, count: int = 20) -> Choice:
    rules = await office.rules()
    async with office.storage.read() as connection:
        return await foretell(connection, rules, office.clock.now(), count, spare=50)


async def test_whose_time_has_come_is_told_in_his_place_as_the_next_lease_takes_him(
    office: Office,
) -> None:
    [first] = await office.listed(moscow(1), wanted=Wanted(priority=9))
    await office.end(await office.dial(), Outcome.BUSY)
    [second] = await office.listed(moscow(2), wanted=Wanted(priority=9))
    [last] = await office.listed(moscow(3), wanted=Wanted(priority=1))
    assert [each.entry_id for each in (await foretold(office)).chosen] == [second, last]
    office.later(minutes=11)
    before = [await office.entry(each) for each in (first, second, last)]
    told = [each.entry_id for each in (await foretold(office)).chosen]
    assert set(told) == {first, second, last}
    assert [each.entry_id for each in (await foretold(office, 2)).chosen] == told[:2]
    assert [await office.entry(each) for each in (first, second, last)] == before
    taken = await office.lease()
    assert [each.chosen.entry_id for each in taken.leased] == told


async def test_a_promised_call_comes_first_and_names_its_operator_in_every_mode(
    office: Office,
) -> None:
    [promised] = await office.listed(moscow(1))
    await office.end(
        await office.dial(),
        Outcome.ANSWERED,
        verdict=Verdict.CALLBACK,
        callback_at=office.clock.now() + timedelta(hours=1),
        callback_agent_id=office.cast.anna.id,
    )
    await office.listed(moscow(2), wanted=Wanted(priority=9))
    office.later(hours=1)
    for mode in (Mode.PROGRESSIVE, Mode.PREDICTIVE):
        await office.set(mode=mode.value)
        first, _ = (await foretold(office)).chosen
        assert (first.entry_id, first.certain) == (promised, True)
        assert first.agent_id == office.cast.anna.id
    await office.lease()  # made ready, and not taken: Anna is away
    first = (await foretold(office)).chosen[0]
    assert (first.entry_id, first.agent_id) == (promised, office.cast.anna.id)


async def test_who_is_due_and_may_not_be_called_is_told_with_the_reason(office: Office) -> None:
    await office.set(quotas={"north": 1})
    north = Wanted("north")
    [reached] = await office.listed(moscow(3), wanted=north)
    await office.end(await office.dial(), Outcome.ANSWERED, verdict=Verdict.COMPLETED)
    here, asleep = await office.listed(moscow(1), vladivostok(1))
    [full] = await office.listed(moscow(2), wanted=north)
    later = office.later(hours=4)  # 23:00 in Vladivostok
    for entry in (here, asleep, full):
        await office.mark(entry, state="waiting", reason=Waits.BUSY.value, due_at=later)
    assert (await office.entry(reached))["state"] == "done"
    told = await foretold(office)
    assert [each.entry_id for each in told.chosen] == [here]
    [held] = told.held
    assert (held.entry_id, held.reason) == (asleep, Refused.OUTSIDE_HOURS)
    assert held.until == later + timedelta(hours=9)
