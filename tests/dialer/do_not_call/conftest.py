"""The commands on the do-not-call lists, over the office of tests/cast.py."""

from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import insert

from crm_core.clock import ManualClock
from crm_core.storage.engine import Storage
from dialer.campaigns.tables import campaigns
from dialer.do_not_call.importing import NumberImports
from dialer.do_not_call.lists import DoNotCallLists
from dialer.do_not_call.opt_outs import OptOuts
from dialer.do_not_call.queries import lists_naming
from dialer.do_not_call.records import DoNotCall
from tests.cast import Cast

Naming = Callable[..., Awaitable[dict[str, frozenset[str]]]]


@pytest.fixture
def lists(storage: Storage, clock: ManualClock) -> DoNotCallLists:
    return DoNotCallLists(storage, clock)


@pytest.fixture
def do_not_call(storage: Storage, clock: ManualClock) -> DoNotCall:
    return DoNotCall(storage, clock, "RU")


@pytest.fixture
def opt_outs(storage: Storage, clock: ManualClock) -> OptOuts:
    return OptOuts(storage, clock, "RU")


@pytest.fixture
def imports(storage: Storage, clock: ManualClock) -> NumberImports:
    return NumberImports(storage, clock, "RU")


@pytest.fixture
def naming(storage: Storage, clock: ManualClock) -> Naming:
    """On which lists these numbers stand, for a campaign or for none."""

    async def ask(*numbers: str, campaign_id: int | None = None) -> dict[str, frozenset[str]]:
        async with storage.read() as connection:
            return await lists_naming(connection, numbers, campaign_id, clock.now())

    return ask


@pytest.fixture
async def campaign(storage: Storage, clock: ManualClock, cast: Cast) -> int:
    """A campaign's id."""
    row = {"title": "Spring", "created_at": clock.now(), "updated_at": clock.now()}
    row |= {"state": "draft", "mode": "progressive", "profile_key": "ru"}
    async with storage.write() as tx:
        made = await tx.execute(insert(campaigns).values(**row))
        return int(made.inserted_primary_key[0])
