"""`catchup`: a hundred thousand rows of the exchange's log to finished calls, beside reading and
inserting the same rows bare; and whether the service answers meanwhile.

The log is scenes of a real Asterisk, told again and again under new names, in SQLite.
"""

import asyncio
import random
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select

from crm_core.calls.journal import Journal
from crm_core.calls.linking import link_numbers
from crm_core.calls.outside import number_reader
from crm_core.calls.story import Knowledge
from crm_core.calls.tables import calls
from crm_core.catchup.catching_up import CatchUp
from crm_core.clock import SystemClock
from crm_core.intake import Intake
from crm_core.storage.engine import Storage
from crm_core.storage.migrate import migrate
from telephony.catchup.rows import CelRow
from telephony.ids import Linkedid, Uniqueid
from telephony.phones import phones_matching
from tests.bench.report import Aim, Measured, percentile
from tests.crm_core.exchange_log import logs_of
from tests.streams import logged

ROWS = 100_000
SCENES = (
    *("inbound_answered", "queue_ringall_answered", "queue_abandoned_waiting", "inbound_busy"),
    *("outbound_answered", "outbound_busy", "internal_answered", "attended_refer"),
)
ANSWER_SECONDS = 0.02  # how often something else wants an answer meanwhile


def make_rows() -> Iterator[CelRow]:
    """Calls one after the other, five seconds apart."""
    scenes = [logged.cel_of(name) for name in SCENES]
    chance, serial, count = random.Random(1), 0, 0
    start = scenes[0][0].at
    while count < ROWS:
        rows = chance.choice(scenes)
        shift = start + timedelta(seconds=5 * serial) - rows[0].at
        ids = {row.uniqueid: f"{1_800_000_000 + 5 * serial}.{n}" for n, row in enumerate(rows)}
        names = {
            row.channel: f"{row.channel.rpartition('-')[0]}-{serial * 64 + n:08x}"
            for n, row in enumerate(rows)
        }
        for row in rows:
            extra = {
                key: ids.get(value, names.get(value, value)) for key, value in row.extra.items()
            }
            if "bridge_id" in extra:
                extra["bridge_id"] = f"{extra['bridge_id']}-{serial}"
            yield replace(
                row,
                at=row.at + shift,
                uniqueid=Uniqueid(ids[row.uniqueid]),
                linkedid=Linkedid(ids[Uniqueid(row.linkedid)]),
                channel=names[row.channel],
                extra=extra,
            )
            count += 1
        serial += 1


async def measure_catchup() -> Measured:
    """Rows a second, ours and bare, and how long something else waits meanwhile."""
    rows = list(make_rows())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cel.db"
        logs = logs_of(path, rows)
        bare = _bare(path, Path(folder) / "bare.db")
        storage, clock = Storage.open(f"sqlite:///{Path(folder) / 'perezvon.db'}"), SystemClock()
        await migrate(storage)
        journal = Journal(Knowledge(lambda interface: None, number_reader("RU")), link_numbers)
        intake = Intake(storage, journal, clock)
        recording = asyncio.create_task(intake.run())
        waits: list[float] = []
        asking = asyncio.create_task(_ask(storage, waits))
        try:
            catch_up = CatchUp(storage, clock, intake, logs, phones_matching(r"\d{2,5}"))
            began = time.perf_counter()
            first, last = rows[0].at, rows[-1].at
            await catch_up.bring_in(first - timedelta(hours=1), last + timedelta(hours=1))
            took = time.perf_counter() - began
            count = await _count(storage)
        finally:
            for task in (asking, recording):
                task.cancel()
            await asyncio.gather(asking, recording, return_exceptions=True)
            await storage.close()
    numbers = {
        "rows": float(len(rows)),
        "calls": float(count),
        "seconds": took,
        "rows_per_second": len(rows) / took,
        "bare_rows_per_second": len(rows) / bare,
        "beside_bare": bare / took,
        "answer_p99_ms": percentile(waits, 0.99) * 1000,
        "answer_worst_ms": max(waits) * 1000,
    }
    aims = (Aim("something else waits for an answer, p99 ms", numbers["answer_p99_ms"], 50.0),)
    remark = (
        "bare: the same rows read with sqlite3 and inserted into another file in batches of 1,000; "
        f"meanwhile one read every {ANSWER_SECONDS * 1000:g} ms asks our database something"
    )
    return Measured("catchup", numbers, aims, (remark,))


async def _ask(storage: Storage, waits: list[float]) -> None:
    """What a page would feel."""
    while True:
        began = time.perf_counter()
        await storage.answers()
        waits.append(time.perf_counter() - began)
        await asyncio.sleep(ANSWER_SECONDS)


def _bare(source: Path, target: Path) -> float:
    """Seconds to read the same rows and insert them elsewhere."""
    began = time.perf_counter()
    with closing(sqlite3.connect(source)) as reading, closing(sqlite3.connect(target)) as writing:
        found = reading.execute("SELECT * FROM cel ORDER BY AcctId")
        columns = [one[0] for one in found.description]
        writing.execute("PRAGMA journal_mode = WAL")
        writing.execute(f"CREATE TABLE cel ({', '.join(columns)})")
        marks = ", ".join("?" * len(columns))
        while batch := found.fetchmany(1000):
            writing.executemany(f"INSERT INTO cel VALUES ({marks})", batch)
            writing.commit()
    return time.perf_counter() - began


async def _count(storage: Storage) -> int:
    async with storage.read() as connection:
        query = select(func.count()).select_from(calls)
        return int((await connection.execute(query)).scalar_one())
