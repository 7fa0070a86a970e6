"""What every place that keeps a log can be asked, whatever it is made of."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any, Protocol


class SourceRefused(Exception):
    """The log cannot be read. `code`: scheme, no_file, no_table, columns, unreadable, unreachable;
    `values` name what is meant."""

    def __init__(self, code: str, **values: str) -> None:
        super().__init__(f"{code} {values}")
        self.code = code
        self.values = values


class Shelf(Protocol):
    """Raw rows by column name, oldest first. Blocking or not is its own affair."""

    async def columns(self) -> tuple[str, ...]: ...

    async def ends(self, order: str) -> list[Mapping[str, Any]]:
        """The first and the last row by `order`; none of an empty log."""
        ...

    def rows(
        self, order: str, since: datetime | None, until: datetime | None
    ) -> AsyncIterator[Mapping[str, Any]]:
        """At least the rows between, as they are written."""
        ...

    async def close(self) -> None: ...
