"""What a list of records is made of: its filters, its columns, the orders it can stand in."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, Table
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.people import Agent
from crm_core.agents.rights import Action, RecordKind
from crm_core.custom_fields.reading import CustomField
from crm_core.lists.filters import Filter

Row = Mapping[str, Any]
Gather = Callable[[AsyncConnection, Sequence[int]], Awaitable[Mapping[int, Any]]]
"""What of other tables belongs to each of these records."""


class ListName(StrEnum):
    """A list that has filters, columns and views; the word is stored, and is its path."""

    CLIENTS = "clients"
    LEADS = "leads"
    DEALS = "deals"

    @property
    def kind(self) -> RecordKind:
        return RecordKind(self.value.removesuffix("s"))


class ColumnType(StrEnum):
    """What the cells of a column hold."""

    NAME = "name"  # the record's own: {kind, name}
    CLIENT = "client"  # {id, name}
    TEXT = "text"
    TEXTS = "texts"
    NUMBERS = "numbers"
    WORD = "word"  # of ours
    MOMENT = "moment"
    DAY = "day"
    DEADLINE = "deadline"
    MONEY = "money"  # (amount, currency)
    NUMBER = "number"
    DAYS = "days"
    YES_NO = "yes_no"
    TAGS = "tags"
    STAGE = "stage"
    STEP = "step"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class ListColumn:
    """`value` reads a row; `needs` names what must be gathered first. `title`: of an own field."""

    name: str
    type: ColumnType
    value: Callable[[Row], Any]
    needs: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """`key` is never NULL; `falls`: the largest first, where nothing else is said."""

    name: str
    key: ColumnElement[Any]
    falls: bool = False


@dataclass(frozen=True, slots=True)
class ListShape:
    """One list for one person: nothing in it that his role does not see."""

    name: ListName
    table: Table
    rows: Select[Any]
    visible: Callable[[Agent, Action], ColumnElement[bool]]
    filters: Mapping[str, Filter]
    columns: Mapping[str, ListColumn]
    orders: Mapping[str, Order]
    usual_columns: tuple[str, ...]
    usual_order: str
    gathering: Mapping[str, Gather]
    says: Callable[[str], ColumnElement[bool]] | None = None
    usual_filters: Mapping[str, str] = field(default_factory=dict)
    own_fields: tuple[CustomField, ...] = ()
