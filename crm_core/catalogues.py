"""The catalogues: the words by which an office sorts its records, in its own order."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.arranging import Arranging, only_known
from crm_core.agents.people import Agent
from crm_core.editing.fields import Reference
from crm_core.errors import Invalid
from crm_core.storage.engine import Write
from crm_core.tables import catalogue_entries
from crm_core.wording import line, whole


class Catalogue(StrEnum):
    """What a record may be sorted by; the word is stored."""

    RELATION = "relation"  # what a client is to us: buyer, supplier, partner
    CATEGORY = "category"
    INDUSTRY = "industry"
    ROLE = "role"  # of a person at a client
    SOURCE = "source"  # where a lead heard of us
    MARKETING_CAMPAIGN = "marketing_campaign"
    LOSS_REASON = "loss_reason"


@dataclass(frozen=True, slots=True)
class Entry:
    """One word of a catalogue; a retired one is kept where it was used, and offered no more."""

    id: int
    catalogue: str
    title: str
    position: int
    active: bool


async def list_entries(
    connection: AsyncConnection, *, active: bool | None = True
) -> dict[Catalogue, list[Entry]]:
    """All catalogues, each in its order; `active=None` includes the retired."""
    columns = (catalogue_entries.c[name] for name in Entry.__dataclass_fields__)
    query = select(*columns).order_by(catalogue_entries.c.position, catalogue_entries.c.id)
    if active is not None:
        query = query.where(catalogue_entries.c.active == active)
    listed: dict[Catalogue, list[Entry]] = {catalogue: [] for catalogue in Catalogue}
    for row in (await connection.execute(query)).mappings():
        listed[Catalogue(row["catalogue"])].append(Entry(**row))
    return listed


async def entry_titles(connection: AsyncConnection) -> dict[int, str]:
    """What each entry of any catalogue is called, the retired too."""
    listed = await list_entries(connection, active=None)
    return {entry.id: entry.title for entries in listed.values() for entry in entries}


def entry_field(catalogue: Catalogue) -> Reference:
    """A field that holds an entry in use of this catalogue, or none."""

    def allowed(row: Mapping[str, Any]) -> Select[tuple[int]]:
        return select(catalogue_entries.c.id).where(
            catalogue_entries.c.catalogue == catalogue.value, catalogue_entries.c.active
        )

    return Reference(allowed=allowed)


class Catalogues(Arranging):
    """Commands on the entries of all catalogues. Invalid: required, too_long, title_taken."""

    table = catalogue_entries
    kind = "catalogues"
    subject = "catalogue_entry"
    unique: Mapping[str, str] = {}

    async def create(
        self, actor: Agent | None, catalogue: Catalogue, *, title: str, position: int = 0
    ) -> int:
        """A new entry's id."""
        values = _checked({"title": title, "position": position})
        return await self._create(actor, {"catalogue": catalogue.value, **values, "active": True})

    async def edit(self, actor: Agent | None, entry_id: int, **fields: Any) -> None:
        """Change title or position."""
        await self._change(actor, entry_id, _checked(fields))

    async def _check(self, tx: Write, before: Mapping[str, Any], values: dict[str, Any]) -> None:
        same = {**before, **values}
        query = select(catalogue_entries.c.id).where(
            catalogue_entries.c.catalogue == same["catalogue"],
            catalogue_entries.c.title == same["title"],
            catalogue_entries.c.id != before.get("id", 0),
        )
        if (await tx.execute(query)).first() is not None:
            raise Invalid("title", "title_taken", value=same["title"])


_CHECKS: Mapping[str, Callable[[Any], Any]] = {
    "title": lambda title: line("title", title, limit=200),
    "position": lambda position: whole("position", position, least=0, most=10_000),
}


def _checked(fields: Mapping[str, Any]) -> dict[str, Any]:
    only_known(fields, _CHECKS)
    return {name: _CHECKS[name](value) for name, value in fields.items()}
