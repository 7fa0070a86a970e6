"""Screens under fire, while people phone in: a thousand tabs at once, and a deaf browser."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin

from crm_core.agents.sessions import Sessions
from crm_core.clock import SystemClock
from tests.journeys.crowd import crowd
from tests.journeys.fire import under_fire
from tests.journeys.running import own_exchange
from tests.lab.asterisk import LabAsterisk

pytestmark = [pytest.mark.lab, pytest.mark.timeout(300)]
TABS = 1000
AT_ONCE = 200  # connections that the kernel is asked for in one breath
PATIENCE_SECONDS = 60


@pytest.fixture
def exchange() -> Iterator[LabAsterisk]:
    """An exchange of the test's own."""
    with own_exchange() as found:
        yield found


async def _open(port: int, token: str, gate: asyncio.Semaphore) -> ClientConnection:
    """One tab, which has its snapshot."""
    base = f"127.0.0.1:{port}"
    async with gate:
        tab = await connect(
            f"ws://{base}/socket",
            origin=Origin(f"http://{base}"),
            additional_headers={"Cookie": f"perezvon={token}"},
            compression=None,
            open_timeout=PATIENCE_SECONDS,
        )
        first = json.loads(await asyncio.wait_for(tab.recv(), PATIENCE_SECONDS))
    assert first["type"] == "snapshot"
    return tab


async def _open_all(port: int, token: str, count: int) -> list[ClientConnection]:
    gate = asyncio.Semaphore(AT_ONCE)
    return list(await asyncio.gather(*(_open(port, token, gate) for _ in range(count))))


async def _sees_a_card(tab: ClientConnection) -> bool:
    """Whether a card comes to this tab."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        async for data in tab:
            for op in json.loads(data).get("ops", ()):
                if "card" in op.get("id", "") and "ringing" in op.get("html", ""):
                    return True
    return False


@asynccontextmanager
async def _deaf_tab(port: int, token: str) -> AsyncIterator[asyncio.StreamReader]:
    """A browser that has connected and reads nothing any more."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
    writer.write(
        f"GET /socket HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        f"Sec-WebSocket-Version: 13\r\nOrigin: http://127.0.0.1:{port}\r\n"
        f"Cookie: perezvon={token}\r\n\r\n".encode()
    )
    assert b"101" in await reader.readline()
    try:
        yield reader
    finally:
        writer.transport.abort()


async def test_a_thousand_tabs_at_once_and_a_deaf_one_cost_no_card_and_no_call(
    exchange: LabAsterisk, tmp_path: Path
) -> None:
    async with under_fire(exchange, tmp_path) as office, office.service():
        token = await Sessions(office.storage, SystemClock()).open(office.cast.anna.id)
        with crowd(exchange):
            async with _deaf_tab(office.port, token):
                tabs = await _open_all(office.port, token, TABS)
                for tab in tabs:
                    tab.transport.abort()
                back = await _open_all(office.port, token, TABS)
                assert await _sees_a_card(back[0])
                assert await _sees_a_card(back[-1])
            await asyncio.gather(*(tab.close() for tab in back))
        await office.until_quiet()
        found = await office.settled()
    assert found.disagreements() == []
