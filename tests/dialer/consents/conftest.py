"""The consent registry over the office of tests/cast.py."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from crm_core.clock import ManualClock
from crm_core.storage.engine import Storage
from dialer.consents.kinds import Channel, Purpose
from dialer.consents.records import Consents, NewConsent
from dialer.consents.wordings import Wordings
from tests.cast import Cast

New = Callable[..., NewConsent]
Give = Callable[..., Awaitable[int]]


@pytest.fixture
def registry(storage: Storage, clock: ManualClock) -> Consents:
    return Consents(storage, clock, "RU")


@pytest.fixture
def wordings(storage: Storage, clock: ManualClock) -> Wordings:
    return Wordings(storage, clock)


@pytest.fixture
async def wording(wordings: Wordings, cast: Cast) -> int:
    """The id of the words that are in use."""
    return await wordings.add(cast.dina, "Calls", "You may call me about offers.")


@pytest.fixture
def new(clock: ManualClock, wording: int) -> New:
    """A consent to calls of now, but for what is said."""

    def make(client_id: int, **more: Any) -> NewConsent:
        values: dict[str, Any] = {
            "client_id": client_id,
            "purpose": Purpose.CALLS,
            "channel": Channel.WEB_FORM,
            "wording_id": wording,
            "given_at": clock.now(),
            "evidence": "form 17",
        }
        return NewConsent(**(values | more))

    return make


@pytest.fixture
def give(registry: Consents, new: New, cast: Cast) -> Give:
    """Have Vera record a consent; its id."""

    async def record(client_id: int, **more: Any) -> int:
        return await registry.give(cast.vera, new(client_id, **more))

    return record
