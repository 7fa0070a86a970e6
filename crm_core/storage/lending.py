"""Connections are lent and come back, whatever happens to the borrower.

A task may be cancelled while its connection is being opened or given back. Left alone, such a
connection would stay open with nobody to close it, and so would its thread: both errands therefore
run to their end on their own, and `settled` waits for those that outlived their borrower.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

T = TypeVar("T")


class Lending:
    """Lends the connections of one engine."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._errands: set[asyncio.Task[Any]] = set()

    @asynccontextmanager
    async def lend(self) -> AsyncIterator[AsyncConnection]:
        """A connection for the length of the block."""
        connection = await self._opened()
        try:
            yield connection
        finally:
            await asyncio.shield(self._errand(connection.close()))

    async def settled(self) -> None:
        """Return when no connection is being opened or given back."""
        while self._errands:
            await asyncio.gather(*self._errands, return_exceptions=True)

    async def _opened(self) -> AsyncConnection:
        opening = self._errand(self._connected())
        try:
            return await asyncio.shield(opening)
        except asyncio.CancelledError:
            self._errand(_closed_when_open(opening))
            raise

    async def _connected(self) -> AsyncConnection:
        return await self._engine.connect()

    def _errand(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        errand = asyncio.create_task(work)
        self._errands.add(errand)
        errand.add_done_callback(self._errands.discard)
        return errand


async def _closed_when_open(opening: asyncio.Task[AsyncConnection]) -> None:
    await asyncio.wait([opening])
    if not opening.cancelled() and opening.exception() is None:
        await opening.result().close()
