"""`pop`: from the bytes of the ring leaving the exchange to the card's frame in the browser.

Two hundred sockets and the exchange live in this process, what is measured in another: first the
product, then the floor, under the same calls.
"""

import asyncio
import os
import re
import sys
import tempfile
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

from crm_core.clock import SystemClock
from telephony.simulator import (
    Credentials,
    Mood,
    PhonePlan,
    Plan,
    Route,
    SimulatedExchange,
    Talk,
)
from tests.bench.furniture import FIRST_EXTENSION, BigOffice, Seat, make_big_office
from tests.bench.report import Aim, Measured, percentile

OPERATORS = 200
CALLS_A_SECOND = 20
SECONDS = 20
CLIENTS = 400
RING_SECONDS, TALK_SECONDS = 2.0, 4.0
SECRET = "bench"
PEREZVON = "from web.cli import main; main()"
WARM_UP_CALLS = 40
PATIENCE_SECONDS = 60.0
LAST_FRAMES_SECONDS = 20.0


@dataclass(slots=True)
class Watch:
    """When each call began to ring, and what its card took to arrive."""

    rung: dict[bytes, float] = field(default_factory=dict)
    took: list[float] = field(default_factory=list)
    all_here: asyncio.Event = field(default_factory=asyncio.Event)

    def frame(self, data: bytes, now: float) -> None:
        for linkedid in [each for each in self.rung if each in data]:
            self.took.append(now - self.rung.pop(linkedid))
        if not self.rung:
            self.all_here.set()


def plan() -> Plan:
    """Each phone is reached by its own outside number, rings two seconds and answers."""
    extensions = [str(FIRST_EXTENSION + place) for place in range(OPERATORS)]
    mood = Mood(RING_SECONDS, RING_SECONDS)
    phones = tuple(PhonePlan(number, f"Operator {number}", mood) for number in extensions)
    return Plan(phones, (), {f"7495{number}": Route(extension=number) for number in extensions})


@asynccontextmanager
async def exchange() -> AsyncIterator[SimulatedExchange]:
    clock = SystemClock()
    credentials = Credentials("perezvon", SECRET)
    async with SimulatedExchange(
        plan(), credentials=credentials, now=clock.now, sleep=clock.sleep
    ) as running:
        yield running


@asynccontextmanager
async def process(*arguments: str, **environment: str) -> AsyncIterator[Process]:
    """A program of ours that is stopped in the end; its complaints are shown."""
    running = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, stdout=PIPE, env={**os.environ, **environment}
    )
    try:
        yield running
    finally:
        if running.returncode is None:
            running.terminate()
        await running.wait()


async def line_of(running: Process, pattern: str) -> str:
    """The first group of the first line that fits."""
    assert running.stdout is not None
    async with asyncio.timeout(PATIENCE_SECONDS):
        while line := await running.stdout.readline():
            if found := re.search(pattern, line.decode()):
                return found.group(1)
    raise RuntimeError(f"{pattern} was never said")


async def drain(running: Process) -> None:
    assert running.stdout is not None
    while await running.stdout.readline():
        pass


