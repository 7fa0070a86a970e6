"""The office's own fields as one person sees them on a card: in tabs and sections, in his words."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any, Final

from babel.numbers import format_decimal

from crm_core.agents.people import Agent
from crm_core.agents.roles import Role
from crm_core.custom_fields.reading import CustomField, OwnChoice, list_fields
from crm_core.custom_fields.searched import own_values
from crm_core.custom_fields.types import CHOOSING, FieldType
from crm_core.custom_fields.values import editor_of, is_safe_link
from crm_core.preferences import Preference, read_preference
from crm_core.search.kinds import SearchKind
from crm_core.storage.engine import Connection
from crm_core.tags.reading import Tag, tags_of
from web.formats import day, money
from web.i18n import N_, Reader

YES: Final = N_("yes")
NO: Final = N_("no")
TYPE_NAMES: Final[Mapping[FieldType, str]] = {
    FieldType.TEXT: N_("Text"),
    FieldType.NUMBER: N_("A number"),
    FieldType.MONEY: N_("Money"),
    FieldType.DATE: N_("Date"),
    FieldType.CHOICE: N_("One of several"),
    FieldType.CHOICES: N_("Several of several"),
    FieldType.YES_NO: N_("Yes or no"),
    FieldType.LINK: N_("Link"),
}


@dataclass(frozen=True, slots=True)
class OwnField:
    """A field with what stands in it: `written` as it is edited, `said` as it is read."""

    field: CustomField
    value: Any
    written: str
    said: str

    @property
    def is_empty(self) -> bool:
        return self.value in (None, "", [])

    @property
    def offered(self) -> tuple[OwnChoice, ...]:
        """The choices in use, and those that were given although they are retired."""
        chosen = self.chosen
        return tuple(each for each in self.field.choices if each.active or each.id in chosen)

    @property
    def chosen(self) -> frozenset[int]:
        """The ids of what was chosen."""
        if self.field.type not in CHOOSING or self.is_empty:
            return frozenset()
        return frozenset(self.value if isinstance(self.value, list) else [self.value])

    @property
    def link(self) -> str:
        """Where the link leads; "" where it is none that may be followed."""
        if self.field.type is not FieldType.LINK or self.is_empty:
            return ""
        return str(self.value) if is_safe_link(str(self.value)) else ""


@dataclass(frozen=True, slots=True)
class OwnSection:
    """Fields that stand together."""

    id: int
    title: str
    fields: tuple[OwnField, ...]


@dataclass(frozen=True, slots=True)
class OwnTab:
    """Sections of one tab; title "" is the card's own page."""

    title: str
    sections: tuple[OwnSection, ...]


@dataclass(frozen=True, slots=True)
class OwnCard:
    """What a card shows of the own fields, its tags, and what its reader has put away."""

    here: tuple[OwnSection, ...]
    tabs: tuple[OwnTab, ...]
    tags: tuple[Tag, ...]
    all_tabs: tuple[OwnTab, ...]
    hidden_fields: frozenset[int]
    hidden_sections: frozenset[int]

    @property
    def hides(self) -> bool:
        """Whether the reader has put anything away."""
        fields = {each.field.id for tab in self.all_tabs for s in tab.sections for each in s.fields}
        sections = {section.id for tab in self.all_tabs for section in tab.sections}
        return bool(fields & self.hidden_fields or sections & self.hidden_sections)


async def read_own(
    connection: Connection, actor: Agent, reader: Reader, kind: SearchKind, record_id: int
) -> OwnCard:
    """What `actor` sees on the card of a record."""
    fields = await list_fields(connection, kind.value, role=actor.role)
    values = await own_values(connection, kind, record_id) if fields else {}
    borne = await tags_of(connection, kind.value, [record_id])
    hidden_fields, hidden_sections = await put_away(connection, actor)
    whole = arranged(fields, values, reader)
    shown = arranged(
        [
            field
            for field in fields
            if field.id not in hidden_fields and field.section_id not in hidden_sections
        ],
        values,
        reader,
    )
    return OwnCard(
        here=next((tab.sections for tab in shown if not tab.title), ()),
        tabs=tuple(tab for tab in shown if tab.title),
        tags=borne[record_id],
        all_tabs=whole,
        hidden_fields=hidden_fields,
        hidden_sections=hidden_sections,
    )


async def put_away(connection: Connection, actor: Agent) -> tuple[frozenset[int], frozenset[int]]:
    """The ids of fields and of sections that the person does not want to see."""
    kept = await read_preference(connection, actor.id, Preference.CARD) or {}
    return frozenset(kept.get("fields", ())), frozenset(kept.get("sections", ()))


def arranged(
    fields: Iterable[CustomField], values: Mapping[str, Any], reader: Reader
) -> tuple[OwnTab, ...]:
    """Fields in their tabs and sections, with what stands in them."""
    return tuple(
        OwnTab(
            title,
            tuple(
                OwnSection(section_id, section, tuple(own(each, values, reader) for each in those))
                for (section_id, section), those in groupby(
                    of_tab, key=lambda field: (field.section_id, field.section)
                )
            ),
        )
        for title, of_tab in groupby(fields, key=lambda field: field.tab)
    )


def own(field: CustomField, values: Mapping[str, Any], reader: Reader) -> OwnField:
    """One field with its value."""
    value = values.get(field.key)
    return OwnField(field, value, editor_of(field).written(value, {}), said(field, value, reader))


def said(field: CustomField, value: Any, reader: Reader) -> str:
    """A value as people read it; "" for none."""
    if value in (None, "", []) and value != 0:
        return ""
    saying = _SAYING.get(field.type)
    return str(value) if saying is None else saying(field, value, reader)


def _said_choices(field: CustomField, value: Any, reader: Reader) -> str:
    chosen = value if isinstance(value, list) else [value]
    return ", ".join(choice.title for choice in field.choices if choice.id in chosen)


def _said_number(field: CustomField, value: Any, reader: Reader) -> str:
    return str(format_decimal(Decimal(value), locale=reader.locale, decimal_quantization=False))


_SAYING: Final[Mapping[FieldType, Callable[[CustomField, Any, Reader], str]]] = {
    FieldType.NUMBER: _said_number,
    FieldType.MONEY: lambda field, value, reader: money(reader, int(value), field.currency),
    FieldType.DATE: lambda field, value, reader: day(reader, date.fromisoformat(value)),
    FieldType.CHOICE: _said_choices,
    FieldType.CHOICES: _said_choices,
    FieldType.YES_NO: lambda field, value, reader: reader.gettext(YES if value else NO),
    FieldType.LINK: lambda field, value, reader: str(value).removeprefix("https://"),
}


class OwnHistory:
    """The own fields as the history of a card tells them, but for those hidden from a role."""

    def __init__(self, fields: Iterable[CustomField], reader: Reader) -> None:
        self._fields = {field.name: field for field in fields}
        self._reader = reader

    @classmethod
    async def read(cls, connection: Connection, role: Role, reader: Reader) -> "OwnHistory":
        """Those of all kinds, the ones that are switched off, too: they were filled once."""
        return cls(await list_fields(connection, None, role=role, active=None), reader)

    def knows(self, name: str) -> bool:
        return name in self._fields

    def title(self, name: str) -> str:
        return self._fields[name].title

    def said(self, name: str, value: Any) -> str:
        return said(self._fields[name], value, self._reader)
