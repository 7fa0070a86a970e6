"""`choose`: the next fifty of a list of two millions, beside a bare `LIMIT 50` over the same index.

Both through the same Storage, in turn, with the interpreter set as the service sets its own; so on
a list of twenty thousand. Every person has a consent; an eighth of those who are ready were dialled
lately, one in a hundred stands on the office's do-not-call list: the law is asked about all of it.
SQLite and, where it is installed, PostgreSQL.
"""

import asyncio
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import bindparam, select

from crm_core.clock import ManualClock
from crm_core.storage.engine import Storage
from crm_core.storage.migrate import migrate
from dialer.campaigns.queries import get_campaign
from dialer.campaigns.records import Campaigns
from dialer.campaigns.states import CampaignState
from dialer.entries.choice import Rules
from dialer.entries.choosing import choose
from dialer.entries.leasing import Leases, law_in_force
from dialer.entries.tables import entries
from dialer.order.ranking import rank
from dialer.pacing.policy import Mode
from tests.bench.lookup import number_of
from tests.bench.report import Aim, Measured, percentile
from tests.lab.needs import Missing
from tests.lab.postgres import Cluster
from tests.lab.postgres import cluster as start_cluster
from web.promptness import be_prompt

MANY, FEW = 2_000_000, 20_000
ASKED: Final = 600
WARM_UP: Final = 60
WANTED: Final = 50
LEASED_EVERY: Final = 4
"""What is chosen is leased now and then, so that others stand foremost."""
NOW: Final = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)  # in two of the zones it is too late to call
ZONES: Final = (
    *("Europe/Kaliningrad", "Europe/Moscow", "Europe/Samara", "Asia/Yekaterinburg", "Asia/Omsk"),
    *("Asia/Novosibirsk", "Asia/Irkutsk", "Asia/Yakutsk", "Asia/Vladivostok", "Asia/Magadan"),
    "Asia/Kamchatka",
)
SEGMENTS: Final = ("", "known")
KINDS: Final = ("mobile", "landline")
BUCKETS: Final = [(z, s, k) for z in ZONES for s in SEGMENTS for k in KINDS]
Told = dict[str, list[float]]


async def measure_choose() -> Measured:
    """p99 of choosing and of leasing: beside bare, many entries beside few, on both engines."""
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
        f"{ASKED} choices of {WANTED} each, ours and bare in turn, over {len(BUCKETS)} sets of "
        f"zone, segment and kind; every {LEASED_EVERY}th is leased"
    )
    return Measured("choose", numbers, tuple(aims), tuple(remarks))


def _note(engine: str, told: dict[int, Told], numbers: dict[str, float], aims: list[Aim]) -> None:
    p99 = {}
    for count, times in told.items():
        for what, seconds in times.items():
            numbers[f"{engine}_{count}_{what}_p50_ms"] = percentile(seconds, 0.5) * 1000
            numbers[f"{engine}_{count}_{what}_p99_ms"] = percentile(seconds, 0.99) * 1000
        p99[count] = {what: percentile(seconds, 0.99) for what, seconds in times.items()}
    many, few = p99[MANY], p99[FEW]
    aims.append(Aim(f"{engine}: p99 beside a bare LIMIT {WANTED}", many["ours"] / many["bare"], 5))
    aims.append(Aim(f"{engine}: p99 beside 20,000 entries", many["ours"] / few["ours"], 2))


async def _sqlite(path: Path, count: int) -> Told:
    storage = Storage.open(f"sqlite:///{path}")
    try:
        await migrate(storage)
        campaign_id = await _campaign(storage)
        with closing(sqlite3.connect(path)) as database:
            database.execute("PRAGMA synchronous = OFF")
            database.execute("PRAGMA cache_size = -1000000")
            for table, columns, rows in _rows(count, campaign_id, text=True):
                marks = ", ".join("?" * len(columns))
                names = ", ".join(columns)
                database.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)
            database.execute("ANALYZE")
            database.commit()
        await asyncio.to_thread(_read_once, path)
        return await _in_turn(storage, campaign_id)
    finally:
        await storage.close()


def _read_once(*paths: Path) -> None:
    """A database at work is in memory, for whoever asks: else it is the disk that is measured."""
    for path in paths:
        with path.open("rb") as file:
            while file.read(2**24):
                pass


async def _postgres(cluster: Cluster, count: int) -> Told:
    name = cluster.create()
    url = cluster.url(name)
    storage = Storage.open(url)
    try:
        await migrate(storage)
        campaign_id = await _campaign(storage)
        bare = await asyncpg.connect(url.replace("+asyncpg", ""))
        try:
            for table, columns, rows in _rows(count, campaign_id, text=False):
                await bare.copy_records_to_table(table, columns=columns, records=rows)
            await bare.execute("VACUUM ANALYZE")
            place = Path(await bare.fetchval("SHOW data_directory"))
            own = await bare.fetchval("SELECT oid FROM pg_database WHERE datname = $1", name)
            await asyncio.to_thread(_read_once, *(place / "base" / str(own)).iterdir())
        finally:
            await bare.close()
        return await _in_turn(storage, campaign_id)
    finally:
        await storage.close()


async def _campaign(storage: Storage) -> int:
    made = Campaigns(storage, ManualClock(NOW), "RU")
    campaign_id = await made.create(None, "Everybody", "ru", Mode.PROGRESSIVE)
    await made.move(None, campaign_id, CampaignState.RUNNING)
    return campaign_id


