"""Somebody says stop: from that moment on nobody calls him, until he himself says otherwise."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update

from crm_core.agents.rights import Action, RecordKind, Rights, Scope
from crm_core.audit import list_audit
from crm_core.calls.tables import calls
from crm_core.clients.records import Clients
from crm_core.clients.tables import clients
from crm_core.clock import ManualClock
from crm_core.errors import Conflict, Forbidden, Invalid, NotFound
from crm_core.events import ClientChanged
from crm_core.storage.engine import Storage
from dialer.campaigns.tables import campaign_agents
from dialer.consents.kinds import Channel, Purpose
from dialer.consents.records import Consents, NewConsent
from dialer.consents.wordings import Wordings
from dialer.do_not_call.events import OptedOut
from dialer.do_not_call.kinds import How
from dialer.do_not_call.looking import list_of_client
from dialer.do_not_call.opt_outs import OptOuts
from dialer.do_not_call.records import DoNotCall, Said
from tests.cast import Cast
from tests.dialer.do_not_call.conftest import Naming

ROMASHKA, IVAN, PAVEL = "+74951234567", "+79161234567", "+79037654321"
OPTED_OUT = frozenset({"opt_out"})
SAID = Said(How.SAID, "Never again")


async def test_stop_holds_at_once_for_all_numbers_of_a_private_person(
    opt_outs: OptOuts, naming: Naming, storage: Storage, clock: ManualClock, cast: Cast
) -> None:
    other = "+74993332211"
    await Clients(storage, clock, "RU").add_number(cast.dina, cast.pavel, other)
    told: list[object] = []
    storage.on_commit = told.extend
    stopped = await opt_outs.stop(cast.anna, "8 903 765-43-21", SAID)
    assert stopped.numbers == (PAVEL, other)
    assert await naming(PAVEL, other, IVAN) == {PAVEL: OPTED_OUT, other: OPTED_OUT}
    assert OptedOut(numbers=(PAVEL, other), client_id=cast.pavel) in told
    assert ClientChanged(client_id=cast.pavel) in told
    async with storage.read() as connection:
        entry, *_ = await list_audit(connection, subject="client", subject_id=cast.pavel)
        found = await list_of_client(connection, cast.anna, cast.pavel)
    assert (entry.action, entry.details["how"]) == ("opted_out", "said")
    assert {(each.e164, each.opt_out, each.added_by) for each in found} == {
        (PAVEL, True, "Anna Orlova"),
        (other, True, "Anna Orlova"),
    }


async def test_one_person_at_an_organisation_speaks_for_himself_unless_it_was_for_all(
    opt_outs: OptOuts, naming: Naming, cast: Cast
) -> None:
    assert (await opt_outs.stop(cast.anna, IVAN, SAID)).numbers == (IVAN,)
    assert await naming(ROMASHKA) == {}
    everybody = await opt_outs.stop(cast.anna, IVAN, SAID, everybody=True)
    assert set(everybody.numbers) == {IVAN, ROMASHKA}
    assert await naming(ROMASHKA) == {ROMASHKA: OPTED_OUT}


async def test_a_key_that_was_pressed_is_enough_also_of_whom_nobody_knows(
    opt_outs: OptOuts, naming: Naming, storage: Storage, clock: ManualClock, cast: Cast
) -> None:
    row = {"call_id": "c-1", "direction": "outbound", "started_at": clock.now()}
    async with storage.write() as tx:
        await tx.execute(insert(calls).values(**row))
    pressed = await opt_outs.stop(None, "+421905123456", Said(How.PRESSED, call_id="c-1"))
    assert pressed.numbers == ("+421905123456",)
    assert await naming("+421905123456") == {"+421905123456": OPTED_OUT}
    with pytest.raises(Invalid, match="not_a_choice"):
        await opt_outs.stop(None, IVAN, Said(How.OFFICE))
    with pytest.raises(NotFound):
        await opt_outs.stop(cast.anna, IVAN, Said(How.SAID, client_id=999))
    assert await naming(IVAN) == {}


async def test_a_number_of_two_clients_is_nobodys_in_particular(
    opt_outs: OptOuts, naming: Naming, storage: Storage, clock: ManualClock, cast: Cast
) -> None:
    await Clients(storage, clock, "RU").add_number(cast.dina, cast.pavel, IVAN)
    assert (await opt_outs.stop(cast.anna, IVAN, SAID)).numbers == (IVAN,)
    assert await naming(IVAN, PAVEL) == {IVAN: OPTED_OUT}


class _Changes:
    """A person who opted out, and says otherwise."""

    def __init__(self, storage: Storage, clock: ManualClock, cast: Cast) -> None:
        self.consents = Consents(storage, clock, "RU")
        self.wordings = Wordings(storage, clock)
        self._clock, self._cast, self._storage = clock, cast, storage

    async def agrees(self, client_id: int, **more: Any) -> int:
        wording = await self.wordings.add(self._cast.dina, "Calls", "You may call me.")
        new = NewConsent(
            client_id=client_id,
            purpose=Purpose.CALLS,
            channel=Channel.PAPER,
            wording_id=wording,
            given_at=self._clock.now(),
            evidence="1",
        )
        return await self.consents.give(self._cast.vera, replace(new, **more))

    async def row(self, client_id: int) -> int:
        async with self._storage.read() as connection:
            return (await list_of_client(connection, self._cast.vera, client_id))[0].id


@pytest.fixture
def changes(storage: Storage, clock: ManualClock, cast: Cast) -> _Changes:
    return _Changes(storage, clock, cast)


async def test_only_a_later_consent_of_his_own_takes_it_back(
    opt_outs: OptOuts, naming: Naming, changes: _Changes, clock: ManualClock, cast: Cast,
    do_not_call: DoNotCall, storage: Storage,
) -> None:  # fmt: skip
    before = await changes.agrees(cast.pavel)
    await clock.advance(60)
    await opt_outs.stop(cast.anna, PAVEL, SAID)
    number_id = await changes.row(cast.pavel)
    with pytest.raises(Conflict, match="opt_out_needs_consent"):
        await do_not_call.remove(cast.dina, number_id, "we would like to")
    await clock.advance(60)
    other = await changes.agrees(cast.romashka)
    recording = await changes.agrees(cast.pavel, purpose=Purpose.RECORDING)
    revoked = await changes.agrees(cast.pavel)
    await changes.consents.revoke(cast.vera, revoked, channel=Channel.CALL)
    elsewhere = await changes.agrees(cast.pavel, number="+79990001122")
    for consent_id, code in (
        (before, "consent_not_later"),
        (other, "consent_of_another"),
        (elsewhere, "consent_of_another"),
        (recording, "not_a_choice"),
        (revoked, "not_a_choice"),
        (99_999, "not_a_choice"),
    ):
        with pytest.raises(Invalid) as refused:
            await opt_outs.take_back(cast.vera, number_id, consent_id)
        assert (refused.value.field, refused.value.code) == ("consent", code)
    after = await changes.agrees(cast.pavel)
    with pytest.raises(Forbidden):
        await opt_outs.take_back(cast.anna, number_id, after)
    assert await naming(PAVEL) == {PAVEL: OPTED_OUT}
    await opt_outs.take_back(cast.vera, number_id, after)
    assert await naming(PAVEL) == {}
    async with storage.read() as connection:
        entry, *_ = await list_audit(connection, subject="client", subject_id=cast.pavel)
        (gone,) = await list_of_client(connection, cast.vera, cast.pavel)
    assert entry.action == "opt_out_taken_back"
    assert entry.details == {"number_id": number_id, "consent_id": after}
    assert gone.removal == f"consent {after}"


async def test_one_persons_consent_does_not_take_back_what_another_one_there_said(
    opt_outs: OptOuts, changes: _Changes, naming: Naming, clock: ManualClock, cast: Cast
) -> None:
    await opt_outs.stop(cast.anna, ROMASHKA, Said(How.SAID, client_id=cast.romashka))
    switchboard = await changes.row(cast.romashka)
    await opt_outs.stop(cast.anna, IVAN, SAID)
    ivans = await changes.row(cast.romashka)
    await clock.advance(60)
    consent_id = await changes.agrees(cast.romashka, contact_id=cast.ivan)
    with pytest.raises(Invalid, match="consent_of_another"):
        await opt_outs.take_back(cast.vera, switchboard, consent_id)
    await opt_outs.take_back(cast.vera, ivans, consent_id)
    assert await naming(ROMASHKA, IVAN) == {ROMASHKA: OPTED_OUT}


async def test_an_expired_consent_takes_nothing_back(
    opt_outs: OptOuts, changes: _Changes, clock: ManualClock, cast: Cast
) -> None:
    await opt_outs.stop(cast.anna, PAVEL, SAID)
    await clock.advance(60)
    short = await changes.agrees(cast.pavel, expires_at=clock.now() + timedelta(hours=1))
    await clock.advance(3600)
    with pytest.raises(Invalid, match="not_a_choice"):
        await opt_outs.take_back(cast.vera, await changes.row(cast.pavel), short)


async def test_what_the_office_decided_itself_is_no_opt_out(
    opt_outs: OptOuts, do_not_call: DoNotCall, changes: _Changes, cast: Cast, clock: ManualClock
) -> None:
    await opt_outs.stop(cast.anna, IVAN, SAID)
    async with changes._storage.read() as connection:
        list_id = (await list_of_client(connection, cast.vera, cast.romashka))[0].list_id
    number_id = await do_not_call.add(cast.vera, list_id, PAVEL, Said(How.OFFICE))
    await clock.advance(60)
    consent_id = await changes.agrees(cast.pavel)
    with pytest.raises(Conflict, match="not_an_opt_out"):
        await opt_outs.take_back(cast.vera, number_id, consent_id)


async def test_stop_for_one_campaign_leaves_the_others_be(
    opt_outs: OptOuts, naming: Naming, storage: Storage, campaign: int, cast: Cast
) -> None:
    told: list[object] = []
    storage.on_commit = told.extend
    with pytest.raises(NotFound):
        await opt_outs.stop(cast.anna, PAVEL, SAID, campaign_id=campaign)
    async with storage.write() as tx:
        member = {"campaign_id": campaign, "agent_id": cast.anna.id}
        await tx.execute(insert(campaign_agents).values(**member))
    for _ in range(2):
        await opt_outs.stop(cast.anna, PAVEL, SAID, campaign_id=campaign)
    assert await naming(PAVEL) == {}
    assert await naming(PAVEL, campaign_id=campaign) == {PAVEL: frozenset({"campaign"})}
    assert OptedOut(numbers=(PAVEL,), client_id=cast.pavel, campaign_id=campaign) in told
    async with storage.read() as connection:
        (listing,) = await list_of_client(connection, cast.vera, cast.pavel)
    assert (listing.kind, listing.title, listing.opt_out) == ("campaign", "Spring", True)
    with pytest.raises(NotFound):
        await opt_outs.stop(cast.vera, PAVEL, SAID, campaign_id=campaign + 1)
    with pytest.raises(NotFound):
        await opt_outs.stop(None, PAVEL, SAID, campaign_id=campaign + 1)


async def test_whom_one_has_on_the_line_one_may_note_though_his_card_is_anothers(
    opt_outs: OptOuts, naming: Naming, storage: Storage, clock: ManualClock, cast: Cast
) -> None:
    row = {"call_id": "c-1", "direction": "inbound", "started_at": clock.now()}
    async with storage.write() as tx:
        await tx.execute(insert(calls).values(**row, client_id=cast.pavel))
        away = update(clients).where(clients.c.id == cast.pavel)
        await tx.execute(away.values(owner_agent_id=cast.grigory.id))
        other = update(clients).where(clients.c.id == cast.romashka)
        await tx.execute(other.values(owner_agent_id=cast.grigory.id))
    own = Rights({**cast.anna.rights.scopes, (RecordKind.CLIENT, Action.SEE): Scope.OWN})
    anna, in_call = replace(cast.anna, rights=own), replace(SAID, call_id="c-1")
    for said in (
        replace(SAID, client_id=cast.pavel),
        replace(SAID, client_id=cast.romashka),
        replace(in_call, client_id=cast.romashka),
    ):
        with pytest.raises(NotFound):
            await opt_outs.stop(anna, PAVEL, said)
    await opt_outs.stop(anna, PAVEL, replace(in_call, client_id=cast.pavel))
    assert await naming(PAVEL) == {PAVEL: OPTED_OUT}


async def test_a_slip_is_taken_back_by_whoever_made_it_while_it_is_fresh(
    opt_outs: OptOuts, naming: Naming, storage: Storage, clock: ManualClock, cast: Cast
) -> None:
    other = "+74993332211"
    await Clients(storage, clock, "RU").add_number(cast.dina, cast.pavel, other)
    stopped = await opt_outs.stop(cast.anna, PAVEL, SAID)
    assert stopped.number_id is not None
    again = await opt_outs.stop(cast.anna, PAVEL, SAID)
    assert again.number_id is None
    with pytest.raises(NotFound):
        await opt_outs.undo(cast.vera, stopped.number_id)
    await clock.advance(60)
    await opt_outs.undo(cast.anna, stopped.number_id)
    assert await naming(PAVEL, other) == {}
    with pytest.raises(NotFound):
        await opt_outs.undo(cast.anna, stopped.number_id)
    async with storage.read() as connection:
        entry, *_ = await list_audit(connection, subject="client", subject_id=cast.pavel)
        found = await list_of_client(connection, cast.anna, cast.pavel)
    assert (entry.action, entry.agent_id) == ("opt_out_undone", cast.anna.id)
    assert {(each.removed_by, each.removal) for each in found} == {("Anna Orlova", "mistaken")}
    later = await opt_outs.stop(cast.anna, PAVEL, SAID)
    await clock.advance(16 * 60)
    with pytest.raises(Conflict, match="opt_out_settled"):
        await opt_outs.undo(cast.anna, later.number_id or 0)
    assert await naming(PAVEL) == {PAVEL: OPTED_OUT}


async def test_what_a_slip_had_replaced_stands_again(
    opt_outs: OptOuts, do_not_call: DoNotCall, naming: Naming, clock: ManualClock, cast: Cast,
    storage: Storage,
) -> None:  # fmt: skip
    await opt_outs.stop(cast.anna, IVAN, SAID)
    async with storage.read() as connection:
        list_id = (await list_of_client(connection, cast.vera, cast.romashka))[0].list_id
    until = clock.now() + timedelta(days=3)
    office = await do_not_call.add(cast.vera, list_id, PAVEL, Said(How.OFFICE, "Rude", until=until))
    await clock.advance(60)
    slip = await opt_outs.stop(cast.anna, PAVEL, SAID)
    assert await naming(PAVEL) == {PAVEL: OPTED_OUT}
    await opt_outs.undo(cast.anna, slip.number_id or 0)
    assert await naming(PAVEL) == {PAVEL: frozenset({"own"})}
    async with storage.read() as connection:
        found = {each.id: each for each in await list_of_client(connection, cast.vera, cast.pavel)}
    assert (found[office].until, found[office].removed_at) == (until, None)
    with pytest.raises(NotFound):
        await opt_outs.undo(cast.vera, office)
