"""The registry as people look at it, and as an inspector gets it."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from crm_core.agents.rights import Action, RecordKind, Scope
from crm_core.clients.tables import clients
from crm_core.clock import ManualClock
from crm_core.errors import Forbidden, NotFound
from crm_core.storage.engine import Storage
from dialer.compliance.subject import Consent
from dialer.consents import registry as looking
from dialer.consents.kinds import Channel, ConsentState, Purpose
from dialer.consents.records import Consents
from dialer.consents.registry import (
    Wanted,
    count_expiring,
    export_consents,
    get_consent,
    in_state,
    list_consents,
)
from dialer.consents.tables import consents
from tests.cast import Cast
from tests.crm_core.sales import with_scope
from tests.dialer.consents.conftest import Give, New


@pytest.fixture
async def one_of_each(
    registry: Consents, give: Give, new: New, clock: ManualClock, cast: Cast
) -> dict[ConsentState, int]:
    """A consent in each state that time and people bring about; the clock stands 40 days on."""
    soon, later = (clock.now() + timedelta(days=days) for days in (30, 50))
    found = {
        ConsentState.IN_FORCE: await give(cast.pavel, expires_at=later),
        ConsentState.EXPIRED: await give(cast.pavel, expires_at=soon),
        ConsentState.REVOKED: await give(cast.romashka, purpose=Purpose.RECORDING),
        ConsentState.SUPERSEDED: await give(cast.romashka, contact_id=cast.ivan),
    }
    await registry.revoke(
        cast.anna, found[ConsentState.REVOKED], channel=Channel.EMAIL, evidence="letter 4"
    )
    wrong = found[ConsentState.SUPERSEDED]
    await registry.supersede(cast.vera, wrong, new(cast.romashka, contact_id=cast.ivan))
    await clock.advance(40 * 86400)
    return found


async def test_each_state_is_found_and_says_so(
    one_of_each: dict[ConsentState, int], storage: Storage, clock: ManualClock, cast: Cast
) -> None:
    async with storage.read() as connection:
        for state, consent_id in one_of_each.items():
            found = await list_consents(connection, cast.vera, clock.now(), Wanted(state=state))
            assert consent_id in [each.id for each in found]
            assert {each.state for each in found} == {state}
        every = await list_consents(connection, cast.vera, clock.now())
        assert len(every) == 5
        soon = Wanted(expiring_days=10)
        (ending,) = await list_consents(connection, cast.vera, clock.now(), soon)
        assert ending.id == one_of_each[ConsentState.IN_FORCE]
        assert await count_expiring(connection, cast.vera, clock.now(), 9) == 0
        assert await count_expiring(connection, cast.vera, clock.now(), 10) == 1


async def test_a_consent_tells_all_that_proves_it(
    one_of_each: dict[ConsentState, int], storage: Storage, clock: ManualClock, cast: Cast
) -> None:
    async with storage.read() as connection:
        revoked = await get_consent(
            connection, cast.anna, clock.now(), one_of_each[ConsentState.REVOKED]
        )
        of_ivan = await get_consent(
            connection, cast.anna, clock.now(), one_of_each[ConsentState.SUPERSEDED]
        )
        with pytest.raises(NotFound):
            await get_consent(connection, cast.anna, clock.now(), 999)
    assert (revoked.person, revoked.purpose, revoked.channel) == (
        *("ООО «Ромашка»", "recording"),
        "web_form",
    )
    assert (revoked.recorded_by, revoked.revoked_by) == ("Vera Sokolova", "Anna Orlova")
    assert (revoked.revoked_through, revoked.revocation) == ("email", "letter 4")
    assert (revoked.wording, revoked.wording_version) == ("You may call me about offers.", 1)
    assert (of_ivan.person, of_ivan.client_name) == ("Иван Петров", "ООО «Ромашка»")


async def test_a_name_finds_clients_and_the_people_who_agreed(
    one_of_each: dict[ConsentState, int], storage: Storage, clock: ManualClock, cast: Cast
) -> None:
    async with storage.read() as connection:
        for name, count in (("ромашка", 3), ("иван", 2), ("Павел Сем", 2), ("100%", 0), ("_", 0)):
            found = await list_consents(connection, cast.vera, clock.now(), Wanted(name=name))
            assert len(found) == count, name


async def test_the_registry_is_paged_and_written_out_whole(
    give: Give, storage: Storage, clock: ManualClock, cast: Cast,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(looking, "_IN_ONE_READ", 3)
    ids = [await give(cast.pavel, evidence=f"form {n}") for n in range(7)]
    async with storage.read() as connection:
        page = await list_consents(connection, cast.vera, clock.now(), limit=5)
        rest = await list_consents(
            connection, cast.vera, clock.now(), limit=5, before_id=page[-1].id
        )
    assert [each.id for each in (*page, *rest)] == ids[::-1]
    exported = [each async for each in export_consents(storage, cast.dina, clock.now())]
    assert [each.id for each in exported] == ids
    with pytest.raises(Forbidden):
        _ = [each async for each in export_consents(storage, cast.anna, clock.now())]


async def test_only_an_administrator_proves_consents_of_the_deleted(
    give: Give, storage: Storage, clock: ManualClock, cast: Cast
) -> None:
    consent_id = await give(cast.pavel)
    blind = with_scope(cast.vera, RecordKind.CLIENT, Scope.NONE, Action.SEE)
    async with storage.read() as connection:
        assert await list_consents(connection, blind, clock.now()) == []
    async with storage.write() as tx:
        gone = update(clients).where(clients.c.id == cast.pavel).values(deleted_at=clock.now())
        await tx.execute(gone)
    async with storage.read() as connection:
        assert await list_consents(connection, cast.vera, clock.now()) == []
        (kept,) = await list_consents(connection, cast.dina, clock.now())
    assert kept.id == consent_id


_DAYS = st.one_of(st.none(), st.integers(-3, 3))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(given_at=st.integers(-3, 0), expires=_DAYS, revoked=_DAYS, flags=st.integers(0, 3))
async def test_a_consent_is_in_one_state_and_in_force_as_the_law_judges(
    give: Give, storage: Storage, clock: ManualClock, cast: Cast,
    given_at: int, expires: int | None, revoked: int | None, flags: int,
) -> None:  # fmt: skip
    now, day = clock.now(), timedelta(days=1)
    consent_id = await give(cast.pavel)
    when = {
        "given_at": now + day * given_at,
        "expires_at": None if expires is None else now + day * expires,
        "revoked_at": None if revoked is None else now + day * revoked,
    }
    ends = {"superseded_by_id": consent_id if flags & 1 else None}
    async with storage.write() as tx:
        mine = consents.c.id == consent_id
        gone = now if flags & 2 else None
        await tx.execute(update(consents).where(mine).values(**when, **ends, erased_at=gone))
    async with storage.read() as connection:
        kept = await get_consent(connection, cast.dina, now, consent_id)
        states = [
            state
            for state in ConsentState
            if (
                await connection.execute(select(consents.c.id).where(mine, in_state(state, now)))
            ).first()
        ]
    assert states == [kept.state]
    one = Consent(now + day * given_at, when["expires_at"], when["revoked_at"])
    over = [end is not None and end <= now for end in (one.expires_at, one.revoked_at)]
    lawful = one.given_at <= now and not any(over) and not flags
    assert (kept.state is ConsentState.IN_FORCE) == lawful
