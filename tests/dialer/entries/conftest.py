"""A running campaign on both engines."""

import pytest

from crm_core.clock import ManualClock
from crm_core.storage.engine import Storage
from tests.cast import Cast
from tests.dialer.entries.office import Office, open_office


@pytest.fixture
async def office(storage: Storage, clock: ManualClock, cast: Cast) -> Office:
    """See tests/dialer/entries/office.py."""
    return await open_office(storage, clock, cast)
