"""Connections are lent and come back, whatever happens to the borrower.

A task may be cancelled while its connection is being opened or given back. Left alone, such a
connection would stay open with nobody to close it, and so would its thread: both errands therefore
run to their end on their own, and `close` waits for them as for those who still hold a connection.
"""

import asyncio
import math
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from time import monotonic
from typing import Any, Final, TypeVar

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

log = structlog.get_logger(__name__)

RETURN_SECONDS: Final = 5.0  # a borrower that hangs must not keep the service from stopping

T = TypeVar("T")


class StorageClosed(Exception):
    """The storage was closed: nothing is read or written any more."""


class Lending:
    """Lends the connections of one engine until it is closed.

    `kept`: so many stay open for the next borrower, outside of the engine's pool, whose way in and
    out costs more than the select of a ringing phone. `trusted_seconds`: one that lay idle for
    longer, or whose server has hung up, goes back to the pool, which looks before it lends.
    """

    def __init__(
        self, engine: AsyncEngine, *, kept: int = 0, trusted_seconds: float = math.inf
    ) -> None:
        self._engine = engine
        self._kept = kept
        self._trusted_seconds = trusted_seconds
        self._idle: list[tuple[AsyncConnection, float]] = []
        self._errands: set[asyncio.Task[Any]] = set()
        self._borrowers = 0
        self._waiting = 0  # for the engine to open a connection, or for one that comes back to it
        self._all_returned = asyncio.Event()
        self._all_returned.set()
        self._is_closed = False

    @asynccontextmanager
    async def lend(self) -> AsyncIterator[AsyncConnection]:
        """A connection for the length of the block. Raises StorageClosed."""
        if self._is_closed:
            raise StorageClosed("the storage is closed")
        with self._borrowing():
            connection = self._kept_one() or await self._opened()
            try:
                yield connection
            except BaseException:
                await asyncio.shield(self._errand(self._ended(connection)))
                raise
            if self._may_stay(connection) and not connection.in_transaction():
                self._keep(connection)
            else:
                await asyncio.shield(self._errand(self._given_back(connection)))

    async def close(self) -> None:
        """Lend no more, wait for what is lent, give every connection back."""
        self._is_closed = True
        try:
            await asyncio.wait_for(self._all_returned.wait(), RETURN_SECONDS)
        except TimeoutError:
            log.warning("connections_not_returned", count=self._borrowers)
        await self._settled()
        for connection, _ in self._idle:
            await connection.close()
        await self._engine.dispose()

    @contextmanager
    def _borrowing(self) -> Iterator[None]:
        self._borrowers += 1
        self._all_returned.clear()
        try:
            yield
        finally:
            self._borrowers -= 1
            if not self._borrowers:
                self._all_returned.set()

    async def _settled(self) -> None:
        """Return when no connection is being opened or given back."""
        while self._errands:
            await asyncio.gather(*self._errands, return_exceptions=True)

    async def _opened(self) -> AsyncConnection:
        opening = self._errand(self._connected())
        self._waiting += 1
        try:
            return await asyncio.shield(opening)
        except asyncio.CancelledError:
            self._errand(_closed_when_open(opening))
            raise
        finally:
            self._waiting -= 1

    async def _connected(self) -> AsyncConnection:
        return await self._engine.connect()

    def _kept_one(self) -> AsyncConnection | None:
        """The one that was used last, if it can be trusted; the others have lain longer still."""
        if not self._idle:
            return None
        connection, since = self._idle.pop()
        if monotonic() - since <= self._trusted_seconds and not _has_hung_up(connection):
            return connection
        doubtful = [connection, *(other for other, _ in self._idle)]
        self._idle.clear()
        for each in doubtful:
            self._errand(self._ended(each))
        return None

    def _keep(self, connection: AsyncConnection) -> None:
        self._idle.append((connection, monotonic()))

    def _may_stay(self, connection: AsyncConnection) -> bool:
        # Who waits stands at the engine's pool: a connection kept beside it would not reach him.
        is_wanted = len(self._idle) < self._kept and not self._waiting and not self._is_closed
        return is_wanted and not (connection.closed or connection.invalidated)

    async def _given_back(self, connection: AsyncConnection) -> None:
        if self._may_stay(connection):
            await connection.rollback()
        if self._may_stay(connection):
            self._keep(connection)
        else:
            await self._ended(connection)

    async def _ended(self, connection: AsyncConnection) -> None:
        if self._is_closed:
            await connection.invalidate()  # the pool it would return to may be gone
        await connection.close()

    def _errand(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        errand = asyncio.create_task(work)
        self._errands.add(errand)
        errand.add_done_callback(self._errands.discard)
        return errand


def _has_hung_up(connection: AsyncConnection) -> bool:
    """Whether the driver has heard already that its server is gone."""
    lent = connection.sync_connection
    driver = None if lent is None or lent.closed else lent.connection.driver_connection
    return driver is None or (hasattr(driver, "is_closed") and bool(driver.is_closed()))


async def _closed_when_open(opening: asyncio.Task[AsyncConnection]) -> None:
    await asyncio.wait([opening])
    if not opening.cancelled() and opening.exception() is None:
        await opening.result().close()
