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

Row = Any
"""A dict by column name, or the tuple that the statement makes of a row."""
Read = Callable[[Iterable[Iterable[Any]]], list[Row]]
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
            for statement, given in asked:
                sql, values, read = statement.prepare(dialect, given)
                told.append(read(await driver.fetch(sql, *values)))
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
            told = []
            for statement, given in asked:
                sql, values, read = statement.prepare(dialect, given)
                told.append(read(fetch(sql, values)))
            asked = reading.send(told)
    except StopIteration as ended:
        result: T = ended.value
        return result


class _Compiled(NamedTuple):
    sql: str
    parameters: tuple[tuple[str, Convert], ...]
    constants: dict[str, Any]
    read: Read


class HotSelect:
    """A SELECT whose parameters are bound by name, typed where they are neither text nor number.
    Rows come as dicts by column name, or as tuples of the kind `row`, whose fields are the columns.

    It takes part in the connection's transaction if there is one; errors are the driver's own.
    """

    def __init__(
        self,
        statement: Select[Any],
        *,
        row: type[tuple[Any, ...]] | None = None,
    ) -> None:
        self._statement = statement
        self._row = row
        self._compiled: dict[str, _Compiled] = {}

    async def rows(self, connection: AsyncConnection, **parameters: object) -> list[Row]:
        """All rows, their values as Python's own types."""
        [rows] = await rows_of(connection, (self, parameters))
        return rows

    def prepare(
        self, dialect: Dialect, given: Mapping[str, object]
    ) -> tuple[str, tuple[Any, ...], Read]:
        """The statement for `dialect`, its values in order, and what makes rows of its rows."""
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = self._compile(dialect)
        sql, parameters, constants, read = compiled
        named = {**constants, **given}
        values = tuple(
            named[name] if convert is None else convert(named[name]) for name, convert in parameters
        )
        return sql, values, read

    def _compile(self, dialect: Dialect) -> _Compiled:
        made: Any = self._statement.compile(dialect=dialect)
        converts = {
            name: parameter.type.dialect_impl(dialect).bind_processor(dialect)
            for name, parameter in made.binds.items()
        }
        parameters = tuple((name, converts[name]) for name in made.positiontup or ())
        constants = {name: value for name, value in made.params.items() if value is not None}
        return _Compiled(str(made), parameters, constants, self._reader(dialect))

    def _reader(self, dialect: Dialect) -> Read:
        columns = self._statement.selected_columns
        names = [column.name for column in columns]
        if self._row is None:
            make: Callable[[Iterable[Any]], Row] = partial(_as_dict, names)
        else:
            make = self._row._make  # type: ignore[attr-defined]
        converts = [
            (place, convert)
            for place, column in enumerate(columns)
            if (convert := column.type.dialect_impl(dialect).result_processor(dialect, None))
        ]
        return partial(_read_converted if converts else _read_plain, make, converts)


def _as_dict(names: Sequence[str], row: Iterable[Any]) -> dict[str, Any]:
    return dict(zip(names, row, strict=True))


def _read_plain(make: Any, _converts: Any, rows: Iterable[Iterable[Any]]) -> list[Row]:
    return list(map(make, rows))


def _read_converted(
    make: Callable[[Iterable[Any]], Row],
    converts: Sequence[tuple[int, Callable[[Any], Any]]],
    rows: Iterable[Iterable[Any]],
) -> list[Row]:
    made = []
    for row in rows:
        values = list(row)
        for place, convert in converts:
            if values[place] is not None:
                values[place] = convert(values[place])
        made.append(make(values))
    return made
