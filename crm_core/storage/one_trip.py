"""SQLite's statements in one trip to its thread each, where SQLAlchemy's adapter makes four.

A cursor is opened, executed, read to its end and closed in a single errand. Streams
(`AsyncConnection.stream`) keep SQLAlchemy's own cursor, which reads as it goes.
"""

from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

import aiosqlite
from sqlalchemy import event
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
)
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.util import EMPTY_DICT


class _Told(NamedTuple):
    """What a finished statement leaves behind."""

    rows: list[Any]
    description: Any = None
    rowcount: int = -1
    lastrowid: int | None = None


_NOTHING = _Told([])


class _OneTripCursor(AsyncAdapt_aiosqlite_cursor):
    """A cursor that exists in SQLite's thread only while its statement runs."""

    __slots__ = ("_told",)
    arraysize = 1  # PEP 249's

    def __init__(self, adapt_connection: AsyncAdapt_aiosqlite_connection) -> None:
        self._adapt_connection = adapt_connection
        self._connection = adapt_connection._connection
        self._soft_closed_memoized = EMPTY_DICT
        self._rows = deque()
        self._told = _NOTHING

    @property
    def description(self) -> Any:
        return self._told.description

    @property
    def rowcount(self) -> int:
        return self._told.rowcount

    @property
    def lastrowid(self) -> Any:
        return self._told.lastrowid

    async def _execute_async(self, operation: Any, parameters: Any) -> None:
        await self._errand(_execute, operation, () if parameters is None else parameters)

    async def _executemany_async(self, operation: Any, seq_of_parameters: Any) -> None:
        await self._errand(_execute_many, operation, seq_of_parameters)

    async def _errand(self, work: Callable[..., _Told], sql: Any, values: Any) -> None:
        driver: aiosqlite.Connection = self._connection  # type: ignore[assignment]
        async with self._adapt_connection._execute_mutex:
            self._told = await driver._execute(  # type: ignore[no-untyped-call]
                work, driver._conn, sql, values
            )
            self._rows = deque(self._told.rows)

    async def _async_soft_close(self) -> None:
        """Nothing is open any more."""

    def close(self) -> None:
        self._rows.clear()


class _OneTripConnection(AsyncAdapt_aiosqlite_connection):
    __slots__ = ()
    _cursor_cls = _OneTripCursor  # type: ignore[assignment]


def make_one_trip(engine: AsyncEngine) -> None:
    """Have every connection of `engine` (SQLite) run its statements this way."""

    @event.listens_for(engine.sync_engine, "do_connect")
    def _connect(dialect: Any, _record: Any, arguments: Any, settings: Any) -> Any:
        usual = dialect.dbapi.connect(*arguments, **settings)
        return _OneTripConnection(dialect.dbapi, usual.driver_connection)


def _execute(connection: Any, sql: str, values: Any) -> _Told:
    cursor = connection.execute(sql, values)
    try:
        rows = cursor.fetchall() if cursor.description else []
        return _Told(rows, cursor.description, cursor.rowcount, cursor.lastrowid)
    finally:
        cursor.close()


def _execute_many(connection: Any, sql: str, values: Any) -> _Told:
    cursor = connection.executemany(sql, values)
    try:
        return _Told([], cursor.description, cursor.rowcount, cursor.lastrowid)
    finally:
        cursor.close()
