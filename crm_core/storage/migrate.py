"""Bring a database to the schema of this program, in one transaction, or refuse a newer one."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from crm_core.errors import CrmError
from crm_core.storage.engine import Storage

_HISTORY = Path(__file__).parent / "migrations"


class DatabaseIsNewer(CrmError):
    """A newer program made this database (`revision`); this one would damage it."""

    code = "database_newer"


class DatabaseIsOlder(CrmError):
    """Migrations in `revisions` are still to be applied (`perezvon migrate`)."""

    code = "database_older"


class DatabaseIsEmpty(CrmError):
    """Nothing was ever made in it: the service has not run at this database yet."""

    code = "database_empty"


class MigrationBroke(CrmError):
    """A migration left rows that point nowhere (`tables`); it was rolled back."""

    code = "migration_broke"


async def migrate(storage: Storage) -> list[str]:
    """Apply what is missing, all or nothing; the revisions applied, oldest first.

    Raises DatabaseIsNewer, and MigrationBroke when rows were left that point nowhere.
    """
    async with storage.migrate() as connection:
        return await connection.run_sync(_upgrade)


async def current_revision(storage: Storage) -> str | None:
    """The revision the database is at; None for an empty one."""
    async with storage.read() as connection:
        return await connection.run_sync(_revision)


async def check_schema(storage: Storage) -> None:
    """Raise DatabaseIsEmpty, DatabaseIsNewer or DatabaseIsOlder unless it fits this program."""
    current = await current_revision(storage)
    if current is None:
        raise DatabaseIsEmpty
    waiting = revisions_after(current)
    if waiting:
        raise DatabaseIsOlder(revisions=waiting)


def history_config(connection: Connection | None = None) -> Config:
    """Alembic's configuration for our history; `connection` is what it runs on."""
    config = Config()
    # A % in the path would be read as an interpolation.
    config.set_main_option("script_location", str(_HISTORY).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def revisions_after(current: str | None) -> list[str]:
    """What a database at `current` still needs, oldest first. Raises DatabaseIsNewer for a
    revision that this program does not know."""
    scripts = ScriptDirectory.from_config(history_config())
    history = [script.revision for script in scripts.walk_revisions()]
    history.reverse()
    if current is None:
        return history
    if current not in history:
        raise DatabaseIsNewer(revision=current)
    return history[history.index(current) + 1 :]


def _upgrade(connection: Connection) -> list[str]:
    waiting = revisions_after(_revision(connection))
    if waiting:
        command.upgrade(history_config(connection), "head")
    if connection.dialect.name == "sqlite":
        lost = {row[0] for row in connection.execute(text("PRAGMA foreign_key_check"))}
        if lost:
            raise MigrationBroke(tables=sorted(lost))
    return waiting
