"""`make smoke`: the product from start to a promised next step, on the simulated exchange.

Starts `perezvon run` on a fresh database and a free port, logs in as an operator, waits for the
card of a ringing call on the socket, wraps the call up and finds call and task in their lists.
One line with the milliseconds and exit code 0, or one line that says what did not come, and 1.
"""

import asyncio
import os
import re
import sys
import tempfile
import time
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import aiohttp
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin
from yarl import URL

from crm_core.clock import SystemClock
from telephony.simulator import (
    SALES_NUMBER,
    Credentials,
    Mood,
    PhonePlan,
    SimulatedExchange,
    Talk,
    office,
)
from web.demo import DEMO_PASSWORD, furnish
from web.due_picks import DuePick
from web.sessions import SESSION

PATIENCE_SECONDS: Final = 28.0
LOGIN, EXTENSION = "anna", "101"
CALLER, CALLER_NAME = "79161234567", "Иван Петров"
STEP: Final = "Ring back: smoke"
TALK_SECONDS: Final = 0.7
WRAP_UP: Final = '"phase":"wrap_up"'
PEREZVON: Final = "from web.cli import main; main()"


class NotSeen(Exception):
    """What the product did not show in time."""


class Stopwatch:
    """What took how long, in milliseconds, for the one line."""

    def __init__(self) -> None:
        self._since = time.perf_counter()
        self.laps: list[str] = []

    def lap(self, what: str) -> None:
        now = time.perf_counter()
        self.laps.append(f"{what} {round((now - self._since) * 1000)} ms")
        self._since = now


class Visitor:
    """An operator's browser without a screen."""

    def __init__(self, base: str) -> None:
        self.base = base
        jar = aiohttp.CookieJar(unsafe=True)  # the office has an address for a name
        self._session = aiohttp.ClientSession(base, cookie_jar=jar)
        self._csrf = ""

    async def close(self) -> None:
        await self._session.close()

    async def get(self, path: str) -> str:
        """A page; its CSRF token is kept for what is sent next."""
        async with self._session.get(path) as response:
            text = await response.text()
            if response.status != 200:
                raise NotSeen(f"GET {path} answered {response.status}")
        found = re.search(r'name="csrf" (?:content|value)="([0-9a-f]+)"', text)
        self._csrf = found.group(1) if found else self._csrf
        return text

    async def post(self, path: str, form: Mapping[str, str]) -> None:
        async with self._session.post(path, data={**form, "csrf": self._csrf}) as response:
            if response.status != 200:
                raise NotSeen(f"POST {path} answered {response.status}: {await response.text()}")

    async def socket(self) -> ClientConnection:
        cookies = self._session.cookie_jar.filter_cookies(URL(self.base))
        return await connect(
            self.base.replace("http", "ws", 1) + "/socket?format=json",
            origin=Origin(self.base),
            additional_headers={"Cookie": f"{SESSION}={cookies[SESSION].value}"},
        )


async def smoke() -> list[str]:
    """Go the whole way; what each part took. Raises NotSeen, TimeoutError."""
    clock, watch = SystemClock(), Stopwatch()
    credentials = Credentials("perezvon", "smoke")
    phones = (PhonePlan(EXTENSION, "Smoke", Mood(0.4, 0.4)),)
    with tempfile.TemporaryDirectory(prefix="perezvon-smoke-") as folder:
        url = f"sqlite:///{Path(folder) / 'smoke.db'}"
        await furnish(url, clock, with_history=False)
        watch.lap("office made")
        async with (
            SimulatedExchange(
                office(phones), credentials=credentials, now=clock.now, sleep=clock.sleep
            ) as exchange,
            _product(folder, url, exchange.port, credentials.secret) as base,
        ):
            watch.lap("started")
            visitor = Visitor(base)
            try:
                await _work(visitor, exchange, watch)
            finally:
                await visitor.close()
    return watch.laps


async def _work(visitor: Visitor, exchange: SimulatedExchange, watch: Stopwatch) -> None:
    await _sit_down(visitor, exchange)
    socket = await visitor.socket()
    async with socket:
        await socket.recv()  # the snapshot
        watch.lap("logged in")
        rung = exchange.ring(
            number=CALLER, name=CALLER_NAME, dialled=SALES_NUMBER, talk=Talk(TALK_SECONDS)
        )
        card = await _frame(socket, f"card-{rung.linkedid}", "the card of the ringing call")
        if CALLER_NAME not in card:
            raise NotSeen("the name of the client on the card")
        watch.lap("pop")
        await _frame(socket, WRAP_UP, "the form after the call")
        watch.lap("talked")
    await _wrap_up(visitor, rung.linkedid)
    await _listed(visitor, "/calls", f"/calls/{rung.linkedid}", "the call in the list of calls")
    watch.lap("call logged")
    await _listed(visitor, "/tasks?view=mine", STEP, "the next step among the tasks")
    watch.lap("task")


