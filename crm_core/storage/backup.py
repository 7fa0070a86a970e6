"""A copy of the whole database, taken while the work goes on.

`perezvon restore` (`restore.py`) puts it back.
"""

import asyncio
import errno
import os
import sqlite3
from contextlib import suppress
from pathlib import Path
from shutil import which
from sqlite3 import Connection
from subprocess import DEVNULL, PIPE

from sqlalchemy.engine import URL

from crm_core.errors import CrmError
from crm_core.storage.engine import Storage


class BackupExists(CrmError):
    """There is a file at `path` already: a backup never overwrites one."""

    code = "backup_exists"


class BackupImpossible(CrmError):
    """`reason` tells: `folder_missing`, `database_missing`, `database_damaged`, `pg_dump_missing`,
    the name of an errno (`ENOSPC`, `EACCES` …), or the words of SQLite or pg_dump."""

    code = "backup_impossible"


async def backup(storage: Storage, path: Path) -> None:
    """Write one consistent state of the database to `path`, whole or not at all, for its owner's
    eyes only (0600). Raises BackupExists, BackupImpossible."""
    _refuse_place(path)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        if storage.is_sqlite:
            await asyncio.to_thread(_copy_sqlite, Path(str(storage.url.database)), part)
        else:
            await _dump_postgresql(storage.url, part)
        await asyncio.to_thread(_put_in_place, part, path)
    except OSError as error:
        name = errno.errorcode.get(error.errno or 0)
        raise BackupImpossible(path=str(path), reason=name or str(error)) from error
    finally:
        with suppress(OSError):
            part.unlink()


def _refuse_place(path: Path) -> None:
    if path.exists():
        raise BackupExists(path=str(path))
    if not path.parent.is_dir():
        raise BackupImpossible(path=str(path), reason="folder_missing")


def _copy_sqlite(source: Path, part: Path) -> None:
    if not source.is_file():
        raise BackupImpossible(path=str(source), reason="database_missing")
    try:
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        original = sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)
        try:
            # A reader's snapshot: writers go on, and what was deleted is not copied.
            original.execute("VACUUM INTO ?", (str(part),))
        finally:
            original.close()
        _check_sqlite(part)
    except sqlite3.Error as error:
        reason = _sqlite_reason(error)
        at = part.parent if reason in ("ENOSPC", "EIO") else source
        raise BackupImpossible(path=str(at), reason=reason) from error


_SQLITE_REASONS = {
    "SQLITE_FULL": "ENOSPC",
    "SQLITE_IOERR": "EIO",
    "SQLITE_CANTOPEN": "EACCES",
    "SQLITE_READONLY": "EACCES",
    "SQLITE_CORRUPT": "database_damaged",
    "SQLITE_NOTADB": "database_damaged",
}


def _sqlite_reason(error: sqlite3.Error) -> str:
    name = getattr(error, "sqlite_errorname", "")
    known = (code for start, code in _SQLITE_REASONS.items() if name.startswith(start))
    return next(known, str(error))


def _check_sqlite(copy: Path) -> None:
    checked: Connection = sqlite3.connect(f"{copy.resolve().as_uri()}?mode=ro", uri=True)
    try:
        (verdict,) = checked.execute("PRAGMA quick_check").fetchone()
    finally:
        checked.close()
    if verdict != "ok":
        raise BackupImpossible(path=str(copy), reason="database_damaged")


async def _dump_postgresql(url: URL, part: Path) -> None:
    program = which("pg_dump")
    if program is None:
        raise BackupImpossible(path=str(part), reason="pg_dump_missing")
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    dumping = await asyncio.create_subprocess_exec(
        program,
        *("--format=custom", "--no-password", f"--file={part}"),
        env={**os.environ, **libpq_environment(url)},
        stdin=DEVNULL,
        stdout=DEVNULL,
        stderr=PIPE,
    )
    try:
        _, complaint = await dumping.communicate()
    except asyncio.CancelledError:
        with suppress(ProcessLookupError):
            dumping.terminate()
        await dumping.wait()
        raise
    if dumping.returncode:
        said = complaint.decode("utf-8", "replace").strip().splitlines()
        reason = "ENOSPC" if any("No space left" in line for line in said) else (said or [""])[-1]
        raise BackupImpossible(path=str(part), reason=reason or "pg_dump failed")


def libpq_environment(url: URL) -> dict[str, str]:
    """The address as PostgreSQL's own programs take it: a password never on a command line."""
    ssl = url.query.get("ssl") or url.query.get("sslmode")
    given = {
        "PGHOST": url.host,
        "PGPORT": str(url.port) if url.port else None,
        "PGUSER": url.username,
        "PGPASSWORD": str(url.password) if url.password else None,
        "PGDATABASE": url.database,
        "PGSSLMODE": ssl if isinstance(ssl, str) else None,
    }
    return {name: value for name, value in given.items() if value}


def _put_in_place(part: Path, path: Path) -> None:
    with part.open("rb") as written:
        os.fsync(written.fileno())
    try:
        os.link(part, path)  # unlike rename, refuses to replace what appeared meanwhile
    except FileExistsError:
        raise BackupExists(path=str(path)) from None
    except OSError:  # a file system without links
        part.rename(path)