async def measure_pop() -> Measured:
    """The product and its floor under the same load."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'bench.db'}"
        office = await make_big_office(url, operators=OPERATORS, clients=CLIENTS)
        product, lost = await product_under_load(url, office)
        floor, floor_lost = await _floor(office)
    numbers = {
        "calls": float(CALLS_A_SECOND * SECONDS),
        "lost": float(lost),
        "p50_ms": percentile(product, 0.5) * 1000,
        "p99_ms": percentile(product, 0.99) * 1000,
        "floor_lost": float(floor_lost),
        "floor_p50_ms": percentile(floor, 0.5) * 1000,
        "floor_p99_ms": percentile(floor, 0.99) * 1000,
    }
    aims = (
        Aim("p99 beside the floor's", numbers["p99_ms"] / numbers["floor_p99_ms"], 5.0),
        Aim("p99 in milliseconds", numbers["p99_ms"], 50.0),
        Aim("cards lost", numbers["lost"], 0.0),
    )
    remark = (
        f"{OPERATORS} sockets, {CALLS_A_SECOND} calls/s for {SECONDS} s to single phones, each "
        f"rung {RING_SECONDS:g} s and talking {TALK_SECONDS:g} s; SQLite; both ends on this machine"
    )
    return Measured("pop", numbers, aims, (remark,))


async def product_under_load(url: str, office: BigOffice) -> tuple[list[float], int]:
    """Seconds from each ring to its card, and how many cards never came."""
    async with exchange() as running:
        settings = {
            "PEREZVON_EXCHANGE_PORT": str(running.port),
            "PEREZVON_EXCHANGE_SECRET": SECRET,
            "PEREZVON_DATABASE_URL": url,
            "PEREZVON_HTTP_PORT": "0",
            "PEREZVON_LANGUAGE": "en",  # its lines are read here
        }
        async with process("-c", PEREZVON, "run", **settings) as product:
            base = await line_of(product, r"serves (http://\S+)")
            draining = asyncio.create_task(drain(product))
            result = await _under_load(running, office, base.replace("http", "ws"), base)
        await draining
        return result


async def _floor(office: BigOffice) -> tuple[list[float], int]:
    async with (
        exchange() as running,
        process("-m", "tests.bench.floor", str(running.port), SECRET) as floor,
    ):
        port = await line_of(floor, r"^(\d+)$")
        return await _under_load(running, office, f"ws://127.0.0.1:{port}", "")


async def _under_load(
    running: SimulatedExchange, office: BigOffice, url: str, origin: str
) -> tuple[list[float], int]:
    watch = Watch()
    sockets = [await open_tab(url, origin, seat) for seat in office.seats]
    listening = [asyncio.create_task(listen(socket, watch)) for socket in sockets]
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not running.managers:
                await SystemClock().sleep(0.05)
        await place_calls(running, office, watch, WARM_UP_CALLS)
        watch.took.clear()
        await place_calls(running, office, watch, CALLS_A_SECOND * SECONDS)
        return list(watch.took), len(watch.rung)
    finally:
        for task in listening:
            task.cancel()
        await asyncio.gather(*listening, return_exceptions=True)
        await asyncio.gather(*(socket.close() for socket in sockets), return_exceptions=True)


async def open_tab(url: str, origin: str, seat: Seat) -> ClientConnection:
    """A tab of the operator at `seat`; `origin` is "" where nobody asks for it."""
    headers = {"Cookie": f"perezvon={seat.token}"}
    where = f"{url}/socket?phone={seat.interface}"
    return await connect(
        where,
        additional_headers=headers,
        origin=Origin(origin) if origin else None,
        compression=None,
        max_queue=256,
    )


async def listen(socket: ClientConnection, watch: Watch) -> None:
    """Show `watch` every frame until the connection ends."""
    try:
        async for data in socket:
            watch.frame(data if isinstance(data, bytes) else data.encode(), time.perf_counter())
    except ConnectionClosed:
        return


async def place_calls(
    running: SimulatedExchange, office: BigOffice, watch: Watch, count: int
) -> None:
    """Place `count` calls at the even pace, phone after phone; wait for the last cards."""
    began = time.perf_counter()
    for place in range(count):
        due = began + place / CALLS_A_SECOND
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        seat = office.seats[place % OPERATORS]
        extension = seat.interface.partition("/")[2]
        number = office.callers[place % len(office.callers)]
        running.catch_up()  # other calls are not what is measured
        leaving = time.perf_counter()
        rung = running.ring(number=number, dialled=f"7495{extension}", talk=Talk(TALK_SECONDS))
        watch.all_here.clear()
        watch.rung[rung.linkedid.encode()] = leaving
    try:
        await asyncio.wait_for(watch.all_here.wait(), LAST_FRAMES_SECONDS)
    except TimeoutError:
        return
