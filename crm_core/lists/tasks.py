"""The list of tasks: what it can be asked for, what it shows, how it can stand."""

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, literal, or_, select, true

from crm_core.agents.tables import queue_members, queues
from crm_core.lists.conditions import instant_within, owned
from crm_core.lists.filters import Asking, Filter, FilterType, Option
from crm_core.lists.office_words import OfficeWords, words_only
from crm_core.lists.shapes import (
    ColumnType,
    ListColumn,
    ListName,
    ListShape,
    Order,
    Row,
    StandingView,
)
from crm_core.lists.values import NONE, Among
from crm_core.search.conditions import says
from crm_core.search.kinds import SearchKind
from crm_core.storage.base import Instant
from crm_core.tasks.access import visible_tasks
from crm_core.tasks.queries import TaskRow, select_tasks
from crm_core.tasks.tables import tasks

_T = tasks.c
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
_STATES: Final = ("open", "late", "done", "all")
_KINDS: Final = ("next_step", "call", "meeting", "callback", "wrap_up")
_ENDINGS: Final = ("done", "talked", "cancelled")
_ABOUT: Final = {"client": _T.client_id, "lead": _T.lead_id, "deal": _T.deal_id}
MINE, TEAM, OVERDUE, ALL, DONE = "mine", "team", "overdue", "all", "done"
STANDING: Final = {
    MINE: StandingView({"assignee": "me"}),
    TEAM: StandingView({"assignee": NONE, "queue": "mine"}),
    OVERDUE: StandingView({"state": "late"}),
    ALL: StandingView({}),
    DONE: StandingView(
        {"state": "done"}, "-finished", ("task", "client", "assignee", "finished", "ending")
    ),
}


def tasks_shape(words: OfficeWords) -> ListShape:
    """The list of tasks with the words of the office."""
    finished = func.coalesce(_T.done_at, literal(_LONG_AGO, Instant), type_=Instant())
    return ListShape(
        name=ListName.TASKS,
        table=tasks,
        rows=select_tasks(),
        visible=visible_tasks,
        filters={each.name: each for each in _filters(words)},
        columns={each.name: each for each in _columns(words)},
        orders={
            "due": Order("due", _T.due_at),
            "created": Order("created", _T.id, falls=True),
            "finished": Order("finished", finished, True, _T.done_at, ("state", "done")),
        },
        usual_columns=("task", "client", "assignee", "due"),
        usual_order="due",
        gathering={},
        says=lambda text, asking, found: says(
            text, (SearchKind.TASK, _T.id), (SearchKind.CLIENT, _T.client_id)
        ),
        usual_filters={"state": "open"},
        standing=STANDING,
    )


def task_of(row: Row) -> TaskRow:
    """The task that stands in a row of the list."""
    return TaskRow(**{name: row[name] for name in TaskRow.__dataclass_fields__})


def _filters(words: OfficeWords) -> tuple[Filter, ...]:
    def days(name: str, column: ColumnElement[Any], type_: FilterType) -> Filter:
        return Filter(name, type_, lambda value, asking: instant_within(column, value, asking))

    return (
        Filter("state", FilterType.ONE, _in_state, words_only(*_STATES)),
        _people("assignee", _T.assignee_agent_id, words),
        Filter("queue", FilterType.CHOICES, _of_queue, (Option("mine"), *words.queue_options())),
        Filter("task_kind", FilterType.CHOICES, _is_kind, words_only(*_KINDS), words="task_kind"),
        days("due", _T.due_at, FilterType.COMING),
        Filter("about", FilterType.ONE, _about, words_only(*_ABOUT, NONE)),
        Filter("owed", FilterType.ONE, _owed, words_only("us", "client")),
        Filter(
            "escalated",
            FilterType.ONE,
            lambda *_: _T.escalated_at.is_not(None),
            words_only("yes"),
        ),
        Filter("repeats", FilterType.ONE, lambda *_: _T.rrule != "", words_only("yes")),
        _people("author", _T.created_by, words),
        days("created", _T.created_at, FilterType.PAST),
        days("finished", _T.done_at, FilterType.PAST),
        Filter("ending", FilterType.CHOICES, _ended, words_only(*_ENDINGS), words="task_ending"),
        Filter("client_id", FilterType.RECORD, lambda value, _: _T.client_id == value.ids[0]),
    )


def _people(name: str, column: ColumnElement[Any], words: OfficeWords) -> Filter:
    def condition(value: Among, asking: Asking) -> ColumnElement[bool]:
        return owned(column, value, asking)

    return Filter(name, FilterType.PEOPLE, condition, words.people())


def _in_state(value: Among, asking: Asking) -> ColumnElement[bool]:
    states = {
        "open": _T.done_at.is_(None),
        "late": and_(_T.done_at.is_(None), _T.due_at < asking.now),
        "done": _T.done_at.is_not(None),
        "all": true(),
    }
    return or_(*(states[key] for key in sorted(value.keys)))


def _of_queue(value: Among, asking: Asking) -> ColumnElement[bool]:
    names = sorted(value.keys - {"mine"})
    parts = [_T.queue.in_(names)] if names else []
    mine = (
        select(queues.c.name)
        .join(queue_members, queue_members.c.queue_id == queues.c.id)
        .where(queue_members.c.agent_id == asking.actor.id)
    )
    return or_(*parts, *([_T.queue.in_(mine)] if "mine" in value.keys else []))


def _is_kind(value: Among, _: Asking) -> ColumnElement[bool]:
    return _T.kind.in_(sorted(value.keys))


def _ended(value: Among, _: Asking) -> ColumnElement[bool]:
    return _T.ending.in_(sorted(value.keys))


def _owed(value: Among, _: Asking) -> ColumnElement[bool]:
    return _T.owed_by.in_(sorted(value.keys))


def _about(value: Among, _: Asking) -> ColumnElement[bool]:
    nothing = and_(*(column.is_(None) for column in _ABOUT.values()))
    parts = [column.is_not(None) for key, column in _ABOUT.items() if key in value.keys]
    return or_(*parts, *([nothing] if value.none else []))


def _columns(words: OfficeWords) -> tuple[ListColumn, ...]:
    titles = words.queue_titles()

    def whose(row: Row) -> tuple[str, str]:
        return row["assignee_name"] or "", titles.get(row["queue"] or "", row["queue"] or "")

    return (
        ListColumn("task", ColumnType.TASK, task_of),
        ListColumn("task_kind", ColumnType.WORD, lambda row: row["kind"], words="task_kind"),
        ListColumn("client", ColumnType.PARTY, lambda row: (row["client_name"], row["number"])),
        ListColumn("about", ColumnType.TEXT, lambda row: row["deal_title"] or row["lead_title"]),
        ListColumn("assignee", ColumnType.WHOSE, whose),
        ListColumn("due", ColumnType.DUE, task_of),
        ListColumn("author", ColumnType.TEXT, lambda row: row["author_name"]),
        ListColumn("created", ColumnType.MOMENT, lambda row: row["created_at"]),
        ListColumn("finished", ColumnType.MOMENT, lambda row: row["done_at"]),
        ListColumn("ending", ColumnType.ENDING, lambda row: (row["ending"], row["doer_name"])),
    )