async def _in_turn(storage: Storage, campaign_id: int) -> Told:
    """Seconds of each: ours, a bare select, and a lease now and then. What was leased has pushed
    others out of the caches, so each of the two is as often the first after it."""
    leases = Leases(storage, ManualClock(NOW), key="bench")
    async with storage.read() as connection:
        campaign = await get_campaign(connection, campaign_id)
        rules = Rules(campaign, await law_in_force(connection, campaign.profile_key))
    be_prompt()
    told: Told = {"ours": [], "bare": [], "lease": []}
    for n in range(WARM_UP + ASKED):
        turns = ["ours", "bare"] if n // LEASED_EVERY % 2 else ["bare", "ours"]
        for what in turns:
            seconds = await (_ours(storage, rules) if what == "ours" else _bare(storage, n))
            told[what].append(seconds)
        if n % LEASED_EVERY == LEASED_EVERY - 1:
            began = time.perf_counter()
            lease = await leases.lease(campaign_id, WANTED)
            told["lease"].append(time.perf_counter() - began)
            assert len(lease.leased) == WANTED
    skipped = {"lease": WARM_UP // LEASED_EVERY}
    return {what: seconds[skipped.get(what, WARM_UP) :] for what, seconds in told.items()}


async def _ours(storage: Storage, rules: Rules) -> float:
    began = time.perf_counter()
    async with storage.read() as connection:
        choice = await choose(connection, rules, NOW, WANTED)
    seconds = time.perf_counter() - began
    assert len(choice.chosen) == WANTED
    return seconds


async def _bare(storage: Storage, n: int) -> float:
    began = time.perf_counter()
    async with storage.read() as connection:
        bucket = n % len(BUCKETS) + 1
        found = (await connection.execute(_FIFTY, {"bucket": bucket})).all()
    seconds = time.perf_counter() - began
    assert len(found) == WANTED
    return seconds


_E: Final = entries.c
_FIFTY: Final = (
    select(_E.id, _E.rank, _E.client_id, _E.e164, _E.segment, _E.position)
    .where((_E.bucket_id == bindparam("bucket")) & (_E.state == "ready"))
    .order_by(_E.rank, _E.id)
    .limit(WANTED)
)
"""The bare select: the foremost of one bucket, whatever the law says of them."""


def _rows(
    count: int, campaign_id: int, *, text: bool
) -> Iterator[tuple[str, list[str], Iterator[tuple[Any, ...]]]]:
    """People with a number and a consent each, and the list of them all."""

    def told(at: datetime) -> Any:
        return f"{at:%Y-%m-%d %H:%M:%S.%f}" if text else at

    at = told(NOW - timedelta(days=30))
    every = range(1, count + 1)
    columns = ["id", "kind", "name", "client_since", "created_at", "updated_at"]
    yield "clients", columns, ((n, "person", f"Client {n}", at, at, at) for n in every)
    columns = ["client_id", "written", "e164", "digits", "last_digits", "created_at"]
    numbers = ((n, number_of(n)) for n in every)
    yield (
        "client_numbers",
        columns,
        ((n, e164, e164, e164[1:], e164[-7:], at) for n, e164 in numbers),
    )
    wording = ["id", "title", "version", "text", "created_at"]
    yield "consent_wordings", wording, iter([(1, "Calls", 1, "Yes, do call me.", at)])
    columns = ["client_id", "purpose", "channel", "wording_id", "given_at", "recorded_at"]
    yield "consents", columns, ((n, "calls", "paper", 1, at, at) for n in every)
    columns = ["id", "kind", "title", "created_at"]
    yield "do_not_call_lists", columns, iter([(1, "own", "", at)])
    columns = ["list_id", "e164", "how", "added_at"]
    yield "do_not_call_numbers", columns, ((1, number_of(n), "said", at) for n in every[6::100])
    columns = ["id", "campaign_id", "zones", "segment", "kind"]
    yield (
        "entry_buckets",
        columns,
        ((n + 1, campaign_id, *bucket) for n, bucket in enumerate(BUCKETS)),
    )
    yield from _list(count, campaign_id, told)


def _list(
    count: int, campaign_id: int, told: Any
) -> Iterator[tuple[str, list[str], Iterator[tuple[Any, ...]]]]:
    at, every = told(NOW - timedelta(days=30)), range(1, count + 1)
    columns = ["id", "campaign_id", "client_id", "segment", "priority", "state", "due_at"]
    columns += ["bucket_id", "rank", "e164", "started_at", "created_at"]
    later = told(NOW + timedelta(days=1))

    def entry(n: int) -> tuple[Any, ...]:
        bucket = n * 7919 % len(BUCKETS)
        waits = n % 5 == 0
        state, due_at = ("waiting", later) if waits else ("ready", None)
        place = rank(n % 3 + 4, n % 10 == 1)
        standing = (n, campaign_id, n, BUCKETS[bucket][1], n % 3 + 4, state, due_at)
        return (*standing, bucket + 1, place, number_of(n), at, at)

    yield "entries", columns, map(entry, every)
    columns = ["entry_id", "position", "campaign_id", "e164", "kind", "zones"]
    yield (
        "entry_numbers",
        columns,
        ((n, 0, campaign_id, number_of(n), "mobile", "Europe/Moscow") for n in every),
    )
    columns = ["campaign_id", "entry_id", "client_id", "number", "mode", "decided_at"]
    columns += ["profile_key", "profile_version", "channel_id", "ended_at", "outcome"]
    lately = told(NOW - timedelta(hours=20))

    def dial(n: int, entry_id: int | None) -> tuple[Any, ...]:
        how = ("progressive", lately, "ru", 1, f"c{n}", lately, "busy")
        return (campaign_id, entry_id, n, number_of(n), *how)

    # By this list, whose dialled ones stand behind the others, and by an earlier one.
    yield "attempts", columns, (dial(n, n) for n in every[::10])
    yield "attempts", columns, (dial(n, None) for n in every[2::10])
