"""A copy that `backup` made put in the place of the database; what was there is kept beside it.

Hold the place of the service (`sole.py`) meanwhile: nobody may work on a database that is replaced.
"""

import asyncio
import errno
import os
import shutil
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from shutil import which
from subprocess import DEVNULL, PIPE
from typing import Any, BinaryIO, Final

from sqlalchemy import inspect, text

from crm_core.errors import CrmError
from crm_core.storage.backup import backup, libpq_environment
from crm_core.storage.engine import Storage
from crm_core.storage.migrate import revisions_after
from crm_core.storage.schema import metadata

REVISIONS: Final = "alembic_version"
_TELLING: Final = ("agents", "clients", "calls")  # a database without rows in these is an empty one
_SQLITE_HEAD: Final = b"SQLite format 3\x00"


class NotABackup(CrmError):
    """The file at `path` is no copy of our database, or one of the other engine."""

    code = "not_a_backup"


class DatabaseNotEmpty(CrmError):
    """There is a database in use where the copy would go: only `replace` puts it aside."""

    code = "database_not_empty"


class RestoreImpossible(CrmError):
    """`reason` tells: `backup_damaged`, `pg_restore_missing`, `strange_tables` (others live in that
    schema too), the name of an errno, or the words of pg_restore. Nothing was changed."""

    code = "restore_impossible"


@dataclass(frozen=True, slots=True)
class Restored:
    """`missing` migrations will be applied at the next start; `kept` is what was there before."""

    missing: int
    kept: Path | None


async def restore(storage: Storage, copy: Path, at: datetime, *, replace: bool) -> Restored:
    """Make the database what it was in `copy`: all of it, or nothing is changed.

    Raises NotABackup, DatabaseIsNewer, DatabaseNotEmpty, RestoreImpossible, and OSError for a copy
    that cannot be read. `storage` must have no connection open; open it anew afterwards.
    """
    if _is_sqlite(copy) is not storage.is_sqlite:
        raise NotABackup(path=str(copy))
    aside = f"before-restore-{at:%Y%m%d-%H%M%S}"
    try:
        if storage.is_sqlite:
            database = Path(str(storage.url.database))
            return await asyncio.to_thread(_put_sqlite, copy, database, aside, replace)
        return await _put_postgresql(storage, copy, aside, replace)
    except OSError as error:
        name = errno.errorcode.get(error.errno or 0)
        raise RestoreImpossible(path=str(copy), reason=name or str(error)) from error


def _is_sqlite(copy: Path) -> bool:
    with copy.open("rb") as file:
        return file.read(len(_SQLITE_HEAD)) == _SQLITE_HEAD


def _free(path: Path) -> Path:
    """The name itself, or with a number: nothing is ever written over."""
    for serial in count(2):
        if not path.exists():
            break
        path = path.with_name(f"{path.name.partition('~')[0]}~{serial}")
    return path


# -- SQLite ---------------------------------------------------------------------------------------


def _put_sqlite(copy: Path, database: Path, aside: str, replace: bool) -> Restored:
    missing = revisions_after(_revision_in(copy))
    if not replace and _is_in_use(database):
        raise DatabaseNotEmpty(path=str(database))
    part = database.with_name(f".{database.name}.{os.getpid()}.part")
    try:
        with copy.open("rb") as source, _new_file(part) as target:
            shutil.copyfileobj(source, target)
            target.flush()
            os.fsync(target.fileno())
        _revision_in(part)
        kept = _put_aside(database, aside) if database.exists() else None
        part.rename(database)
    finally:
        part.unlink(missing_ok=True)
    return Restored(len(missing), kept)


def _revision_in(copy: Path) -> str:
    """The revision of a copy that is whole. A file beside it (a WAL) is not looked at."""
    try:
        with closing(_opened(copy, "immutable=1")) as reading:
            (verdict,) = reading.execute("PRAGMA integrity_check(1)").fetchone()
            if verdict != "ok":
                raise RestoreImpossible(path=str(copy), reason="backup_damaged")
            tables = reading.execute("SELECT name FROM sqlite_master WHERE name = ?", (REVISIONS,))
            row = (
                tables.fetchone()
                and reading.execute(
                    f"SELECT version_num FROM {REVISIONS}"  # noqa: S608 - our own name
                ).fetchone()
            )
    except sqlite3.DatabaseError as error:
        raise RestoreImpossible(path=str(copy), reason="backup_damaged") from error
    if not row:
        raise NotABackup(path=str(copy))
    return str(row[0])


