"""What can stand in a field: read from what a person typed, written back to be compared with.

`written` of a value is what the page shows in its input and sends back as what the editor saw.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.errors import Invalid
from crm_core.money import read_amount, written_amount
from crm_core.wording import LARGEST_ID, line, paragraphs

Row = Mapping[str, Any]
"""The record as it is stored, by column."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of one line. Invalid(name): required, too_long."""

    limit: int = 300
    required: bool = False

    def read(self, name: str, written: str, row: Row) -> Any:
        """The value to store. Raises Invalid."""
        return line(name, written, limit=self.limit, required=self.required)

    def written(self, value: Any, row: Row) -> str:
        """The value as `read` reads it; "" for none."""
        return "" if value is None else str(value)

    def stored(self, name: str, row: Row) -> Any:
        """The value that stands in the record."""
        return row[name]

    def columns(self, name: str, value: Any, row: Row) -> dict[str, Any]:
        """The columns that hold the value."""
        return {name: value}

    async def check(self, connection: AsyncConnection, name: str, value: Any, row: Row) -> None:
        """Raise Invalid where the rest of the memory forbids the value."""


@dataclass(frozen=True, slots=True)
class Paragraphs(Field):
    """Several lines. Invalid(name): too_long."""

    limit: int = 20_000

    def read(self, name: str, written: str, row: Row) -> str:
        kept = paragraphs(name, written, limit=self.limit)
        if self.required and not kept:
            raise Invalid(name, "required")
        return kept


@dataclass(frozen=True, slots=True)
class Choice(Field):
    """One of some stored words. Invalid(name): unknown_choice."""

    words: Collection[str] = ()

    def read(self, name: str, written: str, row: Row) -> str:
        if written not in self.words:
            raise Invalid(name, "unknown_choice", value=written)
        return written


@dataclass(frozen=True, slots=True)
class YesNo(Field):
    """Ticked ("1") or not ("")."""

    def read(self, name: str, written: str, row: Row) -> bool:
        return written == "1"

    def written(self, value: Any, row: Row) -> str:
        return "1" if value else ""


@dataclass(frozen=True, slots=True)
class Whole(Field):
    """A whole number between two bounds, or none. Invalid(name): not_a_number, out_of_range."""

    least: int = 0
    most: int = LARGEST_ID

    def read(self, name: str, written: str, row: Row) -> int | None:
        plain = written.strip().removesuffix("%").strip()
        if not plain and not self.required:
            return None
        if not plain.removeprefix("-").isdecimal() or len(plain) > 12:
            raise Invalid(name, "not_a_number" if plain else "required")
        if not self.least <= int(plain) <= self.most:
            raise Invalid(name, "out_of_range", least=self.least, most=self.most)
        return int(plain)


@dataclass(frozen=True, slots=True)
class Day(Field):
    """A calendar day, ISO, or none. Invalid(name): not_a_day."""

    def read(self, name: str, written: str, row: Row) -> date | None:
        if not written.strip() and not self.required:
            return None
        try:
            return date.fromisoformat(written.strip())
        except ValueError:
            raise Invalid(name, "not_a_day", written=written) from None


@dataclass(frozen=True, slots=True)
class Money(Field):
    """An amount in the currency of the record; see `read_amount` for what is refused."""

    def read(self, name: str, written: str, row: Row) -> int:
        return read_amount(name, written, row["currency"])

    def written(self, value: Any, row: Row) -> str:
        return written_amount(value or 0, row["currency"])


@dataclass(frozen=True, slots=True)
class Reference(Field):
    """Another record by its id, or none; `allowed` selects the ids that may be chosen for a row.

    Invalid(name): not_a_choice.
    """

    allowed: Callable[[Row], Select[tuple[int]]] | None = None

    def read(self, name: str, written: str, row: Row) -> int | None:
        plain = written.strip()
        if not plain and not self.required:
            return None
        if not (plain.isascii() and plain.isdecimal() and 0 < int(plain[:10]) <= LARGEST_ID):
            raise Invalid(name, "not_a_choice" if plain else "required")
        return int(plain[:10])

    async def check(self, connection: AsyncConnection, name: str, value: Any, row: Row) -> None:
        if value is None or self.allowed is None:
            return
        query = self.allowed(row)
        [key] = query.selected_columns
        if (await connection.execute(query.where(key == value))).first() is None:
            raise Invalid(name, "not_a_choice")


@dataclass(frozen=True, slots=True)
class Kept(Field):
    """A field that lives under `key` of a JSON column: requisites, an office's own fields."""

    column: str = "fields"
    key: str = ""
    inner: Field = Field()

    def read(self, name: str, written: str, row: Row) -> Any:
        return self.inner.read(name, written, row)

    def written(self, value: Any, row: Row) -> str:
        return self.inner.written(value, row)

    def stored(self, name: str, row: Row) -> Any:
        return (row[self.column] or {}).get(self.key)

    def columns(self, name: str, value: Any, row: Row) -> dict[str, Any]:
        others = {key: kept for key, kept in (row[self.column] or {}).items() if key != self.key}
        is_empty = value is None or value is False or value == "" or value == []
        return {self.column: others if is_empty else {**others, self.key: value}}

    async def check(self, connection: AsyncConnection, name: str, value: Any, row: Row) -> None:
        await self.inner.check(connection, name, value, row)
