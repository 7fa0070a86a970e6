"""The database: reached, of our schema, and at home in every alphabet."""

import asyncio
import os
from pathlib import Path
from socket import gaierror
from typing import Final

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from crm_core.search.extension import trigrams_trouble
from crm_core.storage.engine import Connection, Storage
from crm_core.storage.migrate import (
    DatabaseIsNewer,
    DatabaseIsOlder,
    check_schema,
    current_revision,
)
from telephony.inspection.finding import Finding, Level, Tell, bad, ok, warn

PATIENCE_SECONDS: Final = 10.0

_STATES: Final = {
    "28": "database.login_refused",
    "3D": "database.not_there",
    "53": "database.full",
    "57": "database.unreachable",
}
"""The classes of PostgreSQL's SQLSTATE."""
_WORDS: Final = {
    "not a database": "database.damaged",
    "malformed": "database.damaged",
    "unable to open": "database.unopenable",
    "locked": "database.locked",
    "is full": "database.full",
}
"""What SQLite says, by a word in it."""

_OF_TRIGRAMS = {
    "trigrams_off": "database.trigrams_off",
    "trigrams_missing": "database.trigrams_missing",
}


async def inspect_database(storage: Storage, tell: Tell) -> bool:
    """Tell how the database is; whether it can be read. Never raises for what is wrong there.

    A SQLite file that is not there yet is not made.
    """
    shown = storage.url.set(drivername=storage.url.get_backend_name())
    url = shown.render_as_string(hide_password=True)
    if storage.is_sqlite:
        file = Path(storage.url.database or "")
        trouble = await asyncio.to_thread(_file_trouble, file)
        if trouble is not None:
            await tell(trouble)
        if trouble is not None and trouble.level is not Level.BAD:
            return False
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await storage.answers()
            await tell(ok("database.reached", url=url))
            fits = await _schema(storage, tell)
            async with storage.read() as connection:
                await (_sqlite if storage.is_sqlite else _postgresql)(connection, tell)
    except Exception as error:
        await tell(_why_not(error, url))
        return False
    return fits


def _file_trouble(file: Path) -> Finding | None:
    if not file.exists():
        return warn("database.not_made", path=str(file))
    if not (os.access(file, os.W_OK) and os.access(file.absolute().parent, os.W_OK)):
        return bad("database.only_readable", path=str(file))
    return None


async def _schema(storage: Storage, tell: Tell) -> bool:
    revision = await current_revision(storage)
    if revision is None:
        await tell(warn("database.empty"))
        return False
    try:
        await check_schema(storage)
    except DatabaseIsNewer:
        await tell(bad("database.newer", revision=revision))
        return False
    except DatabaseIsOlder:
        await tell(warn("database.older", revision=revision))
        return False
    await tell(ok("database.schema", revision=revision))
    return True


async def _sqlite(connection: Connection, tell: Tell) -> None:
    version = (await connection.execute(text("SELECT sqlite_version()"))).scalar_one()
    await tell(ok("database.sqlite", version=version))


async def _postgresql(connection: Connection, tell: Tell) -> None:
    """Encoding, and whether its idea of letters knows Cyrillic: order and case."""
    row = (
        await connection.execute(
            text(
                "SELECT current_setting('server_version') AS version,"
                " current_setting('server_encoding') AS encoding, d.datcollate AS collation"
                " FROM pg_database d WHERE d.datname = current_database()"
            )
        )
    ).one()
    await tell(ok("database.postgresql", version=row.version.split(" ")[0]))
    trigrams = await trigrams_trouble(connection)
    if trigrams is not None:
        await tell(bad(_OF_TRIGRAMS[trigrams]))
    if row.encoding != "UTF8":
        await tell(bad("database.encoding", encoding=row.encoding))
        return
    sorts = text("SELECT lower('ЁЖ') = 'ёж' AND 'а' < 'Ё' AND 'ё' < 'Ж'")
    if (await connection.execute(sorts)).scalar_one():
        await tell(ok("database.alphabet", collation=row.collation))
    else:
        await tell(warn("database.alphabet_unknown", collation=row.collation))


def _why_not(error: Exception, url: str) -> Finding:
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    state = str(getattr(cause, "sqlstate", None) or getattr(error, "sqlstate", None) or "")
    words = str(cause)
    code = _STATES.get(state[:2])
    if code is None and isinstance(error, OSError | gaierror | TimeoutError):
        code = "database.unreachable"
    if code is None:
        found = (known for mark, known in _WORDS.items() if mark in words.lower())
        code = next(found, "database.failing")
    return bad(code, url=url, details=words.splitlines()[0] if words else type(cause).__name__)
