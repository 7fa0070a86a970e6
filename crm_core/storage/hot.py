"""The few statements run on every ring: compiled once per engine, then sent as they are.

A point select through SQLAlchemy's own path costs several times what the driver needs.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from sqlalchemy import Dialect, Select
from sqlalchemy.ext.asyncio import AsyncConnection

Convert = Callable[[Any], Any] | None


class _Compiled(NamedTuple):
    sql: str
    parameters: tuple[str, ...]
    constants: dict[str, Any]
    columns: tuple[tuple[str, Convert], ...]


class HotSelect:
    """A SELECT with text or number parameters; rows come as dicts by column name."""

    def __init__(self, statement: Select[Any]) -> None:
        self._statement = statement
        self._compiled: dict[str, _Compiled] = {}

    async def rows(self, connection: AsyncConnection, **parameters: object) -> list[dict[str, Any]]:
        """All rows, their values as Python's own types."""
        compiled = self._for(connection.dialect)
        given = {**compiled.constants, **parameters}
        values = tuple(given[name] for name in compiled.parameters)
        found = (await connection.exec_driver_sql(compiled.sql, values)).all()
        return [
            {
                name: value if convert is None or value is None else convert(value)
                for (name, convert), value in zip(compiled.columns, row, strict=True)
            }
            for row in found
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
