"""The conditions that the filters of lists make, each in the form both engines can use."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Float,
    Table,
    and_,
    cast,
    func,
    not_,
    or_,
    select,
    true,
)

from crm_core.agents.ownership import teammates
from crm_core.calls.tables import calls
from crm_core.custom_fields.reading import CustomField
from crm_core.custom_fields.types import FieldType
from crm_core.lists.filters import Asking
from crm_core.lists.values import EMPTY, FILLED, Among, Days, Span, Value, Words
from crm_core.money import LARGEST_AMOUNT, UNUSUAL, minor_digits
from crm_core.tags.tables import tagged
from crm_core.tasks.tables import tasks
from telephony.events import Outcome

ME, TEAM = "me", "team"
"""Among people: the one who asks; all who are in a team with him."""
MOST_DAYS: Final = 20_000
"""Further back than any call."""


def owned(column: ColumnElement[Any], value: Among, asking: Asking) -> ColumnElement[bool]:
    """Whose it is."""
    ids = set(value.ids) | ({asking.actor.id} if ME in value.keys else set())
    parts = [_is_of(column, sorted(ids))] if ids else []
    if TEAM in value.keys:
        parts += [column == asking.actor.id, column.in_(teammates(asking.actor.id))]
    return or_(*parts, *([column.is_(None)] if value.none else []))


def chosen(column: ColumnElement[Any], value: Among) -> ColumnElement[bool]:
    """Which entry stands there."""
    parts = [_is_of(column, value.ids)] if value.ids else []
    return or_(*parts, *([column.is_(None)] if value.none else []))


def bears(kind: str, key: ColumnElement[int], value: Among) -> ColumnElement[bool]:
    """Bears one of these tags, or none at all."""
    ids = select(tagged.c.record_id).where(tagged.c.kind == kind)
    parts = [key.in_(ids.where(tagged.c.tag_id.in_(value.ids)))] if value.ids else []
    return or_(*parts, *([key.not_in(ids)] if value.none else []))


def instant_within(column: ColumnElement[Any], value: Days, asking: Asking) -> ColumnElement[bool]:
    """An instant within days as the asker counts them."""
    if value.none:
        return column.is_(None)
    from_at, until_at = value.instants(asking.zone)
    parts = [column >= from_at] if from_at else []
    return and_(true(), *parts, *([column < until_at] if until_at else []))


def day_within(column: ColumnElement[Any], value: Days) -> ColumnElement[bool]:
    """A day of the calendar within days."""
    if value.none:
        return column.is_(None)
    parts = [column >= value.first] if value.first else []
    return and_(true(), *parts, *([column <= value.last] if value.last else []))


def amount_within(
    amount: ColumnElement[int], currency: ColumnElement[str], value: Span
) -> ColumnElement[bool]:
    """An amount, where `value` is written in whole units of whichever currency it is in."""
    unusual = [code for codes in UNUSUAL.values() for code in codes]
    usual = and_(currency.not_in(unusual), _amount_between(amount, value, 2))
    others = (
        and_(currency.in_(codes), _amount_between(amount, value, digits))
        for digits, codes in UNUSUAL.items()
    )
    return or_(usual, *others)


def with_step(
    key: ColumnElement[int], task_key: ColumnElement[Any], value: Among, asking: Asking
) -> ColumnElement[bool]:
    """`open`: something is to be done; `late`: it should have been; `none`: nothing is."""
    with_open = select(task_key).where(tasks.c.done_at.is_(None), task_key.is_not(None))
    parts: list[ColumnElement[bool]] = []
    if "open" in value.keys:
        parts.append(key.in_(with_open))
    if "late" in value.keys:
        parts.append(key.in_(with_open.where(tasks.c.due_at < asking.now)))
    if value.none:
        parts.append(key.not_in(with_open))
    return or_(*parts)


def quiet(key: ColumnElement[int], value: Span, asking: Asking) -> ColumnElement[bool]:
    """Nobody has talked with the client for so many days, or ever."""
    days = min(int(value.least or 0), MOST_DAYS)
    since = asking.now - timedelta(days=days)
    talked = select(calls.c.call_id).where(
        calls.c.client_id == key,
        calls.c.started_at >= since,
        calls.c.outcome == Outcome.ANSWERED.value,
    )
    return not_(talked.exists())


def own_field(field: CustomField, table: Table, value: Value) -> ColumnElement[bool]:
    """What stands in a field of the office's own."""
    held: ColumnElement[str] = table.c.fields[field.key].as_string()
    match value:
        case Among():
            return _own_choice(field, held, value)
        case Days(none=True):
            return held.is_(None)
        case Days(first=first, last=last):
            parts = [held >= first.isoformat()] if first else []
            return and_(true(), *parts, *([held <= last.isoformat()] if last else []))
        case Span():
            if field.type is FieldType.MONEY:
                digits = minor_digits(field.currency)
                return _amount_between(cast(held, BigInteger), value, digits)
            return between(cast(held, Float), value)
        case Words():
            return _says(held, value.text)


def _own_choice(field: CustomField, held: ColumnElement[str], value: Among) -> ColumnElement[bool]:
    if field.type is FieldType.YES_NO:
        parts = [held.is_not(None)] if "yes" in value.keys else []
        return or_(*parts, *([held.is_(None)] if "no" in value.keys else []))
    parts = [held.is_(None)] if value.none else []
    if field.type is FieldType.CHOICE:
        return or_(*parts, held.in_([str(each) for each in value.ids]))
    # "[1, 12]" of one engine and "[1,12]" of the other become ",1,12,".
    listed = func.replace(func.replace(func.replace(held, " ", ""), "[", ","), "]", ",")
    return or_(*parts, *(listed.contains(f",{each},") for each in value.ids))


def _says(held: ColumnElement[str], text: str) -> ColumnElement[bool]:
    if text == EMPTY:
        return held.is_(None)
    if text == FILLED:
        return held.is_not(None)
    # SQLite folds Latin letters only, so the usual writings are tried; LIKE would differ by engine.
    writings = dict.fromkeys((text, text.lower(), text.upper(), text.capitalize()))
    return or_(*(func.replace(held, writing, "") != held for writing in writings))


def _is_of(column: ColumnElement[Any], ids: Sequence[int]) -> ColumnElement[bool]:
    return column == ids[0] if len(ids) == 1 else column.in_(ids)


def _amount_between(amount: ColumnElement[int], value: Span, digits: int) -> ColumnElement[bool]:
    parts = []
    if value.least is not None:
        parts.append(amount >= _units(value.least, digits, ROUND_CEILING))
    if value.most is not None:
        parts.append(amount <= _units(value.most, digits, ROUND_FLOOR))
    return and_(*parts)


def _units(number: Decimal, digits: int, rounding: str) -> int:
    exact = number * 10**digits
    return min(int(exact.to_integral_value(rounding)), LARGEST_AMOUNT * 1000)


def between(number: ColumnElement[float], value: Span) -> ColumnElement[bool]:
    """A plain number."""
    parts = [number >= float(value.least)] if value.least is not None else []
    return and_(*parts, *([number <= float(value.most)] if value.most is not None else []))
