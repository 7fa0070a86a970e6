"""A PostgreSQL that goes away under the running service, and comes back: nothing is lost."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any

import aiohttp
import pytest
from sqlalchemy import make_url
from structlog.testing import capture_logs

from crm_core.clock import SystemClock
from telephony.settings import TelephonySettings
from telephony.simulator import SALES_NUMBER, Credentials, PhonePlan, SimulatedExchange, office
from tests.lab.postgres import Cluster
from web.lifecycle import Started, serve
from web.settings import DatabaseSettings, HttpSettings, Settings
from web.wiring import build

pytestmark = pytest.mark.postgres
CLOCK = SystemClock()
PATIENCE_SECONDS = 30


class Wire:
    """A way to the server that can be cut: for the service it is as if the server were stopped."""

    def __init__(self, to_port: int) -> None:
        self._to_port = to_port
        self._server: asyncio.Server | None = None
        self._ends: set[asyncio.StreamWriter] = set()
        self.port = 0

    async def mend(self) -> None:
        self._server = await asyncio.start_server(self._join, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        assert self._server is not None
        self._server.close()
        for end in self._ends:
            end.transport.abort()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._to_port)
        self._ends |= {writer, back}
        await asyncio.gather(_carry(reader, back), _carry(there, writer))


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


async def until(fact: Callable[[], Awaitable[Any]]) -> Any:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not (found := await fact()):  # noqa: ASYNC110 - it is another process's world
            await asyncio.sleep(0.05)
    return found


@pytest.fixture(autouse=True)
def logged() -> Iterator[Sequence[Mapping[str, Any]]]:
    """Kept rather than printed: unconfigured, structlog draws each traceback for seconds."""
    with capture_logs() as lines:
        yield lines


async def test_a_server_that_is_stopped_and_started_costs_no_call_and_no_restart(
    postgres_cluster: Cluster, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crm_core.storage.sole.WATCH_SECONDS", 0.2)
    name = postgres_url.rpartition("/")[2]
    wire = Wire(postgres_cluster.port)
    await wire.mend()
    plan = office((PhonePlan("101"),), static_members=("PJSIP/101",))
    login = Credentials("perezvon", "x")
    async with SimulatedExchange(
        plan, credentials=login, now=CLOCK.now, sleep=CLOCK.sleep
    ) as exchange:
        url = make_url(postgres_url).set(drivername="postgresql", port=wire.port)
        settings = Settings(
            exchange=TelephonySettings(port=exchange.port, secret="x"),
            database=DatabaseSettings(url.render_as_string(hide_password=False)),
            http=HttpSettings(port=0),
        )
        built, stop = build(settings, CLOCK), asyncio.Event()
        started: asyncio.Future[Started] = asyncio.get_running_loop().create_future()
        serving = asyncio.create_task(serve(built, stop, started.set_result))
        base = (await started).url

        async def health() -> dict[str, Any]:
            async with aiohttp.ClientSession() as session, session.get(f"{base}/healthz") as told:
                found: dict[str, Any] = json.loads(await told.text())
            return found | {"http": told.status}

        async def works() -> bool:
            parts = (await health())["parts"]
            lights = {parts[name]["status"] for name in ("exchange", "journal", "database")}
            return lights == {"green"} and parts["service"]["code"] != "place_lost"

        async def journal_waits() -> dict[str, Any] | None:
            now = await health()
            parts = {part: told["code"] for part, told in now["parts"].items()}
            waits = parts["journal"] == "journal_waits" and parts["service"] == "place_lost"
            return now if waits else None

        async def is_logged() -> bool:
            count = await asyncio.to_thread(
                postgres_cluster.sql, "SELECT count(*) FROM calls", name
            )
            return count == "1"

        await until(works)
        await wire.cut()
        exchange.ring(number="79161234567", dialled=SALES_NUMBER, name="Ivan")
        now = await until(journal_waits)
        assert (now["http"], now["status"]) == (503, "red")
        assert now["parts"]["database"]["status"] == "red"
        assert "facts kept in memory" in now["parts"]["journal"]["sentence"]
        assert now["parts"]["exchange"]["status"] == "green"
        assert not await is_logged()
        await wire.mend()
        await until(is_logged)
        await until(works)
        assert built.sole.lost_since is None
        stop.set()
        async with asyncio.timeout(PATIENCE_SECONDS):
            await serving
    await wire.cut()
