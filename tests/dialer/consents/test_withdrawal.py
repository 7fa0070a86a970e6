"""Who takes his consent back and wants no more calls is understood in one step, or not at all."""

import pytest

from crm_core.clients.records import Clients
from crm_core.clock import ManualClock
from crm_core.errors import Conflict, Invalid, NotFound
from crm_core.storage.engine import Storage
from dialer.compliance.subject import Consent
from dialer.consents.kinds import Channel, Purpose
from dialer.consents.queries import consents_of
from dialer.consents.records import Consents
from dialer.consents.withdrawal import Withdrawals
from dialer.do_not_call.looking import list_of_client
from dialer.do_not_call.opt_outs import OptOuts
from dialer.do_not_call.queries import lists_naming
from tests.cast import Cast
from tests.dialer.consents.conftest import Give

ROMASHKA, IVAN, PAVEL = "+74951234567", "+79161234567", "+79037654321"


@pytest.fixture
def withdrawals(storage: Storage, clock: ManualClock, registry: Consents) -> Withdrawals:
    return Withdrawals(storage, registry, OptOuts(storage, clock, "RU"))


async def silent(storage: Storage, clock: ManualClock) -> set[str]:
    """Who of the cast is not called any more."""
    async with storage.read() as connection:
        named = await lists_naming(connection, (ROMASHKA, IVAN, PAVEL), None, clock.now())
    return set(named)


async def test_the_consent_ends_and_so_do_the_calls(
    withdrawals: Withdrawals, give: Give, storage: Storage, clock: ManualClock, cast: Cast
) -> None:
    consent_id, given = await give(cast.pavel), clock.now()
    await clock.advance(60)
    told: list[object] = []
    storage.on_commit = told.extend
    stopped = await withdrawals.revoke_and_stop(
        cast.anna, consent_id, channel=Channel.CALL, evidence="Leave\nme alone. " + "x" * 900
    )
    assert stopped is not None
    assert stopped.numbers == (PAVEL,)
    async with storage.read() as connection:
        found = await consents_of(connection, [(cast.pavel, PAVEL)])
        (listing,) = await list_of_client(connection, cast.anna, cast.pavel)
    assert found == {(cast.pavel, PAVEL): (Consent(given, None, clock.now()),)}
    assert (listing.how, listing.added_by) == ("said", "Anna Orlova")
    assert listing.reason.startswith("Leave me alone.")


@pytest.mark.parametrize("whose", ["his own", "everybody's", "of a number"])
async def test_at_an_organisation_it_holds_for_whoever_gave_the_consent(
    withdrawals: Withdrawals,
    give: Give,
    storage: Storage,
    clock: ManualClock,
    cast: Cast,
    whose: str,
) -> None:
    said = {"his own": {"contact_id": cast.ivan}, "of a number": {"number": IVAN}}
    consent_id = await give(cast.romashka, **said.get(whose, {}))  # type: ignore[arg-type]
    await withdrawals.revoke_and_stop(cast.anna, consent_id, channel=Channel.PAPER)
    assert await silent(storage, clock) == {IVAN} | (
        {ROMASHKA} if whose == "everybody's" else set()
    )


async def test_what_cannot_be_taken_back_stops_nothing(
    withdrawals: Withdrawals, give: Give, registry: Consents, storage: Storage,
    clock: ManualClock, cast: Cast,
) -> None:  # fmt: skip
    consent_id = await give(cast.pavel, purpose=Purpose.MESSAGES)
    early = {"channel": Channel.CALL, "at": clock.now().replace(year=2001)}
    with pytest.raises(Invalid):
        await withdrawals.revoke_and_stop(cast.anna, consent_id, **early)  # type: ignore[arg-type]
    await registry.revoke(cast.anna, consent_id, channel=Channel.CALL)
    with pytest.raises(Conflict):
        await withdrawals.revoke_and_stop(cast.anna, consent_id, channel=Channel.CALL)
    with pytest.raises(NotFound):
        await withdrawals.revoke_and_stop(cast.anna, 999, channel=Channel.CALL)
    assert await silent(storage, clock) == set()


async def test_of_whom_no_number_is_known_the_consent_ends_all_the_same(
    withdrawals: Withdrawals, give: Give, registry: Consents, storage: Storage,
    clock: ManualClock, cast: Cast,
) -> None:  # fmt: skip
    client_id = await Clients(storage, clock, "RU").create(cast.anna, name="Nobody's phone")
    consent_id = await give(client_id)
    assert await withdrawals.revoke_and_stop(cast.anna, consent_id, channel=Channel.CALL) is None
    with pytest.raises(Conflict, match="consent_revoked"):
        await registry.revoke(cast.anna, consent_id, channel=Channel.CALL)
