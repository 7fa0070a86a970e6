"""What a person is told of his consents and opt-outs, and what is left when he is forgotten."""

from typing import Any

import pytest
from sqlalchemy import select

from crm_core.clients.erasing import Erasure
from crm_core.clients.files import Files
from crm_core.clients.personal_data import PersonalData
from crm_core.clients.records import Clients
from crm_core.clock import ManualClock
from crm_core.errors import NotFound
from crm_core.storage.engine import Storage
from dialer.consents.kinds import Channel
from dialer.consents.of_client import ConsentsOfClient
from dialer.consents.proof import is_proof_of, prove
from dialer.consents.queries import consents_of
from dialer.consents.records import Consents
from dialer.consents.registry import list_consents
from dialer.consents.tables import consents
from dialer.do_not_call.kinds import How
from dialer.do_not_call.looking import list_of_client
from dialer.do_not_call.of_client import DoNotCallOfClient
from dialer.do_not_call.opt_outs import OptOuts
from dialer.do_not_call.queries import lists_naming
from dialer.do_not_call.records import Said
from dialer.tables import metadata
from tests.cast import Cast
from tests.dialer.consents.conftest import Give

NAME, NUMBER, OTHER = "Zwetajewa", "+79035550123", "+79035550177"
ELSEWHERE = (DoNotCallOfClient(), ConsentsOfClient())


@pytest.fixture
async def her(
    storage: Storage, clock: ManualClock, cast: Cast, registry: Consents, give: Give
) -> int:
    """A client with two numbers, who agreed twice, took one back, and said stop."""
    keeping = Clients(storage, clock, "RU")
    client_id = await keeping.create(cast.dina, name=NAME, number=f"{NUMBER}; {OTHER}")
    await give(client_id, evidence=f"paper signed by {NAME}")
    second = await give(client_id, number=NUMBER, evidence="form 3")
    await registry.revoke(cast.vera, second, channel=Channel.CALL, evidence=f"{NAME} called")
    stop = OptOuts(storage, clock, "RU")
    await stop.stop(cast.anna, NUMBER, Said(How.SAID, f"{NAME} shouted"))
    return client_id


async def test_she_is_told_what_she_agreed_to_and_where_her_numbers_stand(
    storage: Storage, clock: ManualClock, cast: Cast, her: int
) -> None:
    data = await PersonalData(storage, clock, ELSEWHERE).export(cast.grigory, her)
    first, second = data["consents"]
    assert (first["wording"], first["person"]) == ("You may call me about offers.", NAME)
    assert (second["e164"], second["revocation"]) == (NUMBER, f"{NAME} called")
    assert second["revoked_at"] == clock.now().isoformat()
    assert "number_proof" not in first
    stands = {(each["e164"], each["how"]) for each in data["do_not_call"]}
    assert stands == {(NUMBER, "said"), (OTHER, "said")}
    assert data["do_not_call_national"] == []


async def test_erased_she_is_not_called_again_and_her_consents_prove_themselves_to_her_number(
    storage: Storage, clock: ManualClock, cast: Cast, her: int, registry: Consents
) -> None:
    files = Files(storage, clock)
    await Erasure(storage, clock, files, ELSEWHERE).erase(cast.dina, her, NAME)
    left = await _rows_with(storage, NAME, NUMBER[-7:], OTHER[-7:])
    assert {name for name, _ in left} == {"do_not_call_numbers"}
    assert not [row for _, row in left if NAME in row]
    async with storage.read() as connection:
        at = clock.now()
        assert await lists_naming(connection, [NUMBER, OTHER], None, at) == {
            each: frozenset({"opt_out"}) for each in (NUMBER, OTHER)
        }
        assert await consents_of(connection, [(her, NUMBER)]) == {}
        kept = await list_consents(connection, cast.dina, at)
        proofs = (await connection.execute(select(consents.c.number_proof))).scalars().all()
    assert [(each.state, each.wording_version, each.channel) for each in kept] == [
        ("erased", 1, "web_form")
    ] * 2
    assert kept[0].revoked_at == at
    assert kept[1].given_at == at
    assert [is_proof_of(each, NUMBER) for each in proofs] == [True, True]
    assert [is_proof_of(each, OTHER) for each in proofs] == [True, False]
    assert not any(is_proof_of(each, "+79035550124") for each in proofs)
    with pytest.raises(NotFound):
        await registry.revoke(cast.dina, kept[0].id, channel=Channel.CALL)


async def test_what_another_client_said_of_the_same_number_stays_his(
    storage: Storage, clock: ManualClock, cast: Cast, her: int
) -> None:
    keeping, stop = Clients(storage, clock, "RU"), OptOuts(storage, clock, "RU")
    twin = await keeping.create(cast.dina, name="Twin", number=f"{NUMBER}; +79031110000")
    said = Said(How.WRITTEN, "letter 5", client_id=twin)
    await stop.stop(cast.anna, "+79031110000", said)
    await Erasure(storage, clock, Files(storage, clock), ELSEWHERE).erase(cast.dina, her, NAME)
    async with storage.read() as connection:
        found = await list_of_client(connection, cast.dina, twin)
    told = {each.e164: (each.client_id, each.reason) for each in found if each.holds(clock.now())}
    assert told == {NUMBER: (twin, "letter 5"), "+79031110000": (twin, "letter 5")}


async def test_a_persons_consent_proves_itself_to_his_numbers_not_to_his_colleagues(
    storage: Storage, clock: ManualClock, cast: Cast, give: Give
) -> None:
    await give(cast.romashka, contact_id=cast.ivan)
    erasure = Erasure(storage, clock, Files(storage, clock), ELSEWHERE)
    await erasure.erase(cast.dina, cast.romashka, "ООО «Ромашка»")
    async with storage.read() as connection:
        kept = (await connection.execute(select(consents.c.number_proof))).scalar_one()
    assert is_proof_of(kept, "+79161234567")
    assert not is_proof_of(kept, "+74951234567")


def test_a_proof_does_not_tell_the_number_nor_that_two_are_of_one() -> None:
    one, two = prove(NUMBER, b"a" * 16), prove(NUMBER, b"b" * 16)
    assert NUMBER[1:] not in one
    assert one.split("$")[1] != two.split("$")[1]
    assert is_proof_of(f"{one} {two}", NUMBER)
    assert not is_proof_of("", NUMBER)


async def _rows_with(storage: Storage, *words: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    async with storage.read() as connection:
        for table in metadata.sorted_tables:
            rows: Any = await connection.execute(select(table))
            found += [
                (table.name, str(tuple(row)))
                for row in rows
                if any(word in str(tuple(row)) for word in words)
            ]
    return found
