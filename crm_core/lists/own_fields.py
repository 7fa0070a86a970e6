"""The office's own fields in lists: each a filter and a column, by its type."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from sqlalchemy import Table

from crm_core.custom_fields.reading import CustomField
from crm_core.custom_fields.types import FieldType
from crm_core.lists.conditions import own_field
from crm_core.lists.filters import Filter, FilterType, Option
from crm_core.lists.office_words import words_only
from crm_core.lists.shapes import ColumnType, ListColumn, Row
from crm_core.lists.values import NONE

_FILTER_TYPES: Final[Mapping[FieldType, FilterType]] = {
    FieldType.TEXT: FilterType.TEXT,
    FieldType.LINK: FilterType.TEXT,
    FieldType.NUMBER: FilterType.NUMBER,
    FieldType.MONEY: FilterType.AMOUNT,
    FieldType.DATE: FilterType.COMING,
    FieldType.CHOICE: FilterType.CHOICES,
    FieldType.CHOICES: FilterType.CHOICES,
    FieldType.YES_NO: FilterType.ONE,
}
_COLUMN_TYPES: Final[Mapping[FieldType, ColumnType]] = {
    FieldType.TEXT: ColumnType.TEXT,
    FieldType.LINK: ColumnType.LINK,
    FieldType.NUMBER: ColumnType.NUMBER,
    FieldType.MONEY: ColumnType.MONEY,
    FieldType.DATE: ColumnType.DAY,
    FieldType.CHOICE: ColumnType.TEXT,
    FieldType.CHOICES: ColumnType.TEXTS,
    FieldType.YES_NO: ColumnType.YES_NO,
}


def own_filter(field: CustomField, table: Table) -> Filter:
    """The filter of one own field."""
    return Filter(
        field.name,
        _FILTER_TYPES[field.type],
        lambda value, asking: own_field(field, table, value),
        options=_options(field),
        title=field.title,
        currency=field.currency,
    )


def own_column(field: CustomField) -> ListColumn:
    """The column of one own field."""
    reading = _reading(field)

    def value(row: Row) -> Any:
        held = row["fields"].get(field.key)
        return None if held is None else reading(held)

    return ListColumn(field.name, _COLUMN_TYPES[field.type], value, title=field.title)


def _options(field: CustomField) -> tuple[Option, ...]:
    if field.type is FieldType.YES_NO:
        return words_only("yes", "no")
    listed = tuple(Option(str(each.id), each.title, each.active) for each in field.choices)
    return (*listed, Option(NONE)) if listed else ()


def _reading(field: CustomField) -> Callable[[Any], Any]:
    titles = {each.id: each.title for each in field.choices}
    match field.type:
        case FieldType.CHOICE:
            return titles.get
        case FieldType.CHOICES:
            return lambda held: tuple(titles[each] for each in held if each in titles)
        case FieldType.MONEY:
            return lambda held: (int(held), field.currency)
        case FieldType.DATE:
            return _day
        case FieldType.NUMBER:
            return _number
        case _:
            return lambda held: held


def _day(held: str) -> date | None:
    try:
        return date.fromisoformat(held)
    except ValueError:
        return None


def _number(held: str) -> Decimal | None:
    try:
        return Decimal(held)
    except InvalidOperation:
        return None
