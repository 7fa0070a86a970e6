"""The line under fire: whatever is killed or cut, the call log equals what Asterisk billed."""

import asyncio
import random
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import select

from crm_core.agents.tables import agent_states
from crm_core.storage.engine import Storage
from tests.journeys.crowd import accounts, crowd
from tests.journeys.office import furnish, until
from tests.journeys.running import own_exchange, perezvon_run, seat
from tests.lab.ami_link import AmiLink
from tests.lab.asterisk import LabAsterisk
from tests.lab.processes import free_port

pytestmark = [pytest.mark.lab, pytest.mark.timeout(300)]  # twenty starts on a busy machine
KILLS = 20


@pytest.fixture
def exchange() -> Iterator[LabAsterisk]:
    """An exchange of the test's own, with no phone signed in."""
    with own_exchange() as found:
        yield found


@pytest.fixture
async def storage(tmp_path: Path) -> AsyncIterator[Storage]:
    opened = Storage.open(f"sqlite:///{tmp_path / 'perezvon.db'}")
    try:
        yield opened
    finally:
        await opened.close()


async def test_a_service_killed_twenty_times_logs_every_call_once_as_it_was_billed(
    exchange: LabAsterisk, storage: Storage, tmp_path: Path
) -> None:
    cast = await furnish(f"sqlite:///{tmp_path / 'perezvon.db'}")
    await seat(storage, cast.anna.id, cast.desk_101)
    port, log = free_port(), tmp_path / "run.log"
    database = f"sqlite:///{tmp_path / 'perezvon.db'}"
    chance = random.Random(20)
    async with AmiLink(exchange.ami_port, exchange.ami_secret) as ami:
        with crowd(exchange):
            for _ in range(KILLS):
                async with perezvon_run(exchange, database, port, log) as service:
                    await until(
                        lambda: _state_is_right(ami, storage),
                        "her state is right",
                        patience_seconds=5,
                    )
                    await asyncio.sleep(chance.uniform(0, 1.5))
                    service.send_signal(signal.SIGKILL)
                    await service.wait()
        await until(lambda: is_quiet(ami), "all have hung up", patience_seconds=30)
    async with perezvon_run(exchange, database, port, log):

        async def agrees() -> bool:
            return not (await accounts(exchange, storage)).disagreements()

        with suppress(TimeoutError):  # what does not agree is told below
            await until(agrees, "the logs agree", patience_seconds=20)
        found = await accounts(exchange, storage)
    assert found.disagreements() == []
    assert len(found.billed) > KILLS
    assert set(found.billed.values()) == {"answered", "busy", "missed"}


async def _state_is_right(ami: AmiLink, storage: Storage) -> bool:
    """Whether her state is what her phone does at this moment."""
    states = {state for channel, state in await _channels(ami) if channel.startswith("PJSIP/101-")}
    async with storage.read() as connection:
        stored = (await connection.execute(select(agent_states.c.state))).scalar_one()
    if "Up" in states:
        return bool(stored == "talking")
    return bool(stored == "ringing") if states else stored not in ("talking", "ringing")


async def is_quiet(ami: AmiLink) -> bool:
    """Whether nobody is on the line."""
    return not await _channels(ami)


async def _channels(ami: AmiLink) -> list[tuple[str, str]]:
    since = len(ami.events)
    await ami.do("CoreShowChannels")
    await ami.until(lambda event: event["event"] == "CoreShowChannelsComplete", since=since)
    return [
        (event["channel"], event["channelstatedesc"])
        for event in ami.events[since:]
        if event["event"] == "CoreShowChannel"
    ]
