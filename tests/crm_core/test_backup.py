"""A backup taken while the work goes on can be restored and holds one consistent state."""

import asyncio
import errno
import os
import shutil
import stat
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select

from crm_core.agents.tables import agents
from crm_core.clients.tables import clients, contacts
from crm_core.storage.backup import BackupExists, BackupImpossible, backup
from crm_core.storage.engine import Storage
from tests.cast import Cast
from tests.crm_core.conftest import needs_postgres_tool
from tests.lab.postgres import Cluster

PATIENCE_SECONDS = 30
EPOCH = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path, engine: str) -> Path:
    if engine == "postgres":
        needs_postgres_tool("pg_dump")
    return tmp_path / "perezvon.backup"


async def restored(copy: Path, engine: str, request: pytest.FixtureRequest) -> Storage:
    """The backup as a living database, by the steps that backup.py tells."""
    if engine == "sqlite":
        place = copy.with_name("restored.db")
        shutil.copy(copy, place)
        return Storage.open(f"sqlite:///{place}")
    cluster: Cluster = request.getfixturevalue("postgres_cluster")
    name = cluster.create(template="template0")
    address = ["-h", "127.0.0.1", "-p", str(cluster.port), "-U", "perezvon"]
    command = ["pg_restore", "--no-owner", *address, f"--dbname={name}", str(copy)]
    environment = {**os.environ, "PGPASSWORD": cluster.password}
    await asyncio.to_thread(subprocess.run, command, env=environment, check=True)
    return Storage.open(cluster.url(name))


def put(path: Path, text: str) -> None:
    path.write_text(text)


def content(path: Path) -> str:
    return path.read_text()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def names(storage: Storage) -> list[str]:
    async with storage.read() as connection:
        return list((await connection.execute(select(clients.c.name))).scalars())


async def test_the_same_rows_are_found_in_a_restored_backup(
    storage: Storage, cast: Cast, path: Path, engine: str, request: pytest.FixtureRequest
) -> None:
    await backup(storage, path)
    copy = await restored(path, engine, request)
    try:
        assert sorted(await names(copy)) == sorted(await names(storage))
        async with copy.read() as connection:
            people = (await connection.execute(select(agents.c.login))).scalars()
            assert sorted(people) == ["anna", "boris", "dina", "grigory", "vera"]
        async with copy.write() as tx:  # and it can be worked with
            await tx.execute(contacts.delete())
    finally:
        await copy.close()


async def test_a_backup_taken_while_writes_go_on_is_one_consistent_state(
    storage: Storage,
    cast: Cast,
    path: Path,
    engine: str,
    request: pytest.FixtureRequest,
) -> None:
    """Each write adds a client and his contact: a torn copy would have one without the other."""
    begun, enough, written = asyncio.Event(), asyncio.Event(), 0

    async def keep_writing() -> None:
        nonlocal written
        while not enough.is_set():
            await _client_with_contact(storage, cast)
            written += 1
            begun.set()

    writing = asyncio.ensure_future(keep_writing())
    await begun.wait()
    before = written
    await asyncio.wait_for(backup(storage, path), PATIENCE_SECONDS)
    after = written
    enough.set()
    await writing
    assert after > before, "no write got through while the backup was taken"
    copy = await restored(path, engine, request)
    try:
        async with copy.read() as connection:
            new = select(func.count()).where(clients.c.note == "during the backup")
            theirs = select(func.count()).where(contacts.c.name == "during the backup")
            kept = (await connection.execute(new)).scalar_one()
            assert before <= kept <= after
            assert (await connection.execute(theirs)).scalar_one() == kept
    finally:
        await copy.close()


async def _client_with_contact(storage: Storage, cast: Cast) -> None:
    async with storage.write() as tx:
        row = {"kind": "person", "name": "New", "note": "during the backup"}
        at = {"created_at": EPOCH, "updated_at": EPOCH}
        made = await tx.execute(insert(clients).values(**row, **at))
        (client_id,) = made.inserted_primary_key
        await tx.execute(
            insert(contacts).values(client_id=client_id, name="during the backup", created_at=EPOCH)
        )


async def test_a_backup_never_overwrites_a_file(storage: Storage, path: Path) -> None:
    put(path, "precious")
    with pytest.raises(BackupExists):
        await backup(storage, path)
    assert content(path) == "precious"


async def test_a_backup_is_for_its_owner_alone_and_leaves_nothing_beside_it(
    storage: Storage, path: Path
) -> None:
    await backup(storage, path)
    assert mode(path) == 0o600
    assert {name for name in files(path.parent) if not name.startswith("perezvon.db")} == {
        path.name
    }


async def test_a_backup_into_a_missing_folder_says_so(storage: Storage, path: Path) -> None:
    with pytest.raises(BackupImpossible) as refused:
        await backup(storage, path.parent / "nowhere" / "copy")
    assert refused.value.values["reason"] == "folder_missing"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS])
async def test_a_place_that_takes_no_file_is_refused_by_its_reason(
    number: int, storage: Storage, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(part: object, *flags: int) -> int:
        raise OSError(number, os.strerror(number), str(part))

    monkeypatch.setattr("crm_core.storage.backup.os.open", refuse)
    with pytest.raises(BackupImpossible) as refused:
        await backup(storage, path)
    monkeypatch.undo()
    assert refused.value.values == {"path": str(path), "reason": errno.errorcode[number]}
    assert path.name not in files(path.parent)


async def test_a_database_that_is_damaged_is_not_copied(tmp_path: Path) -> None:
    put(tmp_path / "broken.db", "this is a letter, not a database" * 100)
    storage = Storage.open(f"sqlite:///{tmp_path / 'broken.db'}")
    with pytest.raises(BackupImpossible) as refused:
        await backup(storage, tmp_path / "copy")
    await storage.close()
    assert refused.value.values["reason"] == "database_damaged"
    assert files(tmp_path) == ["broken.db"]


@pytest.mark.postgres
async def test_without_pg_dump_the_backup_says_what_is_missing(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    storage = Storage.open(postgres_url)
    try:
        with pytest.raises(BackupImpossible) as refused:
            await backup(storage, tmp_path / "copy")
    finally:
        await storage.close()
    assert refused.value.values["reason"] == "pg_dump_missing"
    assert files(tmp_path) == []


async def test_a_backup_of_a_database_that_is_not_there_makes_none(tmp_path: Path) -> None:
    storage = Storage.open(f"sqlite:///{tmp_path / 'nothing.db'}")
    with pytest.raises(BackupImpossible) as refused:
        await backup(storage, tmp_path / "copy")
    await storage.close()
    assert refused.value.values["reason"] == "database_missing"
    assert files(tmp_path) == []
