"""Engines for a database URL: what each must be told so that both keep the same promises."""

from typing import Any, Literal

from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from crm_core.errors import CrmError
from crm_core.storage.one_trip import make_one_trip

BUSY_SECONDS = 15  # another process (backup, migrate) may hold the database for a moment
READERS = 10  # connections: pages, cards and exports at once
TRUSTED_SECONDS = 10.0  # of rest: a connection used just now need not be tried before its next use
STUCK_SECONDS = 60  # a process that stands still inside a write must not hold the others for ever

# PostgreSQL admits many writers; ours wait for each other as they do on SQLite. The number is the
# word "bell" in ASCII; advisory locks are the database's own, so two products do not meet.
WRITER_LOCK = 0x62656C6C

_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}
_DRIVERS["postgres"] = _DRIVERS["postgresql"]
_QUERY = {"sqlite": frozenset[str]()}
_QUERY["postgresql"] = frozenset(
    {"ssl", "sslmode", "host", "port", "prepared_statement_cache_size"}
)
_QUERY["postgres"] = _QUERY["postgresql"]
"""What may stand after the `?`: the driver fails at anything else with a fault of its own."""

Purpose = Literal["reading", "writing", "migrating"]


class DatabaseUrlRefused(CrmError):
    """The database URL is none that this product can open; `url` never shows the password."""

    code = "database_url_refused"


def parse_url(url: str) -> URL:
    """`sqlite:///path` or `postgresql://…` with our own driver filled in."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise DatabaseUrlRefused(url=url.rpartition("@")[2]) from None
    shown = parsed.render_as_string(hide_password=True)
    name, _, driver = parsed.drivername.partition("+")
    wanted = _DRIVERS.get(name)
    if wanted is None or (driver and wanted != parsed.drivername):
        raise DatabaseUrlRefused(url=shown)
    if name == "sqlite" and parsed.database in (None, "", ":memory:"):
        # Every connection to a memory database sees one of its own.
        raise DatabaseUrlRefused(url=shown)
    if set(parsed.query) - _QUERY[name] or not 0 <= (parsed.port or 0) <= 65535:
        raise DatabaseUrlRefused(url=shown)
    if "sslmode" in parsed.query:  # as everybody writes it; the driver's word is another
        mode = parsed.query["sslmode"]
        parsed = parsed.difference_update_query(["sslmode"]).update_query_dict({"ssl": mode})
    return parsed.set(drivername=wanted)


def connect(url: URL, purpose: Purpose) -> AsyncEngine:
    """An engine for one purpose; no connection is made before it is needed."""
    if url.get_backend_name() == "sqlite":
        return _sqlite(url, purpose)
    return _postgresql(url, purpose)


def _sqlite(url: URL, purpose: Purpose) -> AsyncEngine:
    pool: dict[str, Any] = {"pool_size": 1 if purpose == "writing" else READERS}
    if purpose == "migrating":
        pool = {"poolclass": NullPool}
    engine = create_async_engine(url, connect_args={"timeout": BUSY_SECONDS}, **pool)
    pragmas = ["journal_mode=WAL", "synchronous=NORMAL"]
    # A migration may rebuild a table, and dropping the old one would cascade to its children.
    pragmas.append(f"foreign_keys={'OFF' if purpose == 'migrating' else 'ON'}")
    if purpose == "reading":
        pragmas.append("query_only=ON")

    @event.listens_for(engine.sync_engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        # Hand BEGIN to us: the driver's own deferred BEGIN is what loses to "database is locked".
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    begin = "BEGIN" if purpose == "reading" else "BEGIN IMMEDIATE"
    make_one_trip(engine, begin, reading=purpose == "reading")
    return engine


def _postgresql(url: URL, purpose: Purpose) -> AsyncEngine:
    server = {
        "timezone": "UTC",
        "application_name": f"perezvon {purpose}",
        "idle_in_transaction_session_timeout": f"{STUCK_SECONDS}s",
    }
    if purpose == "reading":
        server["default_transaction_read_only"] = "on"
        return create_async_engine(
            url,
            pool_size=READERS,
            pool_pre_ping=True,
            isolation_level="REPEATABLE READ",  # one consistent state for the whole read
            connect_args={"server_settings": server},
        )
    server["lock_timeout"] = f"{BUSY_SECONDS}s"
    pool: dict[str, Any] = {"pool_size": 1, "pool_pre_ping": True}
    if purpose == "migrating":
        pool = {"poolclass": NullPool}
    engine = create_async_engine(url, connect_args={"server_settings": server}, **pool)

    @event.listens_for(engine.sync_engine, "begin")
    def _wait_for_other_writers(connection: Any) -> None:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITER_LOCK})")

    return engine
