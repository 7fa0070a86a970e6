"""`storm`: a thousand tabs come back within a second, again and again, while phones ring.

As after a switch in the office was restarted. The tabs are a process of their own, so that the one
that measures is not what is slow; the ratio is to the same calls with the same tabs at rest.
"""

import asyncio
import sys
import tempfile
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from crm_core.clock import SystemClock
from telephony.simulator import SimulatedExchange
from tests.bench.furniture import BigOffice, make_big_office
from tests.bench.pop import (
    CALLS_A_SECOND,
    CLIENTS,
    OPERATORS,
    PATIENCE_SECONDS,
    PEREZVON,
    SECRET,
    WARM_UP_CALLS,
    Watch,
    drain,
    exchange,
    line_of,
    listen,
    open_tab,
    place_calls,
    process,
)
from tests.bench.report import Aim, Measured, percentile

TABS: Final = 1_000
STORMS: Final = 6
STORM_SECONDS: Final = 3.0  # of calls from the first tab that comes back
QUIET_CALLS: Final = int(STORMS * STORM_SECONDS * CALLS_A_SECOND)
AIM: Final = 3.0


async def measure_storm() -> Measured:
    """Pops at rest and in the storms, in turn, by one service."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'bench.db'}"
        office = await make_big_office(url, operators=OPERATORS, clients=CLIENTS)
        async with exchange() as running:
            settings = {
                "PEREZVON_EXCHANGE_PORT": str(running.port),
                "PEREZVON_EXCHANGE_SECRET": SECRET,
                "PEREZVON_DATABASE_URL": url,
                "PEREZVON_HTTP_PORT": "0",
                "PEREZVON_LANGUAGE": "en",
            }
            async with process("-c", PEREZVON, "run", **settings) as product:
                base = await line_of(product, r"serves (http://\S+)")
                draining = asyncio.create_task(drain(product))
                quiet, stormy, lost, returns = await _measure(running, office, base)
            await draining
    numbers = {
        "calls_each": float(QUIET_CALLS),
        "lost": float(lost),
        "quiet_p50_ms": percentile(quiet, 0.5) * 1000,
        "quiet_p99_ms": percentile(quiet, 0.99) * 1000,
        "storm_p50_ms": percentile(stormy, 0.5) * 1000,
        "storm_p99_ms": percentile(stormy, 0.99) * 1000,
        "slowest_return_seconds": max(returns),
    }
    ratio = numbers["storm_p99_ms"] / numbers["quiet_p99_ms"]
    aims = (
        Aim("p99 in the storm beside the quiet", ratio, AIM),
        Aim("cards lost", numbers["lost"], 0.0),
    )
    remark = (
        f"{STORMS} storms of {TABS} tabs that return within a second, {OPERATORS} more that stay "
        f"and are measured; {CALLS_A_SECOND} calls/s; SQLite; all on this machine"
    )
    return Measured("storm", numbers, aims, (remark,))


async def _measure(
    running: SimulatedExchange, office: BigOffice, base: str
) -> tuple[list[float], list[float], int, list[float]]:
    """Seconds of each quiet pop and each stormy one, cards lost, seconds of each return."""
    watch = Watch()
    quiet: list[float] = []
    stormy: list[float] = []
    returns: list[float] = []
    address = urlsplit(base)
    crowd = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.crowd", str(address.hostname), str(address.port),
        str(TABS), stdin=PIPE, stdout=PIPE,
    )  # fmt: skip
    assert crowd.stdin is not None
    sockets = [await open_tab(base.replace("http", "ws"), base, seat) for seat in office.seats]
    listening = [asyncio.create_task(listen(socket, watch)) for socket in sockets]
    try:
        crowd.stdin.write("".join(f"{seat.token}\n" for seat in office.seats).encode() + b"\n")
        await line_of(crowd, "(ready)")
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not running.managers:
                await SystemClock().sleep(0.05)
        await place_calls(running, office, watch, WARM_UP_CALLS)
        for _ in range(STORMS):
            calls = QUIET_CALLS // STORMS
            watch.took = quiet
            await place_calls(running, office, watch, calls)
            watch.took = stormy
            crowd.stdin.write(b"storm\n")
            await place_calls(running, office, watch, calls)
            returns.append(float(await line_of(crowd, r"^([\d.]+)$")))
        return quiet, stormy, len(watch.rung), returns
    finally:
        for task in listening:
            task.cancel()
        await asyncio.gather(*listening, return_exceptions=True)
        crowd.kill()
        await crowd.wait()
        await asyncio.gather(*(socket.close() for socket in sockets), return_exceptions=True)