def _is_in_use(database: Path) -> bool:
    """Whether anything was entered there; what cannot be read is not thrown away either."""
    if not database.exists() or not database.stat().st_size:
        return False
    try:
        with closing(_opened(database, "mode=ro")) as reading:
            names = {row[0] for row in reading.execute("SELECT name FROM sqlite_master")}
            return any(
                reading.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone()  # noqa: S608
                for table in _TELLING
                if table in names
            )
    except sqlite3.DatabaseError:
        return True


def _put_aside(database: Path, aside: str) -> Path:
    """Rename the database and what belongs to it. Its WAL goes first and is emptied before: at no
    moment does a stranger's WAL stand beside a database."""
    with suppress(sqlite3.DatabaseError), closing(_opened(database, "mode=rw")) as former:
        former.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    kept = _free(database.with_name(f"{database.name}.{aside}"))
    for ending in ("-wal", "-shm", ""):
        with suppress(FileNotFoundError):
            database.with_name(database.name + ending).rename(kept.with_name(kept.name + ending))
    return kept


def _opened(path: Path, how: str) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?{how}", uri=True)


def _new_file(path: Path) -> BinaryIO:
    """For its owner's eyes only."""
    return os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")


# -- PostgreSQL -----------------------------------------------------------------------------------


async def _put_postgresql(storage: Storage, copy: Path, aside: str, replace: bool) -> Restored:
    missing = revisions_after(await _revision_in_dump(storage, copy))
    tables, in_use = await _what_is_there(storage)
    if in_use and not replace:
        raise DatabaseNotEmpty(path=str(storage.url.database))
    if tables - {*metadata.tables, REVISIONS}:
        raise RestoreImpossible(path=str(copy), reason="strange_tables")
    kept = None
    if in_use:
        kept = _free(copy.with_name(f"{storage.url.database}.{aside}"))
        await backup(storage, kept)
    await _drop(storage, tables)
    try:
        await _fill(storage, copy)
    except BaseException:
        if kept is not None:
            await _drop(storage, (await _what_is_there(storage))[0])
            await _fill(storage, kept)
        raise
    return Restored(len(missing), kept)


async def _revision_in_dump(storage: Storage, copy: Path) -> str:
    only = ("--data-only", f"--table={REVISIONS}", "--file=-")
    code, said, _ = await _pg_restore(storage, *only, str(copy))
    lines = iter(said.decode("utf-8", "replace").splitlines())
    began = next((line for line in lines if line.startswith("COPY ") and REVISIONS in line), "")
    revision = next(lines, "") if began else ""
    if code or not revision or revision == "\\.":
        raise NotABackup(path=str(copy))
    return revision


async def _what_is_there(storage: Storage) -> tuple[set[str], bool]:
    """The tables of our schema, and whether anything was entered in them."""
    async with storage.read() as connection:
        tables = set(await connection.run_sync(lambda c: inspect(c).get_table_names()))
        for table in tables.intersection(_TELLING):
            asked = text(f'SELECT 1 FROM "{table}" LIMIT 1')  # noqa: S608 - our own names
            if (await connection.execute(asked)).first():
                return tables, True
    return tables, False


async def _drop(storage: Storage, tables: set[str]) -> None:
    if not tables:
        return
    named = ", ".join(f'"{table}"' for table in sorted(tables))
    async with storage.migrate() as connection:
        await connection.execute(text(f"DROP TABLE {named} CASCADE"))


async def _fill(storage: Storage, copy: Path) -> None:
    """One transaction: all rows, or none."""
    how = ("--single-transaction", "--exit-on-error", "--no-owner", "--no-acl", "--no-password")
    where = f"--dbname={storage.url.database}"
    code, _, complaint = await _pg_restore(storage, *how, where, str(copy))
    if code:
        said = complaint.decode("utf-8", "replace").strip().splitlines()
        raise RestoreImpossible(path=str(copy), reason=(said or ["pg_restore failed"])[0])


async def _pg_restore(storage: Storage, *arguments: str) -> tuple[int, bytes, bytes]:
    program = which("pg_restore")
    if program is None:
        raise RestoreImpossible(path=arguments[-1], reason="pg_restore_missing")
    environment: dict[str, Any] = {**os.environ, **libpq_environment(storage.url)}
    running = await asyncio.create_subprocess_exec(
        *(program, *arguments), env=environment, stdin=DEVNULL, stdout=PIPE, stderr=PIPE
    )
    try:
        said, complaint = await running.communicate()
    except asyncio.CancelledError:
        with suppress(ProcessLookupError):
            running.terminate()
        await running.wait()
        raise
    return running.returncode or 0, said, complaint
