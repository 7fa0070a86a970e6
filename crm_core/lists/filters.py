"""A filter of a list: what it is called, what it may hold, and the condition that this makes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement

from crm_core.agents.people import Agent
from crm_core.errors import Invalid
from crm_core.lists.values import (
    Among,
    Days,
    Span,
    Value,
    Words,
    read_among,
    read_days,
    read_span,
    read_words,
)
from crm_core.wording import LARGEST_ID


class FilterType(StrEnum):
    """What a filter holds, and so how it is asked for."""

    PEOPLE = "people"
    CHOICES = "choices"
    TAGS = "tags"
    ONE = "one"  # of a few words
    PAST = "past"  # days that were
    COMING = "coming"  # days that may lie ahead
    AMOUNT = "amount"
    NUMBER = "number"
    QUIET = "quiet"  # a number of days
    TEXT = "text"
    DIGITS = "digits"  # a number of a telephone, or a part of one
    RECORD = "record"  # one, by its id


@dataclass(frozen=True, slots=True)
class Option:
    """One choice: `title` is what the office calls it; "" where `key` is a word of ours. What is
    retired is only shown where it is chosen. `group`: a pipeline."""

    key: str
    title: str = ""
    active: bool = True
    group: str = ""
    colour: str = ""


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks and when: what "me" and "today" mean; `country` is how he writes numbers."""

    actor: Agent
    now: datetime
    zone: tzinfo
    country: str = ""

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()


@dataclass(frozen=True, slots=True)
class Filter:
    """`title` and `currency` are those of an own field; others are called by their name. `words`:
    the vocabulary that its options are words of."""

    name: str
    type: FilterType
    condition: Callable[[Any, Asking], ColumnElement[bool]]
    options: tuple[Option, ...] = ()
    title: str = ""
    currency: str = ""
    words: str = ""

    def read(self, written: str, asking: Asking) -> Value:
        """The value of what an address says. Raises Invalid(name, "filter_…")."""
        return _READING[self.type](self, written, asking)

    def option(self, key: str) -> Option | None:
        """The choice of this key, a retired one too."""
        return next((each for each in self.options if each.key == key), None)


def _read_among(each: Filter, written: str, asking: Asking) -> Among:
    return read_among(each.name, written, {option.key for option in each.options})


def _read_days(each: Filter, written: str, asking: Asking) -> Days:
    return read_days(each.name, written, asking.today)


def _read_span(each: Filter, written: str, asking: Asking) -> Span:
    return read_span(each.name, written, least=0 if each.type is FilterType.AMOUNT else None)


def _read_quiet(each: Filter, written: str, asking: Asking) -> Span:
    span = read_span(each.name, written, least=1)
    return Span(span.least, None)


def _read_record(each: Filter, written: str, asking: Asking) -> Among:
    known = written.isascii() and written.isdecimal() and 0 < int(written[:20]) <= LARGEST_ID
    if not known:
        raise Invalid(each.name, "filter_no_choice", value=written[:40])
    return Among(frozenset({written}))


def _read_words(each: Filter, written: str, asking: Asking) -> Words:
    return read_words(each.name, written)


_READING: Mapping[FilterType, Callable[[Filter, str, Asking], Value]] = {
    FilterType.PEOPLE: _read_among,
    FilterType.CHOICES: _read_among,
    FilterType.TAGS: _read_among,
    FilterType.ONE: _read_among,
    FilterType.PAST: _read_days,
    FilterType.COMING: _read_days,
    FilterType.AMOUNT: _read_span,
    FilterType.NUMBER: _read_span,
    FilterType.QUIET: _read_quiet,
    FilterType.TEXT: _read_words,
    FilterType.DIGITS: _read_words,
    FilterType.RECORD: _read_record,
}
