"""What stands on the lists and stood there, for people to look at: by list, number, client."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.people import Agent
from crm_core.agents.tables import agents
from crm_core.clients.access import access_client
from crm_core.clients.tables import client_numbers
from crm_core.wording import LARGEST_ID
from dialer.do_not_call.kinds import OPT_OUTS, ImportState
from dialer.do_not_call.queries import imported_form
from dialer.do_not_call.tables import (
    do_not_call_imported,
    do_not_call_imports,
    do_not_call_lists,
    do_not_call_numbers,
)

PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class Listing:
    """One time that a number stands or stood on an own or a campaign list. `added_by` and
    `removed_by` are names; None where the system did it, or it was not done."""

    id: int
    list_id: int
    kind: str
    title: str
    campaign_id: int | None
    e164: str
    how: str
    reason: str
    client_id: int | None
    call_id: str | None
    import_id: int | None
    added_at: datetime
    added_by: str | None
    until: datetime | None
    removed_at: datetime | None
    removed_by: str | None
    removal: str

    @property
    def opt_out(self) -> bool:
        """Whether the person himself said so."""
        return self.how in OPT_OUTS

    def holds(self, at: datetime) -> bool:
        """Whether it stands there at `at`."""
        over = self.removed_at is not None or (self.until is not None and self.until <= at)
        return self.added_at <= at and not over


@dataclass(frozen=True, slots=True)
class NationalListing:
    """A number on a national list that is in force."""

    list_id: int
    title: str
    country: str
    e164: str
    in_force_at: datetime
    expires_at: datetime | None


async def list_numbers(
    connection: AsyncConnection,
    list_id: int,
    *,
    digits: str = "",
    removed: bool = False,
    before_id: int | None = None,
    limit: int = PAGE,
) -> list[Listing]:
    """Of one list, the last added first; `removed`: such as came off instead; `digits` that the
    number begins with, as far as they are digits. `before_id` goes on after the page before."""
    kept = do_not_call_numbers.c
    gone = kept.removed_at.is_not(None) if removed else kept.removed_at.is_(None)
    query = _select().where(kept.list_id == list_id, gone)
    asked = "".join(filter(str.isdecimal, digits))
    if asked:
        query = query.where(kept.e164.startswith(f"+{asked}", autoescape=True))
    if before_id is not None:
        query = query.where(kept.id < min(before_id, LARGEST_ID))
    return await _read(connection, query.order_by(kept.id.desc()).limit(limit))


async def list_of_number(connection: AsyncConnection, e164: str) -> list[Listing]:
    """All times that the number stood on an own or a campaign list, the last first."""
    query = _select().where(do_not_call_numbers.c.e164 == e164)
    return await _read(connection, query.order_by(do_not_call_numbers.c.id.desc()))


async def list_of_client(
    connection: AsyncConnection, actor: Agent, client_id: int
) -> list[Listing]:
    """Of all the client's numbers, and what was said of him with numbers that he has no more; the
    last first. NotFound for one whom `actor` may not see."""
    await access_client(connection, actor, client_id)
    return await listings_of(connection, [client_id])


async def listings_of(connection: AsyncConnection, client_ids: Sequence[int]) -> list[Listing]:
    """The same for whoever has been through the door of these clients."""
    kept, his = do_not_call_numbers.c, client_numbers.c
    numbers = select(his.e164).where(his.client_id.in_(client_ids), his.e164.is_not(None))
    query = _select().where(kept.client_id.in_(client_ids) | kept.e164.in_(numbers))
    return await _read(connection, query.order_by(kept.id.desc()))


async def list_national(
    connection: AsyncConnection, numbers: Sequence[str]
) -> list[NationalListing]:
    """Where these numbers stand on a national list that is in force."""
    imports, lists, number = do_not_call_imports.c, do_not_call_lists.c, do_not_call_imported.c
    asked = [digits for digits in map(imported_form, numbers) if digits is not None]
    query = (
        select(
            lists.id, lists.title, lists.country, number.number,
            imports.in_force_at, imports.expires_at,
        )
        .select_from(do_not_call_imported)
        .join(do_not_call_imports, imports.id == number.import_id)
        .join(do_not_call_lists, lists.id == imports.list_id)
        .where(
            number.number.in_(asked),
            imports.state == ImportState.IN_FORCE,
            lists.retired_at.is_(None),
        )
        .order_by(lists.id, number.number)
    )  # fmt: skip
    return [
        NationalListing(list_id, title, country, f"+{digits}", *times)
        for list_id, title, country, digits, *times in await connection.execute(query)
    ]


def _select() -> Select[Any]:
    added, removed = agents.alias(), agents.alias()
    kept, lists = do_not_call_numbers.c, do_not_call_lists.c
    return (
        select(
            *(column for column in kept if column.name not in ("added_by", "removed_by")),
            *(lists.kind, lists.title, lists.campaign_id),
            added.c.name.label("added_by"),
            removed.c.name.label("removed_by"),
        )
        .select_from(do_not_call_numbers)
        .join(do_not_call_lists, lists.id == kept.list_id)
        .outerjoin(added, added.c.id == kept.added_by)
        .outerjoin(removed, removed.c.id == kept.removed_by)
    )


async def _read(connection: AsyncConnection, query: Select[Any]) -> list[Listing]:
    return [Listing(**row) for row in (await connection.execute(query)).mappings()]
