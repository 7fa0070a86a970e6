"""The few statements run on every ring: compiled once per engine, then given to the driver itself.

SQLAlchemy's own path makes four trips to SQLite's thread for a select, this one makes one.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import aiosqlite
from sqlalchemy import Dialect, Select
from sqlalchemy.ext.asyncio import AsyncConnection

Convert = Callable[[Any], Any] | None


async def _fetch(driver: Any, sql: str, values: tuple[object, ...]) -> Iterable[Any]:
    rows: Iterable[Any]
    if isinstance(driver, aiosqlite.Connection):
        rows = await driver.execute_fetchall(sql, values)
    else:
        rows = await driver.fetch(sql, *values)
    return rows


class _Compiled(NamedTuple):
    sql: str
    parameters: tuple[str, ...]
    constants: dict[str, Any]
    columns: tuple[tuple[str, Convert], ...]


class HotSelect:
    """A SELECT with text or number parameters; rows come as dicts by column name.

    It takes part in the connection's transaction if there is one; errors are the driver's own.
    """

    def __init__(self, statement: Select[Any]) -> None:
        self._statement = statement
        self._compiled: dict[str, _Compiled] = {}

    async def rows(self, connection: AsyncConnection, **parameters: object) -> list[dict[str, Any]]:
        """All rows, their values as Python's own types."""
        compiled = self._for(connection.dialect)
        given = {**compiled.constants, **parameters}
        values = tuple(given[name] for name in compiled.parameters)
        driver = (await connection.get_raw_connection()).driver_connection
        found = await _fetch(driver, compiled.sql, values)
        return [
            {
                name: value if convert is None or value is None else convert(value)
                for (name, convert), value in zip(compiled.columns, row, strict=True)
            }
            for row in map(tuple, found)
        ]

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
