"""The line under fire: whatever is killed or cut, the call log equals what Asterisk billed."""

import asyncio
import random
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.crowd import crowd
from tests.journeys.fire import under_fire
from tests.journeys.running import own_exchange
from tests.lab.asterisk import LabAsterisk

pytestmark = [pytest.mark.lab, pytest.mark.timeout(300)]  # twenty starts on a busy machine
KILLS = 20


@pytest.fixture
def exchange() -> Iterator[LabAsterisk]:
    """An exchange of the test's own, with no phone signed in."""
    with own_exchange() as found:
        yield found


async def test_a_service_killed_twenty_times_logs_every_call_once_as_it_was_billed(
    exchange: LabAsterisk, tmp_path: Path
) -> None:
    """And each time her state is right again within five seconds."""
    chance = random.Random(20)
    async with under_fire(exchange, tmp_path) as office:
        with crowd(exchange):
            for _ in range(KILLS):
                async with office.service() as service:
                    await office.until_her_state_is_right()
                    await asyncio.sleep(chance.uniform(0, 1.5))
                    service.send_signal(signal.SIGKILL)
                    await service.wait()
        await office.until_quiet()
        async with office.service():
            found = await office.settled()
    assert found.disagreements() == []
    assert len(found.billed) > KILLS
    assert set(found.billed.values()) == {"answered", "busy", "missed"}
