"""A client's numbers as people write them: read, kept once each, found again."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import insert, select, update

from crm_core.agents.people import Agent
from crm_core.agents.rights import Action
from crm_core.clients.access import access_client
from crm_core.clients.tables import client_numbers
from crm_core.errors import Conflict, Invalid, NotFound
from crm_core.storage.engine import Write
from crm_core.wording import line
from telephony.numbers import Number, is_mobile, normalise, split_written

MOST_NUMBERS: Final = 100  # a client with more is a list, not a client
_LONGEST_WRITTEN: Final = 64


def read_numbers(cell: str, country: str) -> list[tuple[str, Number]]:
    """Each number of a cell as written and as understood, the same one only once.

    Invalid `number`: too_long, number_without_digits, too_many_numbers.
    """
    found: dict[tuple[str, str], tuple[str, Number]] = {}
    for written in split_written(line("number", cell, limit=2000)):
        number = normalise(written, country)
        kept = (written[:_LONGEST_WRITTEN], number)
        if number.digits:
            found.setdefault((number.digits, number.extension), kept)
    if not found:
        raise Invalid("number", "number_without_digits")
    if len(found) > MOST_NUMBERS:
        raise Invalid("number", "too_many_numbers", most=MOST_NUMBERS)
    return list(found.values())


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
    same = (
        (client_numbers.c.client_id == client_id)
        & (client_numbers.c.digits == number.digits)
        & (client_numbers.c.extension == number.extension)
    )
    query = select(client_numbers.c.id, client_numbers.c.wrong).where(same)
    known = (await tx.execute(query)).one_or_none()
    if known is not None and not known.wrong:
        raise Conflict("number_known", number=written)
    values = {
        "contact_id": contact_id,
        "written": written,
        "e164": number.e164,
        "extension": number.extension,
        "digits": number.digits,
        "last_digits": number.last_digits,
        "label": label,
        "mobile": number.e164 is not None and is_mobile(number.e164),
        "wrong": False,
    }
    if known is not None:
        chosen = update(client_numbers).where(client_numbers.c.id == known.id)
        await tx.execute(chosen.values(**values))
        return int(known.id)
    row = {**values, "client_id": client_id, "created_at": now}
    return int((await tx.execute(insert(client_numbers).values(**row))).inserted_primary_key[0])


async def access_number(tx: Write, actor: Agent, client_id: int, number_id: int) -> dict[str, Any]:
    """The row of a client's number, where `actor` may see the client. Raises NotFound."""
    await access_client(tx.connection, actor, client_id, Action.EDIT)
    query = select(client_numbers).where(
        client_numbers.c.id == number_id, client_numbers.c.client_id == client_id
    )
    row = (await tx.execute(query)).mappings().one_or_none()
    if row is None:
        raise NotFound(number_id=number_id)
    return dict(row)
