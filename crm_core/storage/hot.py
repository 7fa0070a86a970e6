"""The few statements run on every ring: compiled once per engine, then given to the driver itself.

SQLAlchemy's own path makes four trips to SQLite's thread for a select, this one makes one.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Dialect, Select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.storage.one_trip import OneTripDriver

Convert = Callable[[Any], Any] | None
Columns = tuple[tuple[str, Convert], ...]


Asked = tuple["HotSelect", Mapping[str, object]]
"""A statement and its parameters."""


async def rows_of(connection: AsyncConnection, *asked: Asked) -> list[list[dict[str, Any]]]:
    """The rows of several statements that do not need each other's: one trip to SQLite's thread."""
    prepared = [each.prepare(connection.dialect, given) for each, given in asked]
    driver = (await connection.get_raw_connection()).driver_connection
    found = await _fetch(driver, [(sql, values) for sql, values, _ in prepared])
    return [
        [_as_dict(columns, row) for row in rows]
        for (_, _, columns), rows in zip(prepared, found, strict=True)
    ]


async def _fetch(driver: Any, asked: list[tuple[str, tuple[Any, ...]]]) -> list[list[Any]]:
    if isinstance(driver, OneTripDriver):
        return await driver.fetch_all(asked)
    return [await driver.fetch(sql, *values) for sql, values in asked]


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
