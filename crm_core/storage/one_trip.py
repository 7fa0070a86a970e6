"""SQLite's statements in one trip to its thread each, where SQLAlchemy's adapter makes four.

A cursor is opened, executed, read to its end and closed in a single errand. A transaction begins
together with its first statement; writes whose result nobody asks for go along with the next
statement or the commit; what has done nothing is neither committed nor rolled back, and nobody
waits for the end of a read. Streams (`AsyncConnection.stream`) keep SQLAlchemy's own cursor,
which reads as it goes.
"""

import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeVar

import aiosqlite
from sqlalchemy import event
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
)
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.util import EMPTY_DICT

T = TypeVar("T")
Values = tuple[Any, ...]
Fetch = Callable[[str, Values], list[Any]]
_Ahead = tuple[str, Sequence[Values]]


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


class OneTripDriver(aiosqlite.Connection):
    """Knows whether anything was done since the last commit or rollback, and what goes along."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._ahead: list[_Ahead] = []
        self._untouched = True
        self._told_to_stop = False

    def begin(self, sql: str) -> None:
        """Have `sql` run in front of the next statement, in the same errand."""
        self._ahead = [(sql, [()])]

    def send_along(self, sql: str, rows: Sequence[Values]) -> None:
        """Execute `sql` for each of `rows` in front of the next statement, or of the commit: what
        it raises is raised there."""
        self._ahead.append((sql, rows))
        self._untouched = False

    async def converse(self, work: Callable[[Fetch], T]) -> T:
        """What `work` makes of the rows it fetches, statement after statement, in one errand: it
        runs in SQLite's thread and touches nothing else."""
        made: T = await self._execute(work, partial(_rows, self._conn))
        return made

    async def _execute(self, fn: Any, *args: Any, **kwargs: Any) -> Any:
        ahead, self._ahead = self._ahead, []
        self._untouched = False  # also where the waiting is cancelled: the errand runs all the same
        if ahead:
            return await super()._execute(  # type: ignore[no-untyped-call]
                _after, self._conn, ahead, fn, *args, **kwargs
            )
        return await super()._execute(fn, *args, **kwargs)  # type: ignore[no-untyped-call]

    async def commit(self) -> None:
        if not self._is_untouched():
            try:
                await super().commit()
            except Exception:  # also of a value that SQLite cannot take: it is refused here
                await super().rollback()  # SQLAlchemy takes a refused commit for an end of it
                raise
            self._untouched = True

    async def rollback(self) -> None:
        self._ahead = []
        if not self._is_untouched():
            await super().rollback()
            self._untouched = True

    def stop(self) -> Any:
        """End the thread; asked again (a close that is cut short does) there is none to answer."""
        if self._told_to_stop:
            return None
        self._told_to_stop = True
        return super().stop()

    def _is_untouched(self) -> bool:
        if self._untouched:
            self._ahead = []  # a beginning that nothing came of
        return self._untouched


class _ReadingDriver(OneTripDriver):
    def send_along(self, sql: str, rows: Sequence[Values]) -> None:
        """Refused at once: left waiting, it would be lost or meet the next borrower."""
        raise sqlite3.OperationalError("attempt to write a readonly database")

    async def rollback(self) -> None:
        """Sent, not waited for: a read has nothing to lose, and what follows queues behind it."""
        self._ahead = []
        if not self._is_untouched():
            self._tx.put_nowait((None, self._conn.rollback))
            self._untouched = True


def make_one_trip(engine: AsyncEngine, begin: str, *, reading: bool) -> None:
    """Have every connection of `engine` (SQLite) work this way, with `begin` as its BEGIN."""
    kind = _ReadingDriver if reading else OneTripDriver

    def create(database: str, **settings: Any) -> aiosqlite.Connection:
        driver = kind(lambda: sqlite3.connect(database, **settings), iter_chunk_size=64)
        driver._thread.daemon = True  # as SQLAlchemy's own: a forgotten one keeps no process alive
        return driver

    @event.listens_for(engine.sync_engine, "do_connect")
    def _connect(dialect: Any, _record: Any, arguments: Any, settings: Any) -> Any:
        usual = dialect.dbapi.connect(*arguments, **settings, async_creator_fn=create)
        return _OneTripConnection(dialect.dbapi, usual.driver_connection)

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Any) -> None:
        connection.connection.driver_connection.begin(begin)


def _after(connection: Any, ahead: list[_Ahead], work: Any, *args: Any, **kwargs: Any) -> Any:
    for sql, rows in ahead:
        for values in rows:
            connection.execute(sql, values).close()
    return work(*args, **kwargs)


def _rows(connection: Any, sql: str, values: Values) -> list[Any]:
    return _execute(connection, sql, values).rows


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
