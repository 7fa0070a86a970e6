"""A copy is put back whole, on both engines, and what was there before is never thrown away."""

import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select, text

from crm_core.clients.tables import clients
from crm_core.storage.backup import backup
from crm_core.storage.engine import Storage
from crm_core.storage.migrate import DatabaseIsNewer, check_schema, migrate
from crm_core.storage.restore import DatabaseNotEmpty, NotABackup, RestoreImpossible, restore
from tests.cast import Cast
from tests.crm_core.conftest import needs_postgres_tool

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def copy(tmp_path: Path, engine: str) -> Path:
    if engine == "postgres":
        needs_postgres_tool("pg_restore")
    (tmp_path / "copies").mkdir()
    return tmp_path / "copies" / "perezvon.backup"


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Storage]:
    storage = Storage.open(url)
    try:
        yield storage
    finally:
        await storage.close()


async def names(url: str) -> list[str]:
    async with opened(url) as storage, storage.read() as connection:
        return sorted((await connection.execute(select(clients.c.name))).scalars())


def write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def tear(whole: Path, torn: Path) -> None:
    """A copy of which a part was never written."""
    content = bytearray(whole.read_bytes())
    hole = slice(len(content) // 3, len(content) // 2)
    content[hole] = bytes(hole.stop - hole.start)
    torn.write_bytes(content)


def files(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def put_back(url: str, copy: Path, *, replace: bool = False) -> Path | None:
    async with opened(url) as storage:
        return (await restore(storage, copy, AT, replace=replace)).kept


async def change(url: str, statement: str) -> None:
    async with opened(url) as storage, storage.write() as tx:
        await tx.execute(text(statement))


async def test_a_copy_put_into_an_empty_database_has_every_row_and_can_be_worked_with(
    storage: Storage, cast: Cast, copy: Path, empty_url: str, database_url: str, engine: str
) -> None:
    before = await names(database_url)
    await backup(storage, copy)
    url = empty_url
    if engine == "sqlite":
        url = f"sqlite:///{copy.parent / 'elsewhere.db'}"
    assert await put_back(url, copy) is None
    assert await names(url) == before != []
    async with opened(url) as fresh:
        await check_schema(fresh)
        assert await migrate(fresh) == []
    await change(url, "UPDATE clients SET note = 'back again'")


async def test_work_that_is_there_is_only_put_aside_when_told_and_is_kept_whole(
    storage: Storage, cast: Cast, copy: Path, database_url: str
) -> None:
    before = await names(database_url)
    await backup(storage, copy)
    await storage.close()
    await change(database_url, "UPDATE clients SET name = 'Later'")
    with pytest.raises(DatabaseNotEmpty):
        await put_back(database_url, copy)
    assert set(await names(database_url)) == {"Later"}
    kept = await put_back(database_url, copy, replace=True)
    assert kept is not None
    assert await names(database_url) == before
    await put_back(database_url, kept, replace=True)
    assert set(await names(database_url)) == {"Later"}


async def test_a_copy_of_a_newer_program_is_refused_and_nothing_is_touched(
    storage: Storage, cast: Cast, copy: Path, database_url: str
) -> None:
    await storage.close()
    revision = await _revision(database_url)
    await change(database_url, "UPDATE alembic_version SET version_num = '9999'")
    async with opened(database_url) as newer:
        await backup(newer, copy)
    await change(database_url, f"UPDATE alembic_version SET version_num = '{revision}'")
    with pytest.raises(DatabaseIsNewer):
        await put_back(database_url, copy, replace=True)
    assert await names(database_url) != []


async def test_a_file_that_is_no_copy_is_refused(
    storage: Storage, cast: Cast, copy: Path, database_url: str, engine: str
) -> None:
    await storage.close()
    write(copy, b"a letter, not a database" * 100)
    with pytest.raises(NotABackup):
        await put_back(database_url, copy, replace=True)
    with pytest.raises(FileNotFoundError):
        await put_back(database_url, copy.with_name("missing"))
    with closing(sqlite3.connect(copy.with_name("other.db"))) as other:
        other.execute("CREATE TABLE things (id INTEGER)")
        other.commit()
    with pytest.raises(NotABackup):
        await put_back(database_url, copy.with_name("other.db"), replace=True)
    assert await names(database_url) != []


async def _revision(url: str) -> str:
    async with opened(url) as storage, storage.read() as connection:
        found = await connection.execute(text("SELECT version_num FROM alembic_version"))
        return str(found.scalar_one())


class TestSqlite:
    @pytest.fixture
    def url(self, sqlite_template: Path, tmp_path: Path) -> str:
        shutil.copy(sqlite_template, tmp_path / "own.db")
        return f"sqlite:///{tmp_path / 'own.db'}"

    async def test_a_damaged_copy_is_refused(
        self, url: str, tmp_path: Path, sqlite_template: Path
    ) -> None:
        tear(sqlite_template, tmp_path / "torn")
        with pytest.raises(RestoreImpossible) as refused:
            await put_back(url, tmp_path / "torn")
        assert refused.value.values["reason"] == "backup_damaged"

    async def test_a_damaged_database_is_what_a_copy_is_for(
        self, url: str, tmp_path: Path, sqlite_template: Path
    ) -> None:
        database = tmp_path / "own.db"
        database.write_bytes(b"SQLite format 3\x00" + b"ruined" * 5000)
        shutil.copy(sqlite_template, tmp_path / "copy")
        with pytest.raises(DatabaseNotEmpty):
            await put_back(url, tmp_path / "copy")
        kept = await put_back(url, tmp_path / "copy", replace=True)
        assert kept is not None
        assert kept.read_bytes().endswith(b"ruined")
        assert await names(url) == []

    async def test_the_wal_of_the_former_database_never_stands_beside_the_copy(
        self, url: str, tmp_path: Path, sqlite_template: Path
    ) -> None:
        """As a killed service leaves it: the last commits are in the WAL only."""
        database = tmp_path / "own.db"
        with closing(sqlite3.connect(database)) as living:
            living.execute("PRAGMA journal_mode=WAL")
            living.execute("CREATE TABLE in_the_wal (id INTEGER)")
            living.commit()
            for ending in ("", "-wal", "-shm"):  # what a kill would leave
                shutil.copy(tmp_path / f"own.db{ending}", tmp_path / f"killed.db{ending}")
        shutil.copy(sqlite_template, tmp_path / "copy")
        killed = f"sqlite:///{tmp_path / 'killed.db'}"
        kept = await put_back(killed, tmp_path / "copy", replace=True)
        assert kept is not None
        assert not (tmp_path / "killed.db-wal").exists()
        with closing(sqlite3.connect(kept)) as former:
            former.execute("SELECT * FROM in_the_wal")
        with closing(sqlite3.connect(tmp_path / "killed.db")) as fresh:
            with pytest.raises(sqlite3.OperationalError):
                fresh.execute("SELECT * FROM in_the_wal")

    async def test_the_restored_database_is_for_its_owner_alone(
        self, url: str, tmp_path: Path, sqlite_template: Path
    ) -> None:
        shutil.copy(sqlite_template, tmp_path / "copy")
        (tmp_path / "copy").chmod(0o644)
        await put_back(url, tmp_path / "copy")
        assert (tmp_path / "own.db").stat().st_mode & 0o077 == 0
        assert not [name for name in files(tmp_path) if name.endswith(".part")]


@pytest.mark.postgres
class TestPostgresql:
    async def test_a_database_shared_with_others_is_left_alone(
        self, postgres_url: str, tmp_path: Path
    ) -> None:
        needs_postgres_tool("pg_restore")
        async with opened(postgres_url) as storage:
            await migrate(storage)
            await backup(storage, tmp_path / "copy")
        await change(postgres_url, "CREATE TABLE somebody_elses (id INTEGER)")
        with pytest.raises(RestoreImpossible) as refused:
            await put_back(postgres_url, tmp_path / "copy", replace=True)
        assert refused.value.values["reason"] == "strange_tables"

    async def test_a_copy_that_breaks_half_way_leaves_the_work_as_it_was(
        self, postgres_url: str, tmp_path: Path
    ) -> None:
        needs_postgres_tool("pg_restore")
        async with opened(postgres_url) as storage:
            await migrate(storage)
            await backup(storage, tmp_path / "copy")
        insert = "INSERT INTO clients (kind, name, note, created_at, updated_at) "
        await change(postgres_url, f"{insert} VALUES ('person', 'Ivan', '', now(), now())")
        whole = (tmp_path / "copy").read_bytes()
        (tmp_path / "copy").write_bytes(whole[: len(whole) * 2 // 3])
        with pytest.raises((RestoreImpossible, NotABackup)):
            await put_back(postgres_url, tmp_path / "copy", replace=True)
        assert await names(postgres_url) == ["Ivan"]
