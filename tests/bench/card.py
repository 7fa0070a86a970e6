"""`card`: the page of a client with a long history beside that of one with a short history.

The whole page over HTTP, in turn, from one service; SQLite and, where it is installed, PostgreSQL.
"""

import tempfile
import time
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import aiohttp
from aiohttp.test_utils import TestServer
from sqlalchemy import insert

from crm_core.agents.roles import Role
from crm_core.agents.tables import agents
from crm_core.calls.tables import call_talks, calls, wrap_ups
from crm_core.clients.tables import clients, notes
from crm_core.clock import SystemClock
from crm_core.storage.engine import Write
from crm_core.storage.migrate import migrate
from crm_core.tasks.tables import tasks
from tests.bench.report import Aim, Measured, percentile
from tests.lab.needs import Missing
from tests.lab.postgres import cluster as start_cluster
from web.app import make_app
from web.sessions import SESSION
from web.settings import DatabaseSettings, Settings
from web.wiring import Services, build, close

LONG, SHORT = 2_000, 20
OTHERS: Final = 20_000  # lines of other clients, so that an index is worth its name
ASKED: Final = 400
WARM_UP: Final = 40
AIM: Final = 1.5


async def measure_card() -> Measured:
    """p95 of the full page of a client with 2,000 lines beside one with 20, on both engines."""
    numbers: dict[str, float] = {}
    aims: list[Aim] = []
    remarks = [f"{ASKED} pages each, in turn, over HTTP; 30 lines of the timeline are on a page"]
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'bench.db'}"
        _note("sqlite", await _pages(url), numbers, aims)
    try:
        with start_cluster() as cluster:
            _note("postgresql", await _pages(cluster.url(cluster.create())), numbers, aims)
    except Missing as missing:
        remarks.append(f"without PostgreSQL: {missing}")
    return Measured("card", numbers, tuple(aims), tuple(remarks))


Row = dict[str, Any]
Told = dict[int, list[float]]
"""Seconds of each page, by the length of the client's history."""


def _note(engine: str, told: Told, numbers: dict[str, float], aims: list[Aim]) -> None:
    for length, seconds in told.items():
        numbers[f"{engine}_{length}_p50_ms"] = percentile(seconds, 0.5) * 1000
        numbers[f"{engine}_{length}_p95_ms"] = percentile(seconds, 0.95) * 1000
    ratio = numbers[f"{engine}_{LONG}_p95_ms"] / numbers[f"{engine}_{SHORT}_p95_ms"]
    aims.append(Aim(f"{engine}: p95 of a long history beside a short one", ratio, AIM))


async def _pages(url: str) -> Told:
    clock = SystemClock()
    services = build(Settings(database=DatabaseSettings(url)), clock)
    await migrate(services.storage)
    token = await _furnish(services, clock.now())
    told: Told = {LONG: [], SHORT: []}
    async with AsyncExitStack() as stack:
        stack.push_async_callback(close, services)
        server = await stack.enter_async_context(TestServer(make_app(services)))
        jar = aiohttp.CookieJar(unsafe=True)
        jar.update_cookies({SESSION: token}, server.make_url("/"))
        session = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=jar))
        for turn in range(WARM_UP + ASKED):
            for client_id, length in ((1, LONG), (2, SHORT)):
                began = time.perf_counter()
                async with session.get(server.make_url(f"/clients/{client_id}")) as page:
                    body = await page.text()
                took = time.perf_counter() - began
                assert page.status == 200
                assert body.count('class="line ') == min(length, 30)
                if turn >= WARM_UP:
                    told[length].append(took)
    return told


async def _furnish(services: Services, now: datetime) -> str:
    """One operator and three clients; the token of a session of his."""
    async with services.storage.write() as tx:
        who: Row = {
            "login": "anna",
            "name": "Anna",
            "role": Role.OPERATOR.value,
            "password_hash": "",
        }
        await tx.execute(insert(agents).values(**who, created_at=now))
        for name in ("Long", "Short", "Others"):
            since: Row = {"client_since": now, "created_at": now, "updated_at": now}
            await tx.execute(insert(clients).values(name=name, kind="person", **since))
        for client_id, length in ((1, LONG), (2, SHORT), (3, OTHERS)):
            await _write_history(tx, client_id, length, now)
        if not services.storage.is_sqlite:
            await tx.connection.exec_driver_sql("ANALYZE")
    return await services.sessions.open(1)


async def _write_history(tx: Write, client_id: int, length: int, now: datetime) -> None:
    """Two calls with what was written after them, a note, two tasks that are done, and so on."""
    rows: dict[Any, list[Row]] = {calls: [], call_talks: [], wrap_ups: [], notes: []}
    rows[tasks] = []
    for place in range(length):
        at, kind = now - timedelta(hours=place + 1), place % 5
        if kind in (0, 1):
            call_id = f"{client_id}.{place}"
            heard: Row = {"call_id": call_id, "direction": "inbound", "caller": "+74951234567"}
            heard |= {"client_id": client_id, "started_at": at, "answered_at": at, "ended_at": at}
            rows[calls].append({**heard, "outcome": "answered", "talk_seconds": 63.0})
            talk: Row = {"call_id": call_id, "agent_id": 1, "started_at": at, "ended_at": at}
            rows[call_talks].append({**talk, "interface": "PJSIP/101"})
            wrote: Row = {"call_id": call_id, "agent_id": 1, "finished_at": at, "ending": "saved"}
            rows[wrap_ups].append({**wrote, "note": f"Wants to hear of number {place} again"})
        elif kind == 2:
            note: Row = {"client_id": client_id, "agent_id": 1, "created_at": at}
            rows[notes].append({**note, "text": f"Note {place}: likes it in blue"})
        else:
            done: Row = {"kind": "next_step", "text": f"Step {place}", "client_id": client_id}
            times: Row = {"due_at": at, "created_at": at, "done_at": at}
            rows[tasks].append({**done, **times, "done_by": 1, "ending": "done"})
    for table, values in rows.items():
        await tx.execute(insert(table), values)
