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
from tests.cast import Cast, settle_in
from tests.crm_core.kept_database import KeptDatabase
from tests.lab.needs import skip_or_fail
from tests.lab.postgres import Cluster

ENGINES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


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

    SQLite: a copy of one file; PostgreSQL: see `KeptDatabase`.
    """
    if engine == "sqlite":
        path = tmp_path / "perezvon.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    kept: KeptDatabase = request.getfixturevalue("postgres_database")
    failures = request.session.testsfailed
    with kept.lent(lambda: request.session.testsfailed == failures) as url:
        yield url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file."""
    path = tmp_path_factory.mktemp("template") / "perezvon.db"
    _migrate_now(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_database(postgres_cluster: Cluster) -> KeptDatabase:
    """A migrated PostgreSQL database."""
    template = postgres_cluster.create()
    _migrate_now(postgres_cluster.url(template))
    return KeptDatabase(postgres_cluster, template)


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
