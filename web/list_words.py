"""What filters, columns and their choices are called on the pages of lists."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Final

from babel import numbers as babel_numbers

from crm_core.lists.filters import Filter, FilterType
from crm_core.lists.shapes import ListColumn, ListName
from crm_core.lists.values import EMPTY, FILLED, NONE, Among, Days, Period, Span, Value, Words
from web.formats import day
from web.i18n import N_, Reader

TITLES: Final[Mapping[ListName, str]] = {
    ListName.CLIENTS: N_("Clients"),
    ListName.LEADS: N_("Leads"),
    ListName.DEALS: N_("Deals"),
}
ALL: Final[Mapping[ListName, str]] = {
    ListName.CLIENTS: N_("All clients"),
    ListName.LEADS: N_("All leads"),
    ListName.DEALS: N_("All deals"),
}
FILTERS: Final[Mapping[str, str]] = {
    "owner": N_("Owner"),
    "relation": N_("Relation"),
    "category": N_("Category"),
    "industry": N_("Industry"),
    "tag": N_("Tag"),
    "kind": N_("Organisation or person"),
    "key": N_("Key client"),
    "step": N_("Next step"),
    "quiet": N_("No talk for"),
    "created": N_("When created"),
    "pipeline": N_("Pipeline"),
    "stage": N_("Stage"),
    "state": N_("State"),
    "source": N_("Source"),
    "campaign": N_("Marketing campaign"),
    "loss_reason": N_("Reason of loss"),
    "stale": N_("Stale"),
    "amount": N_("Amount"),
    "expected": N_("Expected"),
}
COLUMNS: Final[Mapping[str, str]] = {
    "name": N_("Client"),
    "contacts": N_("Contacts"),
    "numbers": N_("Numbers"),
    "emails": N_("E-mail"),
    "owner": N_("Owner"),
    "relation": N_("Relation"),
    "category": N_("Category"),
    "industry": N_("Industry"),
    "tags": N_("Tags"),
    "kind": N_("Organisation or person"),
    "key": N_("Key client"),
    "step": N_("Next step"),
    "talk": N_("Last talk"),
    "created": N_("When created"),
    "changed": N_("Changed"),
    "title": N_("Title"),
    "client": N_("Client"),
    "stage": N_("Stage"),
    "pipeline": N_("Pipeline"),
    "amount": N_("Amount"),
    "expected": N_("Expected"),
    "source": N_("Source"),
    "campaign": N_("Marketing campaign"),
    "loss_reason": N_("Reason of loss"),
    "days": N_("Days there"),
    "closed": N_("Closed"),
}
PERIODS: Final[Mapping[Period, str]] = {
    Period.TODAY: N_("Today"),
    Period.YESTERDAY: N_("Yesterday"),
    Period.WEEK: N_("7 days"),
    Period.MONTH: N_("30 days"),
    Period.THIS_MONTH: N_("This month"),
    Period.LAST_MONTH: N_("Last month"),
    Period.NEXT_MONTH: N_("Next month"),
    Period.QUARTER: N_("This quarter"),
    Period.THIS_YEAR: N_("This year"),
    Period.OVERDUE: N_("Before today"),
}
PAST: Final = (
    *(Period.TODAY, Period.YESTERDAY, Period.WEEK, Period.MONTH),
    *(Period.THIS_MONTH, Period.LAST_MONTH, Period.THIS_YEAR),
)
COMING: Final = (
    *(Period.OVERDUE, Period.TODAY, Period.THIS_MONTH),
    *(Period.NEXT_MONTH, Period.QUARTER, Period.THIS_YEAR),
)
_OPTIONS: Final[Mapping[tuple[str, str], str]] = {
    ("owner", "me"): N_("me"),
    ("owner", "team"): N_("my team"),
    ("owner", NONE): N_("nobody"),
    ("kind", "organisation"): N_("organisation"),
    ("kind", "person"): N_("private person"),
    ("step", "open"): N_("there is one"),
    ("step", "late"): N_("late"),
    ("step", NONE): N_("none"),
    ("state", "open"): N_("still open"),
    ("state", "won"): N_("won"),
    ("state", "lost"): N_("lost"),
    ("state", "all"): N_("open and closed"),
    ("stale", "yes"): N_("longer in its stage than usual"),
    ("tag", NONE): N_("without any"),
}
_ANY_OPTION: Final[Mapping[str, str]] = {
    NONE: N_("not given"),
    "yes": N_("yes"),
    "no": N_("no"),
}
_SHOWN: Final = 3  # choices of one filter that are named


def filter_title(reader: Reader, each: Filter) -> str:
    """What a filter is called."""
    return each.title or reader.gettext(FILTERS[each.name])


def column_title(reader: Reader, column: ListColumn) -> str:
    """What a column is called."""
    return column.title or reader.gettext(COLUMNS[column.name])


def option_title(reader: Reader, each: Filter, key: str) -> str:
    """What one choice of a filter is called."""
    option = each.option(key)
    if option is not None and option.title:
        return f"{option.group}: {option.title}" if option.group else option.title
    return reader.gettext(_OPTIONS.get((each.name, key)) or _ANY_OPTION.get(key, key))


def said(reader: Reader, each: Filter, written: str, value: Value) -> str:
    """What a filter holds, as its chip says it."""
    match value:
        case Among():
            titles = [option_title(reader, each, key) for key in written.split(",") if key.strip()]
            more = f" +{len(titles) - _SHOWN}" if len(titles) > _SHOWN else ""
            return ", ".join(titles[:_SHOWN]) + more
        case Days():
            if value.none:
                return reader.gettext(_ANY_OPTION[NONE])
            if written in set(Period):
                return reader.gettext(PERIODS[Period(written)])
            return _ends(reader, _day(reader, value.first), _day(reader, value.last))
        case Span():
            if each.type is FilterType.QUIET:
                days = int(value.least or 0)
                return reader.ngettext("%(num)d day", "%(num)d days", days)
            ends = (_number(reader, number) for number in (value.least, value.most))
            return f"{_ends(reader, *ends)} {each.currency}".strip()
        case Words(text):
            if text == EMPTY:
                return reader.gettext("empty")
            return reader.gettext("filled in") if text == FILLED else f"“{text}”"


def _day(reader: Reader, on: date | None) -> str:
    return day(reader, on) if on else ""


def _number(reader: Reader, number: Decimal | None) -> str:
    return "" if number is None else babel_numbers.format_decimal(number, locale=reader.locale)


def _ends(reader: Reader, first: str, last: str) -> str:
    if first and last:
        return first if first == last else f"{first} – {last}"
    if first:
        return reader.gettext("from %(first)s", first=first)
    return reader.gettext("up to %(last)s", last=last)