async def _sit_down(visitor: Visitor, exchange: SimulatedExchange) -> None:
    """Log in, choose the phone, and wait until the queue has the seat."""
    await visitor.get("/login")
    await visitor.post("/login", {"login": LOGIN, "password": DEMO_PASSWORD})
    workplace = await visitor.get("/workplace")
    desk = re.search(r'data-name="extension" data-value="(\d+)"', workplace)
    if desk is None:
        raise NotSeen("an extension to choose on the workplace")
    await visitor.post("/workplace/extension", {"extension": desk.group(1)})
    members = exchange.exchange.members.queues["sales"].members
    while f"PJSIP/{EXTENSION}" not in members:
        await SystemClock().sleep(0.02)


async def _frame(socket: ClientConnection, wanted: str, what: str) -> str:
    """The first frame that holds `wanted`."""
    async for frame in socket:
        text = frame if isinstance(frame, str) else frame.decode()
        if wanted in text:
            return text
    raise NotSeen(what)


async def _wrap_up(visitor: Visitor, call_id: str) -> None:
    form = await visitor.get("/workplace")
    disposition = re.search(r'name="disposition" value="(\d+)"', form)
    if disposition is None:
        raise NotSeen("the dispositions on the form after the call")
    said = {"disposition": disposition.group(1), "note": "Smoke", "step": STEP}
    await visitor.post(f"/cards/{call_id}/wrap-up", {**said, "due": DuePick.HOUR.value})


async def _listed(visitor: Visitor, path: str, wanted: str, what: str) -> None:
    if wanted not in await visitor.get(path):
        raise NotSeen(what)


@asynccontextmanager
async def _product(folder: str, url: str, port: int, secret: str) -> AsyncIterator[str]:
    """`perezvon run` as a process of its own, until the block ends; where it serves.

    It runs in `folder`, so that no settings file of this machine is read.
    """
    named = {
        "PEREZVON_EXCHANGE_PORT": str(port),
        "PEREZVON_EXCHANGE_SECRET": secret,
        "PEREZVON_DATABASE_URL": url,
        "PEREZVON_HTTP_HOST": "127.0.0.1",
        "PEREZVON_HTTP_PORT": "0",
        "PEREZVON_LANGUAGE": "en",  # its lines are read here
    }
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PEREZVON_")}
    running = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        PEREZVON,
        "run",
        stdout=PIPE,
        stderr=STDOUT,
        env={**kept, **named},
        cwd=folder,
    )
    try:
        base = await _serves(running)
        draining = asyncio.create_task(_drain(running))
        yield base
        draining.cancel()
    finally:
        if running.returncode is None:
            running.terminate()
            try:
                await asyncio.wait_for(running.wait(), 5)
            except TimeoutError:
                running.kill()
        await running.wait()


async def _serves(running: Process) -> str:
    assert running.stdout is not None
    heard: list[str] = []
    while line := await running.stdout.readline():
        heard.append(line.decode(errors="replace"))
        if found := re.search(r"serves (http://\S+)", heard[-1]):
            return found.group(1)
    raise NotSeen("a start: " + "".join(heard[-5:]))


async def _drain(running: Process) -> None:
    """A pipe that nobody empties would stop the product."""
    assert running.stdout is not None
    while await running.stdout.readline():
        pass


async def _within_patience() -> list[str]:
    async with asyncio.timeout(PATIENCE_SECONDS):
        return await smoke()


def main() -> int:
    sys.stderr.write(
        "smoke: makes an office, starts the product and takes a call; "
        f"at most {PATIENCE_SECONDS:g} s\n"
    )
    try:
        laps = asyncio.run(_within_patience())
    except NotSeen as missing:
        sys.stderr.write(f"smoke: never saw {missing}\n")
        return 1
    except TimeoutError:
        sys.stderr.write(f"smoke: not done within {PATIENCE_SECONDS:g} s\n")
        return 1
    sys.stdout.write(f"smoke: {', '.join(laps)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
