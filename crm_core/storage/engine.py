"""`storage.read()` and `storage.write()`: the only two ways to the database.

One writer at a time inside this process (a write starts IMMEDIATE on SQLite: a deferred BEGIN lost 13 of
15 concurrent read-then-write transactions to "database is locked"), readers that cannot write, and facts
that are announced only after their transaction is committed.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

Announce = Callable[[Iterable[object]], None]

BUSY_SECONDS = 15  # another process (backup, migrate) may hold the file for a moment


class Write:
    """One write transaction: statements on `connection`, facts to tell when it is committed."""

    def __init__(self, connection: AsyncConnection) -> None:
        self.connection = connection
        self.announced: list[object] = []

    async def execute(self, statement: Any, parameters: Any = None) -> Any:
        """Run one statement; the result is SQLAlchemy's CursorResult."""
        return await self.connection.execute(statement, parameters)

    def announce(self, *facts: object) -> None:
        """Have `facts` published after the commit, in this order; never when it fails."""
        self.announced.extend(facts)


class Storage:
    """Both engines behind one door. Open with `Storage.open(url)`, give back with `close()`."""

    def __init__(self, readers: AsyncEngine, writer: AsyncEngine) -> None:
        self._readers = readers
        self._writer = writer
        self._one_writer = asyncio.Lock()
        self.on_commit: Announce = lambda facts: None

    @classmethod
    def open(cls, url: str) -> "Storage":
        """Engines for `sqlite+aiosqlite:///path` or `postgresql+asyncpg://…`; connects lazily."""
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            return cls(_sqlite(parsed, readonly=True), _sqlite(parsed, readonly=False))
        engine = create_async_engine(parsed, pool_pre_ping=True, pool_size=10)
        return cls(engine, engine)

    @property
    def is_sqlite(self) -> bool:
        return self._writer.dialect.name == "sqlite"

    @property
    def writer(self) -> AsyncEngine:
        """The writing engine, for migrations and backup."""
        return self._writer

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection that reads one consistent state and cannot write."""
        async with self._readers.connect() as connection:
            if not self.is_sqlite:
                await connection.execution_options(postgresql_readonly=True)
            yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Write]:
        """One transaction: committed when the block ends, rolled back and silent when it raises."""
        async with self._one_writer:
            async with self._writer.begin() as connection:
                write = Write(connection)
                yield write
            # Published under the lock: facts reach the bus in the order of their commits.
            self.on_commit(write.announced)

    async def close(self) -> None:
        await self._writer.dispose()
        if self._readers is not self._writer:
            await self._readers.dispose()


def _sqlite(url: URL, *, readonly: bool) -> AsyncEngine:
    engine = create_async_engine(url, connect_args={"timeout": BUSY_SECONDS})

    @event.listens_for(engine.sync_engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        # Hand BEGIN to us: the driver's own deferred BEGIN is what loses to "database is locked".
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.execute("PRAGMA foreign_keys=ON")
        if readonly:
            cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN" if readonly else "BEGIN IMMEDIATE")

    return engine
