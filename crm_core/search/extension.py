"""PostgreSQL's trigrams: an extension that comes with the server and has to be switched on."""

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from crm_core.errors import CrmError

NAME = "pg_trgm"


class TrigramsMissing(CrmError):
    """The extension pg_trgm is not there: `reason` is `not_installed` (a package of the server is
    missing) or `no_rights` (its administrator has to switch it on)."""

    code = "trigrams_missing"


def switch_on(connection: Connection) -> None:
    """Have the extension in this database. Raises TrigramsMissing."""
    if connection.execute(text("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'")).first():
        return
    try:
        with connection.begin_nested():
            connection.execute(text("CREATE EXTENSION pg_trgm"))
    except DBAPIError as error:
        state = str(getattr(error.orig, "sqlstate", None) or "")
        reason = {"42501": "no_rights", "0A000": "not_installed", "58P01": "not_installed"}
        if state not in reason:
            raise
        raise TrigramsMissing(reason=reason[state]) from error
