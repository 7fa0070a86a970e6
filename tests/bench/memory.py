"""`memory`: what the service holds with 500 operators connected and 100 calls live, call upon call.

The exchange, the browsers and the operators live in this process, the service in another. As soon
as a phone is free it rings again, and as soon as a call has ended its operator saves the form: the
calls come as fast as the service takes them, never faster, so no backlog is told as growth.
"""

import asyncio
import re
import tempfile
import time
from asyncio.subprocess import Process
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import aiohttp
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

from crm_core.clock import SystemClock
from telephony.simulator import Credentials, Mood, PhonePlan, Plan, Route, SimulatedExchange, Talk
from tests.bench.furniture import FIRST_EXTENSION, BigOffice, Seat, make_big_office
from tests.bench.pop import PEREZVON, SECRET, drain, line_of, process
from tests.bench.report import Aim, Measured
from web.csrf import token_for

OPERATORS: Final = 500
LIVE: Final = 100
CALLS: Final = 50_000
CLIENTS: Final = 400
WARM_UP_CALLS: Final = 2_000  # each phone has rung, each form been drawn
RING_SECONDS, TALK_SECONDS = 0.1, 0.5
MOST_MEGABYTES: Final = 250.0
FLAT: Final = 1.05  # beside the time when every cache was full: a heap breathes a little
STUCK_SECONDS: Final = 60.0
_OVER: Final = b"time left"  # the form is owed: its deadline runs
_ID: Final = re.compile(rb'data-call=\\"([^"\\]+)\\"')


@dataclass(slots=True)
class Shift:
    """Which seats are free, which call each of the others has, and how many are done with."""

    free: deque[int]
    busy: dict[int, bytes] = field(default_factory=dict)
    finished: int = 0
    refused: int = 0
    moved: asyncio.Event = field(default_factory=asyncio.Event)


def _plan() -> Plan:
    extensions = [str(FIRST_EXTENSION + place) for place in range(OPERATORS)]
    mood = Mood(RING_SECONDS, RING_SECONDS)
    phones = tuple(PhonePlan(number, f"Operator {number}", mood) for number in extensions)
    return Plan(phones, (), {f"7495{number}": Route(extension=number) for number in extensions})


def megabytes_of(pid: int, what: str = "VmRSS") -> float:
    """Resident memory of a process, as Linux counts it; `VmHWM` is the most it ever was."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(rf"^{what}:\s+(\d+) kB", status, re.MULTILINE)
    return int(found[1]) / 1024 if found else float("nan")


async def measure_memory(calls: int = CALLS) -> Measured:
    """Megabytes at the start, when warm, and after a fifth, a half and all of `calls`."""
    clock = SystemClock()
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'bench.db'}"
        office = await make_big_office(url, operators=OPERATORS, clients=CLIENTS)
        async with SimulatedExchange(
            _plan(), credentials=Credentials("perezvon", SECRET), now=clock.now, sleep=clock.sleep
        ) as exchange:
            settings = {
                "PEREZVON_EXCHANGE_PORT": str(exchange.port),
                "PEREZVON_EXCHANGE_SECRET": SECRET,
                "PEREZVON_DATABASE_URL": url,
                "PEREZVON_HTTP_PORT": "0",
                "PEREZVON_LANGUAGE": "en",
            }
            async with process("-c", PEREZVON, "run", **settings) as product:
                base = await line_of(product, r"serves (http://\S+)")
                draining = asyncio.create_task(drain(product))
                numbers = await _work(exchange, office, base, product, calls)
            await draining
    growth = numbers["megabytes_after_all"] / numbers["megabytes_after_a_fifth"]
    aims = (
        Aim("megabytes at the most", numbers["peak_megabytes"], MOST_MEGABYTES),
        Aim("after all calls beside a fifth of them", growth, FLAT),
    )
    remark = (
        f"{OPERATORS} sockets, {LIVE} calls live (rung {RING_SECONDS:g} s, talking "
        f"{TALK_SECONDS:g} s), every form saved; SQLite; both ends on this machine"
    )
    return Measured("memory", numbers, aims, (remark,))


async def _work(
    exchange: SimulatedExchange, office: BigOffice, base: str, product: Process, calls: int
) -> dict[str, float]:
    def now() -> float:
        return megabytes_of(product.pid)

    shift = Shift(deque(range(OPERATORS)))
    numbers = {"calls": float(calls), "megabytes_at_start": now()}
    async with aiohttp.ClientSession(base) as browser:
        sockets = [await _open(base, seat) for seat in office.seats]
        working = [
            asyncio.create_task(_sit(shift, place, office.seats[place], socket, browser))
            for place, socket in enumerate(sockets)
        ]
        try:
            while not exchange.managers:
                await SystemClock().sleep(0.05)
            numbers["megabytes_connected"] = now()
            await _until(WARM_UP_CALLS, exchange, office, shift)
            numbers["warm_megabytes"] = now()
            began = time.perf_counter()
            for name, count in (("a_fifth", calls // 5), ("a_half", calls // 2), ("all", calls)):
                await _until(WARM_UP_CALLS + count, exchange, office, shift)
                numbers[f"megabytes_after_{name}"] = now()
            took = time.perf_counter() - began
        finally:
            for task in working:
                task.cancel()
            await asyncio.gather(*working, return_exceptions=True)
            await asyncio.gather(*(socket.close() for socket in sockets), return_exceptions=True)
    numbers["peak_megabytes"] = megabytes_of(product.pid, "VmHWM")
    numbers["calls_per_second"] = calls / took
    numbers["forms_refused"] = float(shift.refused)
    return numbers


async def _open(base: str, seat: Seat) -> ClientConnection:
    return await connect(
        f"{base.replace('http', 'ws')}/socket",
        additional_headers={"Cookie": f"perezvon={seat.token}"},
        origin=Origin(base),
        compression=None,
        max_queue=256,
    )


async def _until(count: int, exchange: SimulatedExchange, office: BigOffice, shift: Shift) -> None:
    """Let phones ring, `LIVE` at once, until `count` calls in all have been finished."""
    while shift.finished < count:
        shift.moved.clear()
        while shift.free and len(shift.busy) < min(LIVE, count - shift.finished):
            place = shift.free.popleft()
            extension = office.seats[place].interface.partition("/")[2]
            caller = office.callers[(shift.finished + place) % len(office.callers)]
            rung = exchange.ring(number=caller, dialled=f"7495{extension}", talk=Talk(TALK_SECONDS))
            shift.busy[place] = rung.linkedid.encode()
        await asyncio.wait_for(shift.moved.wait(), STUCK_SECONDS)


async def _sit(
    shift: Shift, place: int, seat: Seat, socket: ClientConnection, browser: aiohttp.ClientSession
) -> None:
    """One operator: reads all that comes, and saves the form of each call that is over."""
    headers = {"Cookie": f"perezvon={seat.token}", "X-CSRF-Token": token_for(seat.token)}
    try:
        async for data in socket:
            frame = data if isinstance(data, bytes) else data.encode()
            call = shift.busy.get(place)
            if call is None or _OVER not in frame or call not in _ID.findall(frame):
                continue
            path = f"/cards/{call.decode()}/wrap-up"
            async with browser.post(path, data={"disposition": "1"}, headers=headers) as answer:
                shift.refused += answer.status != 200
            del shift.busy[place]
            shift.free.append(place)
            shift.finished += 1
            shift.moved.set()
    except ConnectionClosed:
        return
