"""Who agreed to what: what a consent covers, how it ends, and that none is ever changed."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, select

from crm_core.agents.rights import Action, RecordKind, Scope
from crm_core.audit import list_audit
from crm_core.calls.tables import calls
from crm_core.clients.records import Clients
from crm_core.clients.tables import contacts
from crm_core.clients.uniting import Merging
from crm_core.clock import ManualClock
from crm_core.errors import Conflict, Forbidden, Invalid, NotFound
from crm_core.events import ClientChanged
from crm_core.storage.engine import Storage
from dialer.compliance.subject import Consent
from dialer.consents.kinds import Channel, Purpose
from dialer.consents.queries import consents_of
from dialer.consents.records import Consents
from dialer.consents.tables import consents
from dialer.consents.wordings import Wordings, list_wordings
from tests.cast import Cast
from tests.crm_core.sales import with_scope
from tests.dialer.consents.conftest import Give, New

ROMASHKA, IVAN, PAVEL = "+74951234567", "+79161234567", "+79037654321"


async def said(
    storage: Storage, *asked: tuple[int, str], purpose: Purpose = Purpose.CALLS
) -> dict[tuple[int, str], tuple[Consent, ...]]:
    async with storage.read() as connection:
        return await consents_of(connection, asked, purpose)


async def test_a_consent_is_found_by_client_number_and_purpose(
    give: Give, storage: Storage, clock: ManualClock, cast: Cast
) -> None:
    until = clock.now() + timedelta(days=365)
    await give(cast.pavel, number="8 903 765-43-21", expires_at=until)
    mine, other = (cast.pavel, PAVEL), (cast.romashka, PAVEL)
    assert await said(storage, mine, other, (cast.pavel, IVAN)) == {
        mine: (Consent(clock.now(), until, None),)
    }
    assert await said(storage, mine, purpose=Purpose.RECORDING) == {}
    assert await said(storage) == {}


async def test_without_a_number_it_holds_for_any_of_his(
    give: Give, storage: Storage, cast: Cast
) -> None:
    await give(cast.romashka)
    found = await said(storage, (cast.romashka, ROMASHKA), (cast.romashka, IVAN))
    assert len(found) == 2


async def test_one_person_at_an_organisation_agrees_for_himself_alone_also_when_he_has_left(
    give: Give, storage: Storage, cast: Cast
) -> None:
    await give(cast.romashka, contact_id=cast.ivan)
    everybody = (cast.romashka, ROMASHKA), (cast.romashka, IVAN)
    assert set(await said(storage, *everybody)) == {(cast.romashka, IVAN)}
    async with storage.write() as tx:
        await tx.execute(delete(contacts).where(contacts.c.id == cast.ivan))
    assert await said(storage, *everybody) == {}


async def test_revoked_it_says_since_when_and_is_not_revoked_twice(
    registry: Consents, give: Give, storage: Storage, clock: ManualClock, cast: Cast
) -> None:
    consent_id = await give(cast.pavel)
    given = clock.now()
    await clock.advance(60)
    told: list[object] = []
    storage.on_commit = told.extend
    await registry.revoke(cast.anna, consent_id, channel=Channel.CALL, evidence="c-9")
    assert await said(storage, (cast.pavel, PAVEL)) == {
        (cast.pavel, PAVEL): (Consent(given, None, clock.now()),)
    }
    assert told == [ClientChanged(client_id=cast.pavel)]
    with pytest.raises(Conflict, match="consent_revoked"):
        await registry.revoke(cast.anna, consent_id, channel=Channel.CALL)
    async with storage.read() as connection:
        entries = await list_audit(connection, subject="client", subject_id=cast.pavel)
    assert [each.action for each in entries] == ["consent_revoked", "consent_given"]
    assert entries[0].details == {"consent_id": consent_id, "purpose": "calls"}


async def test_a_correction_is_another_consent_and_the_first_stays(
    registry: Consents, give: Give, new: New, storage: Storage, clock: ManualClock, cast: Cast
) -> None:
    wrong = await give(cast.pavel, number=IVAN)
    with pytest.raises(Forbidden):
        await registry.supersede(cast.anna, wrong, new(cast.pavel, number=PAVEL))
    for other in (new(cast.romashka), new(cast.pavel, purpose=Purpose.MESSAGES)):
        with pytest.raises(Conflict, match="consent_of_another"):
            await registry.supersede(cast.vera, wrong, other)
    right = await registry.supersede(cast.vera, wrong, new(cast.pavel, number=PAVEL))
    assert set(await said(storage, (cast.pavel, PAVEL), (cast.pavel, IVAN))) == {
        (cast.pavel, PAVEL)
    }
    async with storage.read() as connection:
        rows = (await connection.execute(select(consents).order_by(consents.c.id))).mappings()
        first, second = rows.all()
    assert (first["superseded_by_id"], first["e164"]) == (right, IVAN)
    assert second["superseded_by_id"] is None
    for refused in (
        registry.supersede(cast.vera, wrong, new(cast.pavel)),
        registry.revoke(cast.vera, wrong, channel=Channel.CALL),
    ):
        with pytest.raises(Conflict, match="consent_superseded"):
            await refused


async def test_what_is_revoked_is_not_corrected_into_force_again(
    registry: Consents, give: Give, new: New, cast: Cast
) -> None:
    consent_id = await give(cast.pavel)
    await registry.revoke(cast.vera, consent_id, channel=Channel.PAPER, evidence="letter 3")
    with pytest.raises(Conflict, match="consent_revoked"):
        await registry.supersede(cast.vera, consent_id, new(cast.pavel))


async def test_two_who_revoke_at_once_revoke_once(
    registry: Consents, give: Give, cast: Cast
) -> None:
    consent_id = await give(cast.pavel)
    answers = await asyncio.gather(
        *(registry.revoke(each, consent_id, channel=Channel.CALL) for each in (None, cast.anna)),
        return_exceptions=True,
    )
    assert [type(each) for each in answers].count(Conflict) == 1


@pytest.mark.parametrize(
    ("field", "code", "more"),
    [
        ("given_at", "in_future", {"given_at": timedelta(seconds=1)}),
        ("expires_at", "ends_before_it_begins", {"expires_at": timedelta(0)}),
        ("evidence", "required", {"evidence": "\r\n\x00"}),
        ("evidence", "too_long", {"evidence": "x" * 5_001}),
        ("wording", "not_a_choice", {"wording_id": 999}),
        ("contact", "not_a_choice", {"contact_id": 999}),
        ("call", "not_a_choice", {"call_id": "c-0"}),
        ("number", "number_not_valid", {"number": "'; DROP TABLE consents"}),
        ("number", "number_not_valid", {"number": "+7 916\r\n123"}),
    ],
)
async def test_what_cannot_be_is_refused_by_its_field(
    give: Give, clock: ManualClock, cast: Cast, field: str, code: str, more: dict[str, Any]
) -> None:
    values = {
        name: clock.now() + value if isinstance(value, timedelta) else value
        for name, value in more.items()
    }
    with pytest.raises(Invalid) as refused:
        await give(cast.pavel, **values)
    assert (refused.value.field, refused.value.code) == (field, code)


async def test_a_call_is_evidence_enough(
    give: Give, storage: Storage, clock: ManualClock, cast: Cast
) -> None:
    row = {"call_id": "c-1", "direction": "inbound", "started_at": clock.now()}
    async with storage.write() as tx:
        await tx.execute(insert(calls).values(**row))
    await give(cast.pavel, evidence="", call_id="c-1")
    assert await said(storage, (cast.pavel, PAVEL))


async def test_consents_go_through_the_door_of_their_client(
    registry: Consents, give: Give, new: New, cast: Cast
) -> None:
    consent_id = await give(cast.pavel)
    reader = with_scope(cast.anna, RecordKind.CLIENT, Scope.NONE, Action.EDIT)
    blind = with_scope(cast.anna, RecordKind.CLIENT, Scope.NONE, Action.SEE)
    for actor, error in ((reader, Forbidden), (blind, NotFound)):
        with pytest.raises(error):
            await registry.give(actor, new(cast.pavel))
        with pytest.raises(error):
            await registry.revoke(actor, consent_id, channel=Channel.CALL)
    for client_id in (0, 999, 2**40):
        with pytest.raises(NotFound):
            await registry.give(None, new(client_id))
    with pytest.raises(NotFound):
        await registry.revoke(None, 999, channel=Channel.CALL)


async def test_words_are_kept_once_and_another_text_is_the_next_version(
    wordings: Wordings, wording: int, give: Give, storage: Storage, cast: Cast
) -> None:
    same = await wordings.add(cast.vera, " Calls ", "You may call me about offers.\r\n")
    assert same == wording
    second = await wordings.add(cast.vera, "Calls", "You may call me about lamps.")
    await wordings.retire(cast.vera, wording)
    async with storage.read() as connection:
        (used,) = await list_wordings(connection)
        every = await list_wordings(connection, retired=None)
    assert (used.id, used.version) == (second, 2)
    assert [(each.id, each.version) for each in every] == [(second, 2), (wording, 1)]
    with pytest.raises(Invalid, match="not_a_choice"):
        await give(cast.pavel)
    with pytest.raises(NotFound):
        await wordings.retire(cast.vera, wording)
    with pytest.raises(Forbidden):
        await wordings.add(cast.anna, "Calls", "Anything goes.")
    with pytest.raises(Invalid, match="required"):
        await wordings.add(cast.vera, "Calls", " \r\n ")


async def test_consents_go_along_when_two_turn_out_to_be_one_and_come_back(
    give: Give, storage: Storage, clock: ManualClock, cast: Cast
) -> None:
    """A person who turns out to work somewhere agreed for himself, not for everybody there."""
    await give(cast.pavel)
    merging = Merging(storage, clock)
    merge_id = await merging.unite(cast.grigory, cast.romashka, cast.pavel)
    both = (cast.romashka, PAVEL), (cast.romashka, ROMASHKA), (cast.pavel, PAVEL)
    assert set(await said(storage, *both)) == {(cast.romashka, PAVEL)}
    await merging.undo(cast.grigory, merge_id)
    assert set(await said(storage, *both)) == {(cast.pavel, PAVEL)}
    other = "+79165550011"
    await Clients(storage, clock, "RU").add_number(cast.dina, cast.pavel, other)
    assert await said(storage, (cast.pavel, other))  # still for any number of his
