"""A client's numbers as people write them: read, kept once each, found again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.clients.tables import client_numbers
from crm_core.editing.fields import Field, Row
from crm_core.errors import Conflict, Invalid
from crm_core.storage.engine import Write
from crm_core.wording import line
from telephony.numbers import Number, is_mobile, normalise, split_written

MOST_NUMBERS: Final = 100  # a client with more is a list, not a client
_LONGEST_WRITTEN: Final = 64


def read_numbers(cell: str, country: str) -> list[tuple[str, Number]]:
    """Each number of a cell as written and as understood, the same one only once.

    Invalid `number`: too_long, number_without_digits, number_with_letters, too_many_numbers.
    """
    found: dict[tuple[str, str], tuple[str, Number]] = {}
    for written in split_written(line("number", cell, limit=2000)):
        number = normalise(written, country)
        kept = (written[:_LONGEST_WRITTEN], number)
        if not _is_number(written, number):
            raise Invalid("number", "number_with_letters", value=written[:_LONGEST_WRITTEN])
        if number.digits:
            found.setdefault((number.digits, number.extension), kept)
    if not found:
        raise Invalid("number", "number_without_digits")
    if len(found) > MOST_NUMBERS:
        raise Invalid("number", "too_many_numbers", most=MOST_NUMBERS)
    return list(found.values())


def _is_number(written: str, number: Number) -> bool:
    """Letters belong to a valid number (1-800-FLOWERS) or to an extension; "abc12" is a slip."""
    return number.valid or bool(number.extension) or not any(map(str.isalpha, written))


@dataclass(frozen=True, slots=True)
class NumberField(Field):
    """One telephone number in any writing, as people of `country` write it.

    Invalid(name): number_without_digits, one_number (several are several rows).
    """

    country: str = ""

    def read(self, name: str, written: str, row: Row) -> str:
        found = read_numbers(written, self.country)
        if len(found) > 1:
            raise Invalid(name, "one_number")
        return found[0][0]

    def columns(self, name: str, value: Any, row: Row) -> dict[str, Any]:
        return {name: value, **number_columns(normalise(value, self.country))}

    async def check(self, connection: AsyncConnection, name: str, value: Any, row: Row) -> None:
        """Invalid(name, "number_known") where the client has it already."""
        known = await find_number(connection, row["client_id"], normalise(value, self.country))
        if known is not None and known[0] != row["id"]:
            raise Invalid(name, "number_known", number=value)


def number_columns(number: Number) -> dict[str, Any]:
    """What is kept of a number beside how it was written."""
    return {
        "e164": number.e164,
        "extension": number.extension,
        "digits": number.digits,
        "last_digits": number.last_digits,
        "mobile": number.e164 is not None and is_mobile(number.e164),
    }


async def find_number(
    connection: AsyncConnection, client_id: int, number: Number
) -> tuple[int, bool] | None:
    """The client's row of this number and whether it is marked wrong, if he has it."""
    query = select(client_numbers.c.id, client_numbers.c.wrong).where(
        client_numbers.c.client_id == client_id,
        client_numbers.c.digits == number.digits,
        client_numbers.c.extension == number.extension,
    )
    row = (await connection.execute(query)).one_or_none()
    return (row.id, row.wrong) if row else None


async def insert_number(
    tx: Write,
    now: datetime,
    client_id: int,
    contact_id: int | None,
    written: str,
    number: Number,
    label: str = "",
) -> int:
    """The number's id; one that had been marked wrong is right again. Conflict("number_known")."""
    known = await find_number(tx.connection, client_id, number)
    if known is not None and not known[1]:
        raise Conflict("number_known", number=written)
    values = {
        "contact_id": contact_id,
        "written": written,
        **number_columns(number),
        "label": label,
        "wrong": False,
    }
    if known is not None:
        chosen = update(client_numbers).where(client_numbers.c.id == known[0])
        await tx.execute(chosen.values(**values))
        return known[0]
    row = {**values, "client_id": client_id, "created_at": now}
    return int((await tx.execute(insert(client_numbers).values(**row))).inserted_primary_key[0])
