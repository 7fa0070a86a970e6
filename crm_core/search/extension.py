"""PostgreSQL's trigrams: an extension that comes with the server and has to be switched on."""

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.errors import CrmError


class TrigramsNotInstalled(CrmError):
    """A package of the database's server is missing."""

    code = "trigrams_not_installed"


class TrigramsNotAllowed(CrmError):
    """The server's administrator has to switch the extension on."""

    code = "trigrams_not_allowed"


_REASONS = {
    "42501": TrigramsNotAllowed,
    "0A000": TrigramsNotInstalled,
    "58P01": TrigramsNotInstalled,
}
"""By PostgreSQL's SQLSTATE."""


def switch_on(connection: Connection) -> None:
    """Have the extension in this database. Raises TrigramsNotInstalled, TrigramsNotAllowed."""
    if connection.execute(text("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'")).first():
        return
    try:
        with connection.begin_nested():
            connection.execute(text("CREATE EXTENSION pg_trgm"))
    except DBAPIError as error:
        state = str(getattr(error.orig, "sqlstate", None) or "")
        if state not in _REASONS:
            raise
        raise _REASONS[state] from error


async def trigrams_trouble(connection: AsyncConnection) -> str | None:
    """`trigrams_off` where the extension is there and not switched on, `trigrams_missing` where it
    is not there, None where all is well."""
    row = (
        await connection.execute(
            text(
                "SELECT EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm') AS is_on,"
                " EXISTS (SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm') AS is_there"
            )
        )
    ).one()
    if row.is_on:
        return None
    return "trigrams_off" if row.is_there else "trigrams_missing"
