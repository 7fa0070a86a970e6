"""What is asked of a list, as chips, and what more it could be asked for, as editors."""

from dataclasses import dataclass

from crm_core.errors import Invalid
from crm_core.lists.filters import Filter, FilterType
from crm_core.lists.values import Days, Span, Value, Words
from web.i18n import Reader
from web.list_addresses import ListAddress, look_of
from web.list_asking import ALL, AskedList
from web.list_words import COMING, PAST, PERIODS, filter_title, option_title, said

Pairs = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is on. `refusal`: why it cannot be. `remove`: the list without it."""

    name: str
    title: str
    text: str
    remove: str
    refusal: Invalid | None
    editable: bool


@dataclass(frozen=True, slots=True)
class Editor:
    """How a filter is set. `options`: key, title, ticked, colour; `kept`: what else the address
    says; `ends`: what stands in the two fields of a span; `quick`: words with their lists."""

    name: str
    title: str
    type: FilterType
    options: tuple[tuple[str, str, bool, str], ...]
    kept: Pairs
    ends: tuple[str, str]
    text: str
    quick: tuple[tuple[str, str, bool], ...]
    currency: str
    is_on: bool


def chips(reader: Reader, shown: AskedList, named: str) -> list[Chip]:
    asked = shown.asked
    refused = {error.field: error for error in asked.question.refused}
    found = []
    for name, written in asked.question.written.items():
        each, value = asked.shape.filters.get(name), asked.question.values.get(name)
        freer = without(shown, name)
        found.append(
            Chip(
                name,
                filter_title(reader, each) if each else name[:40],
                _chip_text(reader, each, written, value, named),
                freer.written() if freer else "",
                refused.get(name),
                each is not None and each.type is not FilterType.RECORD,
            )
        )
    return found


def _chip_text(
    reader: Reader, each: Filter | None, written: str, value: Value | None, named: str
) -> str:
    if each is None or value is None:
        return written[:40]
    if each.type is FilterType.RECORD:
        return named or written
    return said(reader, each, written, value)


def editors(reader: Reader, shown: AskedList) -> list[Editor]:
    filters = shown.asked.shape.filters.values()
    return [_editor(reader, shown, each) for each in filters if each.type is not FilterType.RECORD]


def _editor(reader: Reader, shown: AskedList, each: Filter) -> Editor:
    written = shown.asked.question.written.get(each.name, "")
    value = shown.asked.question.values.get(each.name)
    keys = [key.strip() for key in written.split(",")]
    options = tuple(
        (option.key, option_title(reader, each, option.key), option.key in keys, option.colour)
        for option in each.options
        if option.active or option.key in keys
    )
    ends = ("", "")
    if isinstance(value, Span):
        least, most = value.least, value.most
        ends = ("" if least is None else f"{least:f}", "" if most is None else f"{most:f}")
    if isinstance(value, Days):
        first, last = value.first, value.last
        ends = (first.isoformat() if first else "", last.isoformat() if last else "")
    periods = {FilterType.PAST: PAST, FilterType.COMING: COMING}.get(each.type, ())
    quick = tuple(
        (
            reader.gettext(PERIODS[period]),
            shown.address.but(**{each.name: period}).written(),
            written == period,
        )
        for period in periods
    )
    return Editor(
        each.name,
        filter_title(reader, each),
        each.type,
        options,
        [*shown.address.but(**{each.name: ""}).query(), *look_of(shown.address.name)],
        ends,
        value.text if isinstance(value, Words) else "",
        quick,
        each.currency,
        bool(written),
    )


def without(shown: AskedList, name: str) -> ListAddress | None:
    """The list without one filter; a usual one is taken off by asking for all."""
    usual = shown.asked.shape.usual_filters
    if name not in usual:
        return shown.address.but(**{name: ""})
    if shown.asked.question.written[name] == ALL:
        return None
    return shown.address.but(**{name: ALL})
