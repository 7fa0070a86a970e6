"""`growth`: `pop` and `feed` with five million calls in the log, beside the same with none.

Both offices are alike but for the log; they are measured in turn, and the better round of each
counts, since one slow minute of the machine must not be told as growth. SQLite.
"""

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from tests.bench.feed import SECRET, make_stream, take_in
from tests.bench.furniture import make_big_office
from tests.bench.pop import CLIENTS, OPERATORS, line_of, process, product_under_load
from tests.bench.report import Aim, Measured, percentile

CALLS = 5_000_000
ROUNDS = 2
AIM = 1.3

# A year and more of a busy office: six seconds apart, by numbers of clients and of strangers.
_FILL = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)
"""
_AT = "strftime('%Y-%m-%d %H:%M:%f000', 1740000000 + i * 6, 'unixepoch')"
_TABLES = (
    f"""INSERT INTO calls (call_id, direction, caller, caller_name, dialled, number, outcome,
            started_at, answered_at, ended_at, wait_seconds, talk_seconds, client_id, complete)
        {_FILL} SELECT 'old.' || i, 'inbound', '7916' || printf('%07d', i % 9000000), '',
            '74951000000', '+7916' || printf('%07d', i % 9000000), 'answered',
            {_AT}, {_AT}, {_AT}, 5, 60,
            CASE WHEN i % 10 = 0 THEN 1 + i / 10 % :clients END, 1 FROM n""",
    f"""INSERT INTO call_linkedids (linkedid, call_id)
        {_FILL} SELECT 'old.' || i, 'old.' || i FROM n""",
    f"""INSERT INTO call_talks (call_id, interface, agent_id, started_at, ended_at)
        {_FILL} SELECT 'old.' || i, 'PJSIP/1001', 2, {_AT}, {_AT} FROM n""",
)


def fill(path: Path, count: int, clients: int) -> None:
    """Put `count` ended calls into the log, a tenth of them of known clients."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA synchronous = OFF")
        database.execute("PRAGMA cache_size = -400000")
        for statement in _TABLES:
            database.execute(statement, {"count": count, "clients": clients})
            database.commit()
        database.execute("ANALYZE")
        database.commit()


async def measure_growth() -> Measured:
    """Ratios of the grown office to the new one; above one is slower."""
    pops: dict[str, list[float]] = {"new": [], "grown": []}
    feeds: dict[str, list[float]] = {"new": [], "grown": []}
    with tempfile.TemporaryDirectory() as folder:
        paths = {name: Path(folder) / f"{name}.db" for name in pops}
        offices = {
            name: await make_big_office(f"sqlite:///{path}", operators=OPERATORS, clients=CLIENTS)
            for name, path in paths.items()
        }
        fill(paths["grown"], CALLS, CLIENTS)
        size = paths["grown"].stat().st_size
        for turn in range(ROUNDS):
            stream = Path(folder) / f"{turn}.ami"
            stream.write_bytes(make_stream(turn))  # calls that the log has already are no work
            async with process("-m", "tests.bench.blaster", str(stream), SECRET) as blaster:
                port = int(await line_of(blaster, r"^(\d+)$"))
                for name, path in paths.items():
                    url = f"sqlite:///{path}"
                    feeds[name].append((await take_in(port, url))[0])
                    took, _ = await product_under_load(url, offices[name])
                    pops[name].append(percentile(took, 0.5))
    pop = min(pops["grown"]) / min(pops["new"])
    feed = min(feeds["grown"]) / min(feeds["new"])
    numbers = {
        "calls_in_the_log": float(CALLS),
        "megabytes": size / 1e6,
        "pop_p50_ms_new": min(pops["new"]) * 1000,
        "pop_p50_ms_grown": min(pops["grown"]) * 1000,
        "feed_seconds_new": min(feeds["new"]),
        "feed_seconds_grown": min(feeds["grown"]),
    }
    aims = (
        Aim("median pop beside the new office's", pop, AIM),
        Aim("time of feed beside the new office's", feed, AIM),
    )
    return Measured("growth", numbers, aims, (f"SQLite; best of {ROUNDS} rounds in turn",))
