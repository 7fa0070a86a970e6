"""The few statements run on every ring: compiled once per engine, then given to the driver itself.

SQLAlchemy's own path makes four trips to SQLite's thread for a select, this one makes one.
"""

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Dialect, Select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.storage.one_trip import Fetch, OneTripDriver

Convert = Callable[[Any], Any] | None
Columns = tuple[tuple[str, Convert], ...]


Row = dict[str, Any]
Asked = tuple["HotSelect", Mapping[str, object]]
"""A statement and its parameters."""

T = TypeVar("T")
Reading = Generator[Sequence[Asked], list[list[Row]], T]
"""Yields statements, gets the rows of each, and so on to its result: what is asked may depend on
what was told. On SQLite it runs in SQLite's thread: it reads its rows and changes nothing else."""


async def read_through(connection: AsyncConnection, reading: Reading[T]) -> T:
    """The result of `reading`: one trip to SQLite's thread, however many statements it takes."""
    dialect = connection.dialect
    driver: Any = (await connection.get_raw_connection()).driver_connection
    if isinstance(driver, OneTripDriver):
        return await driver.converse(partial(_converse, reading, dialect))
    try:
        asked = next(reading)
        while True:
            told = []
            for sql, values, columns in _prepared(asked, dialect):
                told.append([_as_dict(columns, row) for row in await driver.fetch(sql, *values)])
            asked = reading.send(told)
    except StopIteration as ended:
        result: T = ended.value
        return result


async def rows_of(connection: AsyncConnection, *asked: Asked) -> list[list[Row]]:
    """The rows of several statements that do not need each other's."""
    return await read_through(connection, _asking(asked))


def _asking(asked: Sequence[Asked]) -> Reading[list[list[Row]]]:
    return (yield asked)


def _converse(reading: Reading[T], dialect: Dialect, fetch: Fetch) -> T:
    try:
        asked = next(reading)
        while True:
            told = [
                [_as_dict(columns, row) for row in fetch(sql, values)]
                for sql, values, columns in _prepared(asked, dialect)
            ]
            asked = reading.send(told)
    except StopIteration as ended:
        result: T = ended.value
        return result


def _prepared(
    asked: Sequence[Asked], dialect: Dialect
) -> list[tuple[str, tuple[Any, ...], Columns]]:
    return [statement.prepare(dialect, given) for statement, given in asked]


def _as_dict(columns: Columns, row: Iterable[Any]) -> dict[str, Any]:
    return {
        name: value if convert is None or value is None else convert(value)
        for (name, convert), value in zip(columns, row, strict=True)
    }


class _Compiled(NamedTuple):
    sql: str
    parameters: tuple[str, ...]
    constants: dict[str, Any]
    columns: Columns


class HotSelect:
    """A SELECT with text or number parameters; rows come as dicts by column name.

    It takes part in the connection's transaction if there is one; errors are the driver's own.
    """

    def __init__(self, statement: Select[Any]) -> None:
        self._statement = statement
        self._compiled: dict[str, _Compiled] = {}

    async def rows(self, connection: AsyncConnection, **parameters: object) -> list[dict[str, Any]]:
        """All rows, their values as Python's own types."""
        [rows] = await rows_of(connection, (self, parameters))
        return rows

    def prepare(
        self, dialect: Dialect, given: Mapping[str, object]
    ) -> tuple[str, tuple[Any, ...], Columns]:
        """The statement for `dialect`, its values in order, and what to make of its columns."""
        compiled = self._for(dialect)
        named = {**compiled.constants, **given}
        values = tuple(named[name] for name in compiled.parameters)
        return compiled.sql, values, compiled.columns

    def _for(self, dialect: Dialect) -> _Compiled:
        known = self._compiled.get(dialect.name)
        if known is None:
            known = self._compiled[dialect.name] = self._compile(dialect)
        return known

    def _compile(self, dialect: Dialect) -> _Compiled:
        made = self._statement.compile(dialect=dialect)
        columns = tuple(
            (column.name, column.type.dialect_impl(dialect).result_processor(dialect, None))
            for column in self._statement.selected_columns
        )
        constants = {name: value for name, value in made.params.items() if value is not None}
        return _Compiled(str(made), tuple(made.positiontup or ()), constants, columns)
