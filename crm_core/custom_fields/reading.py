"""The fields that the office has made for itself, in their sections, tabs and order."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.roles import Role
from crm_core.custom_fields.tables import custom_fields, field_sections
from crm_core.custom_fields.types import FieldType

PREFIX: Final = "own_"
"""What the name of an own field begins with, where fields go by name: own_7."""


@dataclass(frozen=True, slots=True)
class OwnChoice:
    """One answer of a field of choices; a retired one stays where it was given."""

    id: int
    title: str
    active: bool = True


@dataclass(frozen=True, slots=True)
class FieldSection:
    """Where fields stand together; tab "" is the card's own page."""

    id: int
    kind: str
    tab: str
    title: str
    position: int
    active: bool


@dataclass(frozen=True, slots=True)
class CustomField:
    """A field of one kind of record. Its value stands in the record's `fields` under `key`."""

    id: int
    kind: str
    section_id: int
    tab: str
    section: str
    type: FieldType
    title: str
    hint: str
    options: Mapping[str, Any]
    hidden_from: frozenset[Role]
    position: int
    active: bool

    @property
    def name(self) -> str:
        """By which it is edited and told in the history: own_7."""
        return f"{PREFIX}{self.id}"

    @property
    def key(self) -> str:
        """By which its value stands in `fields`."""
        return str(self.id)

    @property
    def choices(self) -> tuple[OwnChoice, ...]:
        """In their order, the retired too."""
        return tuple(OwnChoice(**each) for each in self.options.get("choices", ()))

    @property
    def currency(self) -> str:
        """Of a field of money; "" of any other."""
        return str(self.options.get("currency", ""))


async def list_fields(
    connection: AsyncConnection,
    kind: str | None,
    *,
    role: Role | None = None,
    active: bool | None = True,
) -> list[CustomField]:
    """The fields of a kind of record (None: of all) in the order of a card; with `role`, without
    those hidden from it. `active=None` includes what is switched off; a field of a section that is
    switched off is so itself."""
    query = _FIELDS if kind is None else _FIELDS.where(field_sections.c.kind == kind)
    rows = (await connection.execute(query)).mappings()
    found = [_field(row) for row in rows]
    tabs = _places([field.tab for field in found])
    found.sort(key=lambda field: tabs[field.tab])
    return [
        field
        for field in found
        if (active is None or field.active is active) and role not in field.hidden_from
    ]


async def list_sections(
    connection: AsyncConnection, kind: str, *, active: bool | None = True
) -> list[FieldSection]:
    """The sections of a kind of record in the order of a card; the empty ones too."""
    query = (
        select(field_sections)
        .where(field_sections.c.kind == kind)
        .order_by(field_sections.c.position, field_sections.c.id)
    )
    found = [FieldSection(**row) for row in (await connection.execute(query)).mappings()]
    tabs = _places([section.tab for section in found])
    found.sort(key=lambda section: tabs[section.tab])
    return [section for section in found if active is None or section.active is active]


_FIELDS: Final[Select[Any]] = (
    select(
        *(each for each in custom_fields.c if each.name != "active"),
        (custom_fields.c.active & field_sections.c.active).label("active"),
        field_sections.c.kind,
        field_sections.c.tab,
        field_sections.c.title.label("section"),
    )
    .join(field_sections, field_sections.c.id == custom_fields.c.section_id)
    .order_by(
        field_sections.c.position,
        field_sections.c.id,
        custom_fields.c.position,
        custom_fields.c.id,
    )
)


def _field(row: Mapping[str, Any]) -> CustomField:
    hidden_from = frozenset(Role(each) for each in row["hidden_from"])
    values = {**row, "type": FieldType(row["type"]), "active": bool(row["active"])}
    return CustomField(**{**values, "hidden_from": hidden_from})


def _places(tabs: list[str]) -> dict[str, int]:
    """Where each tab stands: the card's own page first, the others as their first section."""
    return {tab: place for place, tab in enumerate(dict.fromkeys(["", *tabs]))}
