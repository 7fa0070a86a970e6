"""Writes made at every fact: compiled once per engine, then given to the driver itself.

SQLAlchemy's own path makes three or four trips to SQLite's thread for a write; these go along with
the next statement, or with the commit.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Dialect
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import UpdateBase

from crm_core.storage.one_trip import OneTripDriver

Row = Mapping[str, Any]
Convert = Callable[[Any], Any] | None


class _Compiled(NamedTuple):
    sql: str
    parameters: tuple[tuple[str, Convert], ...]


class HotWrite:
    """One INSERT, UPDATE or DELETE, whose every parameter is bound by name, per dialect.

    It takes part in the connection's transaction. Errors are the driver's own; SQLite's are raised
    by the next statement or by the commit.
    """

    def __init__(self, statements: Mapping[str, UpdateBase]) -> None:
        self._statements = statements
        self._compiled: dict[str, _Compiled] = {}

    @classmethod
    def same(cls, statement: UpdateBase) -> "HotWrite":
        """A statement that both engines understand alike."""
        return cls({"sqlite": statement, "postgresql": statement})

    async def run(self, connection: AsyncConnection, rows: Sequence[Row]) -> None:
        """Execute it once for each of `rows`; nothing happens for none."""
        if not rows:
            return
        sql, parameters = self._for(connection.dialect)
        values = [
            tuple(
                row[name] if convert is None else convert(row[name]) for name, convert in parameters
            )
            for row in rows
        ]
        driver: Any = (await connection.get_raw_connection()).driver_connection
        if isinstance(driver, OneTripDriver):
            driver.send_along(sql, values)
        elif len(values) == 1:
            await driver.execute(sql, *values[0])
        else:
            await driver.executemany(sql, values)

    def _for(self, dialect: Dialect) -> _Compiled:
        known = self._compiled.get(dialect.name)
        if known is None:
            known = _compile(self._statements[dialect.name], dialect)
            self._compiled[dialect.name] = known
        return known


def _compile(statement: UpdateBase, dialect: Dialect) -> _Compiled:
    made: Any = statement.compile(dialect=dialect)
    converts = {
        name: parameter.type.dialect_impl(dialect).bind_processor(dialect)
        for name, parameter in made.binds.items()
    }
    return _Compiled(str(made), tuple((name, converts[name]) for name in made.positiontup))
