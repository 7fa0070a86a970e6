"""What an administrator says of an endpoint is remembered, audited, and his alone to say."""

import pytest

from crm_core.agents.endpoint_roles import EndpointCorrected, EndpointRoles, list_corrections
from crm_core.audit import list_audit
from crm_core.clock import ManualClock
from crm_core.errors import Forbidden, Invalid
from crm_core.storage.engine import Storage
from telephony.events import LegRole
from tests.cast import Cast


@pytest.fixture
def roles(storage: Storage, clock: ManualClock) -> EndpointRoles:
    return EndpointRoles(storage, clock)


async def corrections(storage: Storage) -> dict[str, LegRole]:
    async with storage.read() as connection:
        return await list_corrections(connection)


async def test_a_correction_is_remembered_changed_and_taken_back(
    roles: EndpointRoles, storage: Storage, cast: Cast
) -> None:
    told: list[object] = []
    storage.on_commit = told.extend
    await roles.correct(cast.dina, "desk-anna", LegRole.PHONE)
    await roles.correct(cast.dina, "101", LegRole.TRUNK)
    assert await corrections(storage) == {"101": LegRole.TRUNK, "desk-anna": LegRole.PHONE}
    await roles.correct(cast.dina, "101", LegRole.PHONE)
    await roles.correct(cast.dina, "desk-anna", None)
    assert await corrections(storage) == {"101": LegRole.PHONE}
    assert told[-2:] == [
        EndpointCorrected("101", LegRole.PHONE),
        EndpointCorrected("desk-anna", None),
    ]


async def test_a_correction_is_audited_as_from_and_to(
    roles: EndpointRoles, storage: Storage, cast: Cast
) -> None:
    await roles.correct(cast.dina, "101", LegRole.TRUNK)
    await roles.correct(cast.dina, "101", None)
    async with storage.read() as connection:
        entries = await list_audit(connection, subject="endpoint")
    assert [(each.subject_id, each.details["endpoint_role"]) for each in entries] == [
        ("101", ["trunk", None]),
        ("101", [None, "trunk"]),
    ]


async def test_saying_the_same_again_is_no_news(
    roles: EndpointRoles, storage: Storage, cast: Cast
) -> None:
    await roles.correct(cast.dina, "101", LegRole.TRUNK)
    told: list[object] = []
    storage.on_commit = told.extend
    await roles.correct(cast.dina, "101", LegRole.TRUNK)
    await roles.correct(cast.dina, "102", None)
    assert told == []


async def test_only_an_administrator_may_say_it(roles: EndpointRoles, cast: Cast) -> None:
    with pytest.raises(Forbidden):
        await roles.correct(cast.boris, "101", LegRole.TRUNK)


@pytest.mark.parametrize("name", ["", " 101", "a\nb", "x" * 129])
async def test_what_can_be_no_endpoint_is_refused(
    roles: EndpointRoles, cast: Cast, name: str
) -> None:
    with pytest.raises(Invalid):
        await roles.correct(cast.dina, name, LegRole.PHONE)


async def test_names_in_other_scripts_are_names(
    roles: EndpointRoles, storage: Storage, cast: Cast
) -> None:
    await roles.correct(cast.dina, "Стойка № 1", LegRole.PHONE)
    assert await corrections(storage) == {"Стойка № 1": LegRole.PHONE}
