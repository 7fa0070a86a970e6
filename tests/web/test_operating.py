"""The service as a process: what systemd hears, a second one, and how it stops."""

import asyncio
import os
import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from crm_core.clock import SystemClock
from telephony.simulator import SALES_NUMBER, Credentials, PhonePlan, SimulatedExchange, office
from tests.web.running import perezvon
from web.cli.stopping import HURRY_SECONDS

CLOCK = SystemClock()
NOBODY_THERE = {"EXCHANGE_PORT": "1", "HTTP_PORT": "0"}


@pytest.fixture
def ears(tmp_path: Path) -> Iterator[socket.socket]:
    """What systemd listens with."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(20)
        yield listening


async def heard(ears: socket.socket, wanted: str) -> None:
    """Return when it was said; what comes before does not matter."""
    while (await asyncio.to_thread(ears.recv, 100)).decode() != wanted:
        pass


async def test_systemd_hears_of_start_and_stop_and_a_second_service_is_refused(
    tmp_path: Path, ears: socket.socket
) -> None:
    settings = {**NOBODY_THERE, "DATABASE_URL": f"sqlite:///{tmp_path / 'perezvon.db'}"}
    notify = str(tmp_path / "notify")
    async with perezvon("run", folder=tmp_path, NOTIFY_SOCKET=notify, **settings) as first:
        await heard(ears, "READY=1")
        async with perezvon("run", folder=tmp_path, **settings) as second:
            assert await second.ended() == 2
            (said,) = [line for line in second.said if not line.startswith("{")]
            assert said == (
                "Another Perezvon serves this database already "
                f"(process {first.process.pid} on {socket.gethostname()}). "
                "Stop it first, or name another database in [database] url."
            )
            assert "no link to Asterisk" not in str(second.said)  # and it never tried
        assert first.process.returncode is None
        first.process.terminate()
        await heard(ears, "STOPPING=1")
        assert await first.ended() == 0


async def test_a_second_signal_ends_a_stop_that_waits_for_the_database(tmp_path: Path) -> None:
    database = tmp_path / "perezvon.db"
    plan = office((PhonePlan("101"),), static_members=("PJSIP/101",))
    credentials = Credentials("perezvon", "x")
    async with SimulatedExchange(
        plan, credentials=credentials, now=CLOCK.now, sleep=CLOCK.sleep
    ) as exchange:
        settings = {
            "EXCHANGE_PORT": str(exchange.port),
            "EXCHANGE_SECRET": "x",
            "HTTP_PORT": "0",
            "DATABASE_URL": f"sqlite:///{database}",
        }
        async with perezvon("run", folder=tmp_path, **settings) as running:
            await running.until_said("connected to Asterisk")
            await running.until_said("serves http")
            with sqlite3.connect(database, isolation_level=None) as other:
                other.execute("BEGIN IMMEDIATE")
                exchange.ring(number="79161234567", dialled=SALES_NUMBER, name="Ivan")
                running.process.terminate()
                await running.until_said("left Asterisk")
                assert running.process.returncode is None  # what was heard is still to be written
                before = CLOCK.monotonic()
                running.process.terminate()
                assert await running.ended() == 130
                assert CLOCK.monotonic() - before < HURRY_SECONDS + 2
            other.close()
            assert "Traceback" not in str(running.said)


async def test_the_service_says_that_it_lives_as_often_as_it_is_asked_to(
    ears: socket.socket, tmp_path: Path
) -> None:
    from web.supervisor import Supervisor

    told = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "4000000"}
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await Supervisor.of({**told, "WATCHDOG_PID": str(os.getpid())}).run(sleep)
    assert pauses == [2.0] * 3
    assert [ears.recv(100) for _ in pauses] == [b"WATCHDOG=1"] * 3
    pauses.clear()
    with pytest.raises(asyncio.CancelledError):
        await Supervisor.of({**told, "WATCHDOG_PID": "1"}).run(sleep)  # meant for somebody else
    assert pauses[0] > 60
    ears.setblocking(False)
    with pytest.raises(BlockingIOError):
        ears.recv(100)


def test_without_systemd_nothing_is_said_and_a_deaf_one_stops_nobody(tmp_path: Path) -> None:
    from web.supervisor import NOBODY, Supervisor

    NOBODY.ready()
    Supervisor(str(tmp_path / "nobody")).ready()
