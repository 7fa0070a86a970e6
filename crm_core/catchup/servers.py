"""Logs in a PostgreSQL database, as cel_pgsql and cdr_pgsql write them."""

from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from datetime import datetime, tzinfo
from typing import Any, Final

import asyncpg  # type: ignore[import-untyped]

from crm_core.catchup.shelf import SourceRefused

BATCH: Final = 2000
CONNECT_SECONDS: Final = 10.0
ANSWER_SECONDS: Final = 300.0  # months in a table without an index are sorted first
_SERIALS: Final = ("id", "acctid", "cel_id")

Raw = Mapping[str, Any]


class PostgresShelf:
    """A table, read in one read-only transaction at a time over a connection of its own."""

    def __init__(self, url: str, table: str, zone: tzinfo) -> None:
        self._url = url
        self._table = table
        self._zone = zone
        self._types: dict[str, str] = {}

    async def columns(self) -> tuple[str, ...]:
        """The names of its columns."""
        schema, _, name = self._table.rpartition(".")
        query = (
            "SELECT column_name, data_type FROM information_schema.columns "
            "WHERE table_name = $1 AND ($2 = '' OR table_schema = $2) ORDER BY ordinal_position"
        )
        async with _Connected(self._url) as connection:
            found = await connection.fetch(query, name, schema)
        if not found:
            raise SourceRefused("no_table", table=self._table)
        self._types = {row["column_name"]: row["data_type"] for row in found}
        return tuple(self._types)

    async def ends(self, order: str) -> list[Raw]:
        """The first and the last row by time."""
        query = f'SELECT * FROM {self._quoted} WHERE "{order}" IS NOT NULL ORDER BY "{order}"'
        async with _Connected(self._url) as connection:
            first = await connection.fetch(f"{query} LIMIT 1")
            last = await connection.fetch(f"{query} DESC LIMIT 1")
        return [dict(row) for row in (*first, *last)]

    async def rows(
        self, order: str, since: datetime | None, until: datetime | None
    ) -> AsyncIterator[Raw]:
        """By time, and within one instant as they were written, where that is kept."""
        given = [self._as_kept(order, at) for at in (since, until) if at is not None]
        bounds = [f'"{order}" >= $1'] if since else []
        bounds += [f'"{order}" <= ${len(given)}'] if until else []
        serial = next((f', "{name}"' for name in _SERIALS if name in self._types), "")
        where = f"WHERE {' AND '.join(bounds)} " if bounds else ""
        query = f'SELECT * FROM {self._quoted} {where}ORDER BY "{order}"{serial}'
        async with _Connected(self._url) as connection:
            async with connection.transaction(readonly=True):
                async for row in connection.cursor(query, *given, prefetch=BATCH):
                    yield dict(row)

    async def close(self) -> None:
        """Nothing is kept open."""

    @property
    def _quoted(self) -> str:
        return ".".join(f'"{part}"' for part in self._table.split("."))

    def _as_kept(self, order: str, at: datetime) -> datetime | str | float:
        kept = self._types.get(order, "")
        if kept == "timestamp with time zone":
            return at
        if kept.startswith("timestamp"):
            return at.astimezone(self._zone).replace(tzinfo=None)
        if kept in ("double precision", "numeric", "integer", "bigint"):
            return at.timestamp()
        return at.astimezone(self._zone).replace(tzinfo=None).isoformat(sep=" ")


class _Connected:
    """A connection for one question; what goes wrong with it is SourceRefused."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: Any = None

    async def __aenter__(self) -> Any:
        try:
            self._connection = await asyncpg.connect(
                self._url, timeout=CONNECT_SECONDS, command_timeout=ANSWER_SECONDS
            )
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
            raise SourceRefused("unreachable", reason=_short(error)) from error
        return self._connection

    async def __aexit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if error is None:
            with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await self._connection.close(timeout=CONNECT_SECONDS)
        self._connection.terminate()  # a server that is gone answers no good-bye
        if isinstance(error, (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)):
            raise SourceRefused("unreadable", path="PostgreSQL", reason=_short(error)) from error


def _short(error: BaseException) -> str:
    return str(error).partition("\n")[0][:200] or "no answer"
