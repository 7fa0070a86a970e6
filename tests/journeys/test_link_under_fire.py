"""The link to the exchange under fire: whatever is done to it, no call is lost and none is doubled,
and as long as something is wrong health says what."""

import random
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.crowd import crowd
from tests.journeys.fire import SOON_SECONDS, OfficeUnderFire, impatient, turns, under_fire
from tests.journeys.office import until
from tests.journeys.relay import Tear, relay_to
from tests.journeys.running import own_exchange
from tests.lab.asterisk import LabAsterisk
from tests.lab.needs import had
from tests.lab.netns import Network, network

pytestmark = [pytest.mark.lab]
CUTS = 50
LISTS_BYTES = 12_000
"""Login and lists of a busy exchange are about so long."""


@pytest.fixture(scope="module")
def exchange() -> Iterator[LabAsterisk]:
    """An exchange of this file's own, with no phone signed in."""
    with own_exchange() as found:
        manager = found.home / "etc/manager.conf"
        manager.write_text(manager.read_text().replace("writetimeout = 5000", "writetimeout = 200"))
        found.cli("manager reload")
        yield found


@pytest.fixture
def cable() -> Iterator[Network]:
    """A way to the exchange whose packets can be lost."""
    with had(network()) as found:
        yield found


async def test_a_link_cut_fifty_times_costs_no_call(exchange: LabAsterisk, tmp_path: Path) -> None:
    """By FIN and by RST in turn, at any moment: in use, at the login, within the lists, within a
    line."""
    chance = random.Random(50)
    async with (
        under_fire(exchange, tmp_path) as office,
        relay_to(exchange.ami_port) as relay,
        office.service(become=impatient, PEREZVON_EXCHANGE_PORT=str(relay.port)),
    ):
        with crowd(exchange, a_second=4):
            for number in range(CUTS):
                how = (Tear.FIN, Tear.RST)[number % 2]
                await until(lambda: relay.open, "it is connected again")
                if chance.random() < 0.5:
                    await relay.cut_after(chance.randrange(LISTS_BYTES), how)
                else:
                    await turns(chance.uniform(0, 0.6))
                    await relay.cut(how)
            relay.is_shut = True
            await relay.cut(Tear.RST)
            await office.until_said("exchange", "exchange_away", reason="peer_closed")
            relay.is_shut = False
            await office.until_said("exchange", "connected", patience_seconds=5)
            await office.until_her_state_is_right()
        await office.until_quiet()
        found = await office.settled()
    assert found.disagreements() == []
    assert set(found.billed.values()) == {"answered", "busy", "missed"}
    assert len(found.billed) > CUTS / 2
    assert relay.accepted > CUTS


async def test_a_link_whose_packets_are_lost_is_noticed_and_costs_no_call(
    exchange: LabAsterisk, cable: Network, tmp_path: Path
) -> None:
    """No FIN and no RST: both ends believe that they are connected."""
    vigilant = {
        "PEREZVON_EXCHANGE_HOST": cable.inside,
        "PEREZVON_EXCHANGE_KEEPALIVE_SECONDS": "0.5",
        "PEREZVON_EXCHANGE_SILENCE_SECONDS": "3",
        "PEREZVON_EXCHANGE_CONNECT_TIMEOUT_SECONDS": "1",
    }
    async with (
        under_fire(exchange, tmp_path) as office,
        relay_to(exchange.ami_port, cable.listen_inside()) as relay,
        office.service(become=impatient, PEREZVON_EXCHANGE_PORT=str(relay.port), **vigilant),
    ):
        with crowd(exchange, a_second=4):
            for number in (1, 2):
                cable.go_dark()
                await office.until_said("exchange", "exchange_away")
                assert office.log.read_text().count("no link to Asterisk: silent") == number
                await office.until_said("exchange", "exchange_away", reason="connect_timed_out")
                await office.until_billed(5 * number)
                cable.come_back()
                await office.until_said("exchange", "connected", patience_seconds=SOON_SECONDS)
                await office.until_her_state_is_right()
        await office.until_quiet()
        found = await office.settled()
    assert found.disagreements() == []


async def test_a_reader_that_stands_still_until_the_exchange_drops_it_misses_no_call(
    exchange: LabAsterisk, tmp_path: Path
) -> None:
    async with under_fire(exchange, tmp_path) as office, office.service() as service:
        with crowd(exchange, a_second=4):
            await office.until_her_state_is_right()
            await until(lambda: _readers(exchange) == 2, "the test and the service listen")
            service.send_signal(signal.SIGSTOP)
            try:
                while _readers(exchange) == 2:
                    await _flood(office)
                await office.until_billed(5)
            finally:
                service.send_signal(signal.SIGCONT)
            await until(lambda: _has_fallen(office), "the link has fallen")
            await office.until_said("exchange", "connected", patience_seconds=SOON_SECONDS)
            await office.until_her_state_is_right()
        await office.until_quiet()
        found = await office.settled()
    assert found.disagreements() == []


def _readers(exchange: LabAsterisk) -> int:
    return exchange.cli("manager show connected").count("perezvon")


def _has_fallen(office: OfficeUnderFire) -> bool:
    return "no link to Asterisk: peer_closed" in office.log.read_text()


async def _flood(office: OfficeUnderFire) -> None:
    """Half a megabyte that everybody is told."""
    lines = {f"Line{number}": "x" * 800 for number in range(60)}
    for _ in range(10):
        await office.ami.do("UserEvent", UserEvent="Flood", **lines)
    office.ami.events.clear()
