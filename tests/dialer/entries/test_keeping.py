"""A list is kept: taken off, begun again, looked at once more; and forgotten with its people."""

from datetime import timedelta

import pytest
from sqlalchemy import insert

from crm_core.clients.whole import read_whole
from crm_core.errors import Conflict, Forbidden, Invalid, NotFound
from dialer.compliance.permission import Refused
from dialer.consents.kinds import Purpose
from dialer.consents.tables import consent_wordings, consents
from dialer.entries.keeping import ListKeeping
from dialer.entries.of_client import CampaignsOfClient
from dialer.order.outcomes import Verdict
from dialer.order.reasons import Waits
from telephony.events import Outcome
from tests.dialer.entries.office import Office, moscow


@pytest.fixture
def keeping(office: Office) -> ListKeeping:
    return ListKeeping(office.storage, office.clock)


async def test_who_is_taken_off_is_never_dialled_but_who_is_on_the_line_stays(
    office: Office, keeping: ListKeeping
) -> None:
    ids = await office.listed(*map(moscow, range(3)))
    leased = await office.dial()
    assert (await keeping.remove(office.cast.vera, office.campaign_id, ids)).count == 2
    assert (await office.lease()).leased == ()
    await office.end(leased, Outcome.BUSY)
    assert (await office.entry(ids[0]))["reason"] == Waits.BUSY
    assert (await office.entry(ids[1]))["reason"] == Waits.REMOVED


async def test_operators_neither_load_nor_remove_and_others_campaigns_are_not_found(
    office: Office, keeping: ListKeeping
) -> None:
    with pytest.raises(NotFound):
        await keeping.remove(office.cast.anna, office.campaign_id, [1])
    await office.campaigns.assign(office.cast.vera, office.campaign_id, [office.cast.anna.id])
    with pytest.raises(Forbidden):
        await keeping.remove(office.cast.anna, office.campaign_id, [1])
    with pytest.raises(Forbidden):
        await keeping.recycle(office.cast.grigory, office.campaign_id, {Waits.TALKED})


async def test_a_finished_list_begins_again_with_those_who_were_never_reached(
    office: Office, keeping: ListKeeping
) -> None:
    await office.set(retry={"most_attempts": 1})
    reached, missed, refused = await office.listed(*map(moscow, range(3)))
    await office.end(await office.dial(), Outcome.ANSWERED)
    await office.end(await office.dial(), Outcome.NO_ANSWER)
    await office.end(await office.dial(), Outcome.ANSWERED, verdict=Verdict.REFUSED)
    assert (await office.lease()).leased == ()
    office.later(minutes=1)
    reasons = {Waits.ATTEMPTS_USED_UP}
    assert await keeping.recycle(office.cast.vera, office.campaign_id, reasons) == 1
    entry = await office.entry(missed)
    assert (entry["round"], entry["attempts"]) == (2, 0)
    leased = await office.dial()
    assert leased.chosen.entry_id == missed
    await office.end(leased, Outcome.NO_ANSWER)
    assert (await office.entry(missed))["reason"] == Waits.ATTEMPTS_USED_UP
    with pytest.raises(Invalid):
        await keeping.recycle(office.cast.vera, office.campaign_id, {Waits.REFUSED})
    states = [(await office.entry(each))["state"] for each in (reached, refused)]
    assert states == ["done", "never"]


async def test_priority_can_be_changed_for_some(office: Office, keeping: ListKeeping) -> None:
    first, second = await office.listed(moscow(1), moscow(2))
    await keeping.prioritise(office.cast.vera, office.campaign_id, [second], 9)
    assert [each.entry_id for each in (await office.choose()).chosen] == [second, first]
    with pytest.raises(Invalid):
        await keeping.prioritise(office.cast.vera, office.campaign_id, [second], 10)


async def test_who_was_taken_off_is_put_back_as_he_was_once(
    office: Office, keeping: ListKeeping
) -> None:
    waiting, ready, talked = await office.listed(*map(moscow, range(3)))
    due_at = office.clock.now() + timedelta(hours=3)
    await office.mark(waiting, state="waiting", reason=Waits.BUSY.value, due_at=due_at)
    await office.mark(talked, state="done", reason=Waits.TALKED.value)
    before = [await office.entry(each) for each in (waiting, ready, talked)]
    vera, ids = office.cast.vera, [waiting, ready, talked]
    removed = await keeping.remove(vera, office.campaign_id, ids)
    assert removed.count == 2
    assert removed.id is not None
    assert (await office.lease()).leased == ()
    for stranger, refusal in ((office.cast.anna, NotFound), (office.cast.grigory, Forbidden)):
        with pytest.raises(refusal):
            await keeping.undo(stranger, removed.id)
    assert await keeping.undo(vera, removed.id) == (office.campaign_id, 2)
    assert [await office.entry(each) for each in ids] == before
    with pytest.raises(Conflict, match="undone_already"):
        await keeping.undo(vera, removed.id)
    with pytest.raises(NotFound):
        await keeping.undo(vera, removed.id + 1)


