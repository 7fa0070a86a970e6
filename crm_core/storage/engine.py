"""`storage.read()` and `storage.write()`: the only two ways to the database.

One writer at a time, over all processes: a write starts IMMEDIATE on SQLite (a deferred BEGIN lost
13 of 15 concurrent read-then-write transactions to "database is locked") and takes an advisory lock
on PostgreSQL. Readers cannot write. Facts are announced only after their transaction is committed.
"""

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from time import perf_counter
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from crm_core.storage.connecting import READERS, TRUSTED_SECONDS, connect, parse_url
from crm_core.storage.lending import Lending
from crm_core.storage.turns import Turns

Announce = Callable[[Iterable[object]], None]
Connection = AsyncConnection
"""What `read()` lends, by a name for those above who only hand it on."""


class Write:
    """One write transaction: statements on `connection`, facts to tell when it is committed.

    `is_committed` tells whoever was cancelled meanwhile what has become of it.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self.connection = connection
        self.announced: list[object] = []
        self.is_committed = False

    async def execute(self, statement: Any, parameters: Any = None) -> Any:
        """Run one statement; the result is SQLAlchemy's CursorResult."""
        return await self.connection.execute(statement, parameters)

    def announce(self, *facts: object) -> None:
        """Have `facts` published after the commit, in this order; never when it fails."""
        self.announced.extend(facts)


class Storage:
    """Both engines behind one door. Open with `Storage.open(url)`, give back with `close()`."""

    def __init__(self, url: URL) -> None:
        self.url = url
        self._readers = connect(url, "reading")
        self._writer = connect(url, "writing")
        # A server may be restarted under its connections, and a firewall forget them: one that has
        # rested is looked at before it is lent.
        trusted_seconds = math.inf if self.is_sqlite else TRUSTED_SECONDS
        self._reading = Lending(self._readers, kept=READERS, trusted_seconds=trusted_seconds)
        self._written = Lending(self._writer, kept=1, trusted_seconds=trusted_seconds)
        self._one_writer = Turns()
        self._writing: asyncio.Task[Any] | None = None
        self.on_commit: Announce = lambda facts: None
        self.on_written: Callable[[float], None] = lambda seconds: None
        """Hears how many seconds each write took, from its turn to its commit."""

    @classmethod
    def open(cls, url: str) -> "Storage":
        """`sqlite:///path` or `postgresql://…`; connects lazily. Raises DatabaseUrlRefused."""
        return cls(parse_url(url))

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @property
    def writer(self) -> AsyncEngine:
        """The writing engine."""
        return self._writer

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection that cannot write. From its first SQLAlchemy statement on it reads one
        consistent state; hot selects before that see the newest, each for itself."""
        async with self._reading.lend() as connection:
            yield connection

    @asynccontextmanager
    async def write(self, *, urgent: bool = False) -> AsyncIterator[Write]:
        """One transaction: committed when the block ends, rolled back and silent when it raises.

        An `urgent` one goes before all that wait: the journal's, for which a phone rings.
        """
        async with self._turn(urgent=urgent):
            began = perf_counter()
            async with self._written.lend() as connection:
                write = Write(connection)
                async with connection.begin() as transaction:
                    yield write
                    await _whatever_comes(transaction.commit(), self._announcing(write))
            self.on_written(perf_counter() - began)

    @asynccontextmanager
    async def migrate(self) -> AsyncIterator[AsyncConnection]:
        """One transaction for changing the schema: no other writer, foreign keys unenforced."""
        async with self._turn():
            engine = connect(self.url, "migrating")
            try:
                async with engine.begin() as connection:
                    yield connection
            finally:
                await engine.dispose()

    async def forget_overwritten(self) -> None:
        """SQLite: bring the log into the file and empty it, so that what was overwritten stands
        nowhere any more, as far as nobody reads meanwhile. The server sees to itself."""
        if not self.is_sqlite:
            return
        async with self._turn():
            engine = connect(self.url, "migrating")
            try:
                async with engine.connect() as connection:
                    raw: Any = (await connection.get_raw_connection()).driver_connection
                    await raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                await engine.dispose()

    async def answers(self) -> None:
        """Return when the database has answered; raises what it raises when it does not."""
        async with self.read() as connection:
            await connection.execute(select(1))

    async def close(self) -> None:
        """Let those who read and write finish, give back every connection, lend no more."""
        await self._written.close()
        await self._reading.close()

    @asynccontextmanager
    async def _turn(self, *, urgent: bool = False) -> AsyncIterator[None]:
        if self._writing is not None and self._writing is asyncio.current_task():
            raise RuntimeError("a write inside a write would wait for itself: pass the Write on")
        async with self._one_writer.turn(urgent=urgent):
            self._writing = asyncio.current_task()
            try:
                yield
            finally:
                self._writing = None

    def _announcing(self, write: Write) -> Callable[[], None]:
        def announce() -> None:
            write.is_committed = True
            # Called under the lock: facts reach the bus in the order of their commits.
            self.on_commit(write.announced)

        return announce


async def _whatever_comes(commit: Awaitable[None], announce: Callable[[], None]) -> None:
    """Commit, then announce, even if cancelled meanwhile: else a row is kept and nobody is told."""
    committing = asyncio.ensure_future(commit)
    cancelled: asyncio.CancelledError | None = None
    while not committing.done():
        try:
            await asyncio.shield(committing)
        except asyncio.CancelledError as caught:
            cancelled = caught
        except Exception:  # noqa: S110 - looked at below, for every path alike
            pass
    failure = committing.exception()
    if failure is None:
        announce()
    if cancelled is not None:
        raise cancelled from failure  # who tries a failed write again must hear that he is to stop
    if failure is not None:
        raise failure
