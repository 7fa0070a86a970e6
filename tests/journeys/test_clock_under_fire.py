"""The service's clock is put on or back by an hour, and the exchange's is not."""

import signal
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import select

from crm_core.agents.sessions import Sessions
from crm_core.calls.tables import call_talks, calls
from crm_core.clock import SystemClock
from tests.journeys.crowd import crowd
from tests.journeys.fire import OfficeUnderFire, under_fire
from tests.journeys.relay import Relay, Tear, relay_to
from tests.journeys.running import own_exchange
from tests.lab.asterisk import LabAsterisk
from tests.lab.falsetime import FalseClock, false_clock
from tests.lab.needs import Missing, skip_or_fail

pytestmark = [pytest.mark.lab]
HOUR = 3600
SERVICE = ("-c", "from web.cli import main; main(['run'])")


@pytest.fixture(scope="module")
def exchange() -> Iterator[LabAsterisk]:
    """An exchange of this file's own."""
    with own_exchange() as found:
        yield found


@pytest.fixture
def clock(tmp_path: Path) -> FalseClock:
    try:
        return false_clock(tmp_path)
    except Missing as missing:
        skip_or_fail(str(missing))


@pytest.mark.parametrize(
    ("seconds", "told"), [(HOUR, "link_lags"), (-HOUR, "link_ahead")], ids=["on", "back"]
)
async def test_a_clock_that_jumps_by_an_hour_costs_no_call(
    exchange: LabAsterisk, clock: FalseClock, tmp_path: Path, seconds: int, told: str
) -> None:
    """Nor does a link that falls while the clock is wrong, or a service killed then."""
    async with under_fire(exchange, tmp_path) as office, relay_to(exchange.ami_port) as relay:
        token = await _session(office)
        own = {"become": partial(clock.become, SERVICE), "PEREZVON_EXCHANGE_PORT": str(relay.port)}
        with ExitStack() as people:
            people.enter_context(crowd(exchange, a_second=2))
            async with office.service(**own) as service:
                await office.until_billed(2)
                clock.put(seconds)
                await office.until_said("clock", "clock_jumped", patience_seconds=30)
                await office.until_said("exchange", told)
                await office.until_her_state_is_right()
                assert await _is_let_in(office, token)
                await _misses_some(office, relay)
                await office.until_said("exchange", told)
                await office.until_her_state_is_right()
                service.send_signal(signal.SIGKILL)
                await service.wait()
            async with office.service(**own, hears=False):
                await office.until_said("exchange", told, patience_seconds=30)
                await office.until_her_state_is_right()
                clock.put(0)
                await office.until_said("clock", "clock_jumped", patience_seconds=30)
                await office.until_said("exchange", "connected")
                await _misses_some(office, relay)
                await office.until_said("exchange", "connected")
                await office.until_her_state_is_right()
                assert await _is_let_in(office, token)
                people.close()
                await office.until_quiet()
                found = await office.settled()
        assert found.disagreements() == []
        assert await _odd_times(office) == []


async def _misses_some(office: OfficeUnderFire, relay: Relay) -> None:
    """The link falls, and comes back when some calls have come and gone."""
    relay.is_shut = True
    await relay.cut(Tear.RST)
    await office.until_said("exchange", "exchange_away")
    await office.until_billed(len((await office.accounts()).billed) + 4)
    relay.is_shut = False


async def _session(office: OfficeUnderFire) -> str:
    return await Sessions(office.storage, SystemClock()).open(office.cast.anna.id)


async def _is_let_in(office: OfficeUnderFire, token: str) -> bool:
    address = f"http://127.0.0.1:{office.port}/workplace"
    async with (
        aiohttp.ClientSession(cookies={"perezvon": token}) as session,
        session.get(address, allow_redirects=False) as answer,
    ):
        return answer.status == 200


async def _odd_times(office: OfficeUnderFire) -> list[str]:
    """What lasted less than no time, or longer than any call of this test."""
    async with office.storage.read() as connection:
        found = (await connection.execute(select(calls))).all()
        talks = (await connection.execute(select(call_talks))).all()
    spans = [(row.call_id, (row.ended_at - row.started_at).total_seconds()) for row in found]
    spans += [(t.call_id, (t.ended_at - t.started_at).total_seconds()) for t in talks]
    for row in found:
        measured = (row.wait_seconds, row.talk_seconds, row.hold_seconds)
        spans += [(row.call_id, seconds) for seconds in measured if seconds is not None]
    return [f"{call_id}: {seconds} s" for call_id, seconds in spans if not 0 <= seconds < 60]
