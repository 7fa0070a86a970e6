"""What filters, columns and their choices are called on the pages of lists."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Final

from babel import numbers as babel_numbers

from crm_core.lists.filters import Filter, FilterType
from crm_core.lists.shapes import ListColumn, ListName
from crm_core.lists.values import ALL as ANY_TIME
from crm_core.lists.values import EMPTY, FILLED, NONE, Among, Days, Period, Span, Value, Words
from crm_core.tasks.queries import TaskRow
from web.formats import day
from web.i18n import N_, Reader
from web.words import WORDS, word

TITLES: Final[Mapping[ListName, str]] = {
    ListName.CLIENTS: N_("Clients"),
    ListName.LEADS: N_("Leads"),
    ListName.DEALS: N_("Deals"),
    ListName.TASKS: N_("Tasks"),
    ListName.CALLS: N_("Calls"),
}
ALL: Final[Mapping[ListName, str]] = {
    ListName.CLIENTS: N_("All clients"),
    ListName.LEADS: N_("All leads"),
    ListName.DEALS: N_("All deals"),
    ListName.TASKS: N_("All open"),
    ListName.CALLS: N_("All calls"),
}
STANDING: Final[Mapping[str, str]] = {
    "mine": N_("Mine"),
    "team": N_("My teams'"),
    "overdue": N_("Late"),
    "all": N_("All open"),
    "done": N_("Done"),
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
    "began": N_("Began"),
    "direction": N_("Direction"),
    "outcome": N_("Outcome"),
    "missed": N_("Missed only"),
    "live": N_("Live now"),
    "agent": N_("Operator"),
    "queue": N_("Queue"),
    "disposition": N_("Disposition"),
    "number": N_("Number"),
    "known": N_("Client is known"),
    "client_id": N_("Client"),
    "talked": N_("Talk, seconds"),
    "waited": N_("Waiting, seconds"),
    "assignee": N_("For whom"),
    "task_kind": N_("Kind of task"),
    "due": N_("Due"),
    "about": N_("About"),
    "owed": N_("Who owes it"),
    "escalated": N_("Supervisors were told"),
    "repeats": N_("Repeats"),
    "author": N_("Made by whom"),
    "finished": N_("Finished"),
    "ending": N_("How it ended"),
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
    "days": N_("In this stage"),
    "closed": N_("Closed"),
    "began": N_("Began"),
    "way": N_("Direction"),
    "party": N_("With whom"),
    "number": N_("Number"),
    "caller_name": N_("Caller's name"),
    "dialled": N_("Dialled"),
    "queue": N_("Queue"),
    "operators": N_("Operators"),
    "outcome": N_("Outcome"),
    "waited": N_("Waiting"),
    "talked": N_("Talk"),
    "held": N_("On hold"),
    "hung_up": N_("Hung up"),
    "cause": N_("Cause"),
    "disposition": N_("Disposition"),
    "ended": N_("Ended"),
    "call": N_("Call id"),
    "task": N_("Task"),
    "task_kind": N_("Kind of task"),
    "about": N_("Lead or deal"),
    "assignee": N_("For whom"),
    "due": N_("Due"),
    "author": N_("Made by whom"),
    "finished": N_("Finished"),
    "ending": N_("How it ended"),
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
    Period.TOMORROW: N_("Tomorrow"),
    Period.COMING_WEEK: N_("The coming 7 days"),
}
PAST: Final = (
    *(Period.TODAY, Period.YESTERDAY, Period.WEEK, Period.MONTH),
    *(Period.THIS_MONTH, Period.LAST_MONTH, Period.THIS_YEAR),
)
COMING: Final = (
    *(Period.OVERDUE, Period.TODAY, Period.TOMORROW, Period.COMING_WEEK, Period.THIS_MONTH),
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
    ("agent", "me"): N_("me"),
    ("agent", "team"): N_("my team"),
    ("queue", NONE): N_("without a queue"),
    ("queue", "mine"): N_("my teams"),
    ("assignee", "me"): N_("me"),
    ("assignee", "team"): N_("my team"),
    ("assignee", NONE): N_("nobody"),
    ("author", "me"): N_("me"),
    ("author", "team"): N_("my team"),
    ("author", NONE): N_("made by itself"),
    ("state", "late"): N_("late"),
    ("state", "done"): N_("finished"),
    ("about", "client"): N_("a client"),
    ("about", "lead"): N_("a lead"),
    ("about", "deal"): N_("a deal"),
    ("about", NONE): N_("nobody in particular"),
    ("owed", "us"): N_("we"),
    ("owed", "client"): N_("the client"),
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


def task_title(reader: Reader, task: TaskRow) -> str:
    """What is to be done, as the page says it."""
    if task.kind == "callback":
        times = reader.ngettext(
            "Call back: called\u00a0once",
            "Call back: called\u00a0%(n)s\u00a0times",
            task.call_count,
            n=task.call_count,
        )
        return " · ".join(filter(None, (times, task.text)))
    if task.kind == "wrap_up":
        return task.text or reader.gettext("Finish the wrap-up")
    return task.text


def option_title(reader: Reader, each: Filter, key: str) -> str:
    """What one choice of a filter is called."""
    option = each.option(key)
    if option is not None and option.title:
        return f"{option.group}: {option.title}" if option.group else option.title
    if each.words and key in WORDS[each.words]:
        return word(reader, key, each.words)
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
            if written == ANY_TIME:
                return reader.gettext("at any time")
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
