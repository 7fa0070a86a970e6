"""What a list of records is made of: its filters, its columns, the orders it can stand in."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, Table
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.people import Agent
from crm_core.agents.rights import Action, RecordKind
from crm_core.custom_fields.reading import CustomField
from crm_core.lists.filters import Asking, Filter

Row = Mapping[str, Any]
Gather = Callable[[AsyncConnection, Sequence[Any]], Awaitable[Mapping[Any, Any]]]
"""What of other tables belongs to each of these records."""


class ListName(StrEnum):
    """A list that has filters, columns and views; the word is stored, and is its path."""

    CLIENTS = "clients"
    LEADS = "leads"
    DEALS = "deals"
    TASKS = "tasks"
    CALLS = "calls"

    @property
    def kind(self) -> RecordKind:
        """What rights are given for; ValueError for calls, which have a door of their own."""
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
    OPENING = "opening"  # a moment by which the record is opened
    WAY = "way"  # the row itself: where a call came from
    PARTY = "party"  # (client or caller, number)
    OUTCOME = "outcome"
    SECONDS = "seconds"
    TASK = "task"  # TaskRow
    WHOSE = "whose"
    DUE = "due"
    ENDING = "ending"


@dataclass(frozen=True, slots=True)
class ListColumn:
    """`value` reads a row; `needs` names what must be gathered first. `title`: of an own field;
    `words`: the vocabulary of a WORD."""

    name: str
    type: ColumnType
    value: Callable[[Row], Any]
    needs: str = ""
    title: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """`key` is never NULL; `falls`: the largest first, where nothing else is said. `bare` is the
    column that has an index, for where the filter (name, written) `where` leaves no NULL in it."""

    name: str
    key: ColumnElement[Any]
    falls: bool = False
    bare: ColumnElement[Any] | None = None
    where: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class StandingView:
    """A view that every list of this kind has from the beginning; `columns`: for who chose none."""

    filters: Mapping[str, str]
    order: str = ""
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ListShape:
    """One list for one person: nothing in it that his role does not see. `says` is the condition
    of a search; `client_search`: it is told which clients the search means. `file_columns`: what a
    file has where nobody chose."""

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
    says: Callable[[str, Asking, Sequence[int]], ColumnElement[bool]] | None = None
    client_search: bool = False
    usual_filters: Mapping[str, str] = field(default_factory=dict)
    own_fields: tuple[CustomField, ...] = ()
    standing: Mapping[str, StandingView] = field(default_factory=dict)
    file_columns: tuple[str, ...] = ()

    @property
    def key(self) -> Column[Any]:
        """What a record is called by."""
        [column] = self.table.primary_key.columns
        return column
