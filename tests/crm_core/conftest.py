"""One migrated database for each test, on both engines, and the cast to live in it."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from shutil import which

import pytest

from crm_core.clients.editable import client_editables
from crm_core.clock import ManualClock
from crm_core.editing.edits import Edits
from crm_core.storage.engine import Storage
from crm_core.storage.migrate import migrate
from crm_core.storage.schema import metadata
from tests.cast import Cast, settle_in
from tests.lab.needs import skip_or_fail
from tests.lab.postgres import Cluster

ENGINES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


_OTHERS = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
_OPEN = f"{_OTHERS} AND xact_start IS NOT NULL"
# One that was cut off in the middle of a statement is given a second to notice.
_LEFT_OPEN = (
    f"SELECT pg_sleep(1) WHERE EXISTS (SELECT 1 {_OPEN}); SELECT pg_stat_clear_snapshot(); "
    f"SELECT state, left(query, 200) {_OPEN}"
)
_CUT_OTHERS = f"DO 'BEGIN PERFORM pg_terminate_backend(pid) {_OTHERS}; END'"
# A test leaves a few rows in a few tables. TRUNCATE makes a new file for each table and index: that
# took three times as long, and is for those that left many. Without triggers any order will do.
_TABLES = [f'"{table}"' for table in metadata.tables]
_HAS_GROWN = (
    "SELECT FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace "
    "AND pg_relation_size(oid) > 256 * 1024"
)
_EMPTYING = f"""
    SET session_replication_role = replica;
    DO $$ BEGIN
        IF EXISTS ({_HAS_GROWN}) THEN
            TRUNCATE {", ".join(_TABLES)};
        ELSE
            {"; ".join(f"DELETE FROM {table}" for table in _TABLES)};
        END IF;
        PERFORM setval(sequencename::regclass, start_value, false)
        FROM pg_sequences WHERE last_value IS NOT NULL;
    END $$
"""


@pytest.fixture
def clock() -> ManualClock:
    """Stands at 2 March 2026, 9:00 UTC, a Monday, until a test turns it."""
    return ManualClock()


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """The name of the engine that this run of the test is on."""
    return str(request.param)


@pytest.fixture
def empty_url(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without any table."""
    if engine == "sqlite":
        return f"sqlite:///{tmp_path / 'perezvon.db'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def database_url(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a migrated database with no row in it.

    SQLite: a copy of one file; PostgreSQL: one database emptied after each test (a new one each
    time took three times as long).
    """
    if engine == "sqlite":
        path = tmp_path / "perezvon.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    cluster: Cluster = request.getfixturevalue("postgres_cluster")
    name: str = request.getfixturevalue("postgres_database")
    yield cluster.url(name)
    # A transaction that outlives its test is that test's fault, and must not become the next one's.
    left_open = cluster.sql(f"{_LEFT_OPEN}; {_CUT_OTHERS}; {_EMPTYING}", name)
    assert not left_open, f"a transaction was left open: {left_open}"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file."""
    path = tmp_path_factory.mktemp("template") / "perezvon.db"
    _migrate_now(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_database(postgres_cluster: Cluster) -> str:
    """The name of a migrated PostgreSQL database."""
    name = postgres_cluster.create()
    _migrate_now(postgres_cluster.url(name))
    return name


@pytest.fixture
async def storage(database_url: str) -> AsyncIterator[Storage]:
    """A migrated, empty database behind `storage.read()` and `storage.write()`."""
    opened = Storage.open(database_url)
    try:
        yield opened
    finally:
        await opened.close()


@pytest.fixture
async def cast(storage: Storage, clock: ManualClock) -> Cast:
    """The office of tests/cast.py, moved into `storage`."""
    return await settle_in(storage, clock)


def needs_postgres_tool(name: str) -> None:
    """Skip the test (fail it under CI) where one of PostgreSQL's own programs is missing."""
    if which(name) is None:
        skip_or_fail(f"{name} is not on PATH")


def _migrate_now(url: str) -> None:
    async def run() -> None:
        storage = Storage.open(url)
        try:
            await migrate(storage)
        finally:
            await storage.close()

    with ThreadPoolExecutor(1) as thread:  # the tests' own loop stays as it is
        thread.submit(asyncio.run, run()).result()


@pytest.fixture
def edits(storage: Storage, clock: ManualClock) -> Edits:
    return Edits(storage, clock, client_editables("RU"))
