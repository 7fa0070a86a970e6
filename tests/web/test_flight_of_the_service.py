"""The product itself records: stopped in the middle of a call, it has what was said until then, and
after its return the rest."""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from crm_core.clock import SystemClock
from telephony.flight.reading import read_blocks
from telephony.flight.segments import list_segments
from telephony.replay import read_stream, replay
from telephony.settings import TelephonySettings
from telephony.simulator import (
    Credentials,
    Mood,
    PhonePlan,
    SimulatedExchange,
    Talk,
    direct_number,
    office,
)
from web.cli import run
from web.lifecycle import serve
from web.settings import DatabaseSettings, HttpSettings, Settings
from web.wiring import build

CLOCK = SystemClock()
PATIENCE_SECONDS = 40
SECRET = "sesame-of-the-exchange"


def an_exchange() -> SimulatedExchange:
    """Phone 101 answers at once."""
    plan = office((PhonePlan("101", "Anna", Mood(0.1, 0.1)),))
    credentials = Credentials("perezvon", SECRET)
    return SimulatedExchange(plan, credentials=credentials, now=CLOCK.now, sleep=CLOCK.sleep)


def said(folder: Path) -> bytes:
    """Everything that is kept so far."""
    return b"\n".join(read_blocks(list_segments(folder)))


async def until(fact: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not fact():  # noqa: ASYNC110 - it comes from another task's world
            await asyncio.sleep(0.02)


@asynccontextmanager
async def served(folder: Path, exchange_port: int) -> AsyncIterator[None]:
    """The product, recording beside its database in `folder`/data."""
    settings = Settings(
        exchange=TelephonySettings(port=exchange_port, secret=SECRET),
        database=DatabaseSettings(f"sqlite:///{folder}/data/perezvon.db"),
        http=HttpSettings(port=0),
    )
    stop = asyncio.Event()
    serving = asyncio.create_task(serve(build(settings, CLOCK), stop, lambda started: None))
    try:
        yield
    finally:
        stop.set()
        await serving


async def test_a_call_over_a_restart_is_exported_whole(
    tmp_path: Path,
    furnished_database: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    (tmp_path / "data").mkdir()
    shutil.copy(furnished_database, tmp_path / "data" / "perezvon.db")
    folder = tmp_path / "data" / "perezvon-flight"
    async with an_exchange() as exchange:
        async with served(tmp_path, exchange.port):
            await until(lambda: b"QueueStatusComplete" in said(folder))
            rung = exchange.ring(
                number="79161234567",
                dialled=direct_number("101"),
                name="Ivan Petrov",
                talk=Talk(PATIENCE_SECONDS),
            )
            await until(lambda: b"Event: BridgeEnter" in said(folder))
        async with served(tmp_path, exchange.port):
            await until(lambda: said(folder).count(b"QueueStatusComplete") == 2)
            [channel] = exchange.exchange.switch.of_interface("PJSIP/101")
            exchange.exchange.put_down(channel)
            exchange.catch_up()
            await until(lambda: said(folder).count(b"Event: Hangup\r\n") == 2)
    assert len(list_segments(folder)) == 2
    assert SECRET.encode() not in said(folder)

    monkeypatch.chdir(tmp_path)
    capfdbinary.readouterr()
    assert await asyncio.to_thread(run, ["export-call", rung.linkedid]) == 0
    file = capfdbinary.readouterr().out
    [call] = replay(read_stream(file), r"\d{3}")
    assert call.call_id == rung.linkedid
    assert (call.answered_by, call.ended_by) == (("PJSIP/101",), "agent")
    assert not re.search(rb"79161234567|Ivan|Anna", file)