async def test_an_earlier_priority_comes_back_unless_another_was_given_since(
    office: Office, keeping: ListKeeping
) -> None:
    vera = office.cast.vera
    first, second, third = await office.listed(*map(moscow, range(3)))
    before = [await office.entry(each) for each in (first, second)]
    risen = await keeping.prioritise(vera, office.campaign_id, [second, third], 9)
    await keeping.prioritise(vera, office.campaign_id, [third], 1)
    assert [each.entry_id for each in (await office.choose()).chosen] == [second, first, third]
    assert await keeping.undo(vera, risen.id or 0) == (office.campaign_id, 1)
    assert [await office.entry(each) for each in (first, second)] == before
    assert (await office.entry(third))["priority"] == 1


async def test_who_was_erased_since_is_not_put_back(office: Office, keeping: ListKeeping) -> None:
    [entry] = await office.listed(moscow(1))
    removed = await keeping.remove(office.cast.vera, office.campaign_id, [entry])
    async with office.storage.write() as tx:
        whole = await read_whole(tx.connection, (await office.entry(entry))["client_id"])
        await CampaignsOfClient().forget(tx, whole, office.clock.now())
    assert await keeping.undo(office.cast.vera, removed.id or 0) == (office.campaign_id, 0)
    assert (await office.entry(entry))["reason"] == Waits.CLIENT_GONE


async def test_many_are_taken_off_in_pieces_and_put_back_together(
    office: Office, keeping: ListKeeping, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dialer.entries.keeping.IN_ONE_WRITE", 2)
    ids = await office.listed(*map(moscow, range(5)))
    removed = await keeping.remove(office.cast.vera, office.campaign_id, ids)
    assert await keeping.undo(office.cast.vera, removed.id or 0) == (office.campaign_id, 5)
    assert [each.entry_id for each in (await office.choose()).chosen] == ids


async def test_who_lacks_a_consent_is_looked_at_again_when_he_gives_one(
    office: Office, keeping: ListKeeping
) -> None:

    await office.set(profile_key="ru")
    [entry] = await office.listed(moscow(1))
    assert (await office.lease()).leased == ()
    held = await office.entry(entry)
    assert (held["state"], held["reason"]) == ("waiting", Refused.NO_CONSENT)
    now = office.clock.now()
    async with office.storage.write() as tx:
        wording = {"id": 1, "title": "Calls", "version": 1, "text": "Yes", "created_at": now}
        await tx.execute(insert(consent_wordings).values(**wording))
        row = {"client_id": held["client_id"], "wording_id": 1, "purpose": Purpose.CALLS.value}
        stamps = {"given_at": now, "recorded_at": now, "channel": "paper"}
        await tx.execute(insert(consents).values(**row, **stamps))
    assert (await office.lease()).leased == ()
    await keeping.look_again([held["client_id"]])
    assert (await office.dial()).chosen.entry_id == entry


async def test_who_is_erased_leaves_no_number_on_any_list(office: Office) -> None:
    [entry] = await office.listed(moscow(1))
    await office.end(await office.dial(), Outcome.ABANDONED)
    client_id = (await office.entry(entry))["client_id"]
    async with office.storage.write() as tx:
        whole = await read_whole(tx.connection, client_id)
        told = await CampaignsOfClient().tell(tx.connection, whole)
        assert [row["number"] for row in told["campaign_attempts"]] == [moscow(1)]
        assert [row["e164"] for row in told["campaign_entries"]] == [moscow(1)]
        await CampaignsOfClient().forget(tx, whole, office.clock.now())
    assert await office.numbers() == []
    assert (await office.entry(entry))["e164"] is None
    [attempt] = await office.attempts()
    assert (attempt["number"], attempt["outcome"]) == ("", "abandoned")
    office.later(days=30)
    assert (await office.lease()).leased == ()
