"""`lookup`: finding the caller among a million clients, beside a bare driver's point select.

Both ask the same file (or server) for the same numbers in turn; so does an office of ten thousand.
SQLite and, where it is installed, PostgreSQL.
"""

import random
import sqlite3
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiosqlite
import asyncpg  # type: ignore[import-untyped]

from crm_core.clients.lookup import find_by_number
from crm_core.storage.engine import Storage
from crm_core.storage.migrate import migrate
from tests.bench.report import Aim, Measured, percentile
from tests.lab.needs import Missing
from tests.lab.postgres import Cluster
from tests.lab.postgres import cluster as start_cluster

MANY, FEW = 1_000_000, 10_000
ASKED = 3000
WARM_UP = 300
POINT = "SELECT client_id FROM client_numbers WHERE e164 = "
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
Ask = Callable[[str], Awaitable[Any]]


def number_of(place: int) -> str:
    """The number of the client in this place: spread over the whole range."""
    return f"+79{(place * 97_003) % 1_000_000_000:09d}"


async def measure_lookup() -> Measured:
    """p99 of a lookup: ours beside bare, many clients beside few, on both engines."""
    numbers: dict[str, float] = {}
    aims: list[Aim] = []
    remarks: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        told = {count: await _sqlite(Path(folder) / f"{count}.db", count) for count in (FEW, MANY)}
        _note("sqlite", told, numbers, aims)
        try:
            with start_cluster() as cluster:
                told = {count: await _postgres(cluster, count) for count in (FEW, MANY)}
            _note("postgresql", told, numbers, aims)
        except Missing as missing:
            remarks.append(f"without PostgreSQL: {missing}")
    remarks.append(
        f"{ASKED} lookups each, one after the other, ours and bare in turn; the lookup reads the "
        "number's owners, their tasks and last talks, and ranks them"
    )
    return Measured("lookup", numbers, tuple(aims), tuple(remarks))


Told = tuple[list[float], list[float]]


def _note(engine: str, told: dict[int, Told], numbers: dict[str, float], aims: list[Aim]) -> None:
    p99 = {}
    for count, (ours, bare) in told.items():
        p99[count] = percentile(ours, 0.99) * 1000, percentile(bare, 0.99) * 1000
        label = f"{engine}_{count}"
        numbers[f"{label}_p50_ms"] = percentile(ours, 0.5) * 1000
        numbers[f"{label}_p99_ms"], numbers[f"{label}_bare_p99_ms"] = p99[count]
    aims.append(Aim(f"{engine}: p99 beside a bare select", p99[MANY][0] / p99[MANY][1], 3.0))
    aims.append(Aim(f"{engine}: p99 beside 10,000 clients", p99[MANY][0] / p99[FEW][0], 2.0))


async def _sqlite(path: Path, count: int) -> Told:
    storage = Storage.open(f"sqlite:///{path}")
    try:
        await migrate(storage)
        _fill_sqlite(path, count)
        async with aiosqlite.connect(path) as bare:

            async def ask_bare(number: str) -> Any:
                found = await bare.execute(f"{POINT}?", (number,))
                return await found.fetchall()

            return await _in_turn(storage, ask_bare, count)
    finally:
        await storage.close()


async def _postgres(cluster: Cluster, count: int) -> Told:
    url = cluster.url(cluster.create())
    storage = Storage.open(url)
    try:
        await migrate(storage)
        bare = await asyncpg.connect(url.replace("+asyncpg", ""))
        try:
            for table, columns, rows in _rows(count):
                await bare.copy_records_to_table(table, columns=columns, records=rows)
            await bare.execute("ANALYZE")

            async def ask_bare(number: str) -> Any:
                return await bare.fetch(f"{POINT}$1", number)

            return await _in_turn(storage, ask_bare, count)
        finally:
            await bare.close()
    finally:
        await storage.close()


async def _in_turn(storage: Storage, ask_bare: Ask, count: int) -> Told:
    """Seconds of each lookup, ours and bare: the same numbers in the same order."""
    chance = random.Random(count)
    wanted = [number_of(chance.randrange(count)) for _ in range(WARM_UP + ASKED)]

    async def ask(number: str) -> Any:
        async with storage.read() as connection:
            return await find_by_number(connection, number, "RU")

    assert (await ask(wanted[0])).client_id is not None
    assert len(await ask_bare(wanted[0])) == 1
    ours, bare = [], []
    for number in wanted:
        ours.append(await _timed(ask, number))
        bare.append(await _timed(ask_bare, number))
    return ours[WARM_UP:], bare[WARM_UP:]


async def _timed(ask: Ask, number: str) -> float:
    began = time.perf_counter()
    await ask(number)
    return time.perf_counter() - began


def _fill_sqlite(path: Path, count: int) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA synchronous = OFF")
        for table, columns, rows in _rows(count, at="2026-01-01 00:00:00.000000"):
            marks = ", ".join("?" * len(columns))
            names = ", ".join(columns)
            database.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)
        database.execute("ANALYZE")
        database.commit()


def _rows(count: int, at: Any = NOON) -> Iterator[tuple[str, list[str], Iterator[tuple[Any, ...]]]]:
    """Clients with a number each."""
    columns = ["id", "kind", "name", "created_at", "updated_at"]
    people = ((n + 1, "person", f"Client {n}", at, at) for n in range(count))
    yield "clients", columns, people
    columns = ["client_id", "written", "e164", "digits", "last_digits", "created_at"]
    written = ((n + 1, number_of(n)) for n in range(count))
    yield (
        "client_numbers",
        columns,
        ((client, e164, e164, e164[1:], e164[-7:], at) for client, e164 in written),
    )
