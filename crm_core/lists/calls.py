"""The list of calls: what it can be asked for, what it shows, how it can stand."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, or_, select, union_all

from crm_core.agents.ownership import teammates
from crm_core.calls.filtering import has_number, is_missed
from crm_core.calls.queries import what_was_said, who_talked
from crm_core.calls.tables import call_offers, call_talks, calls, wrap_ups
from crm_core.clients.tables import clients
from crm_core.lists.conditions import ME, TEAM, between, instant_within
from crm_core.lists.filters import Asking, Filter, FilterType, Option
from crm_core.lists.office_words import OfficeWords, words_only
from crm_core.lists.rights import calls_within
from crm_core.lists.shapes import ColumnType, ListColumn, ListName, ListShape, Order, Row
from crm_core.lists.values import EMPTY, FILLED, NONE, Among, Words
from crm_core.search.question import is_number
from telephony.events import Direction, Outcome

_T = calls.c
_SHOWN: Final = (
    *("way", "began", "party", "queue", "operators"),
    *("outcome", "waited", "talked", "disposition"),
)


def calls_shape(words: OfficeWords) -> ListShape:
    """The list of calls with the words of the office."""
    columns = {each.name: each for each in _columns(words)}
    return ListShape(
        name=ListName.CALLS,
        table=calls,
        rows=select(calls, _T.call_id.label("id"), clients.c.name.label("client_name")).outerjoin(
            clients, clients.c.id == _T.client_id
        ),
        visible=calls_within,
        filters={each.name: each for each in _filters(words)},
        columns=columns,
        orders={
            "began": Order("began", _T.started_at, falls=True),
            "waited": Order("waited", _T.wait_seconds, falls=True),
            "talked": Order("talked", _T.talk_seconds, falls=True),
        },
        usual_columns=_SHOWN,
        usual_order="-began",
        file_columns=tuple(name for name in columns if name != "party"),
        gathering={"operators": who_talked, "disposition": what_was_said},
        says=_says,
        client_search=True,
        usual_filters={"began": "7days"},
    )


def _says(text: str, asking: Asking, found: Sequence[int]) -> ColumnElement[bool]:
    theirs = _T.client_id.in_(found)
    if not is_number(text, asking.country):
        return theirs
    return or_(theirs, has_number(text, asking.country))


def _filters(words: OfficeWords) -> tuple[Filter, ...]:
    people = tuple(option for option in words.people() if option.key != NONE)
    return (
        Filter(
            "began",
            FilterType.PAST,
            lambda value, asking: instant_within(_T.started_at, value, asking),
        ),
        _stored("direction", _T.direction, words_only(*Direction), "direction"),
        _stored("outcome", _T.outcome, words_only(*Outcome), "outcome"),
        Filter("missed", FilterType.ONE, lambda *_: is_missed(), words_only("yes")),
        Filter("live", FilterType.ONE, lambda *_: _T.ended_at.is_(None), words_only("yes")),
        Filter("agent", FilterType.PEOPLE, _concerns, people),
        _stored("queue", _T.queue, (*words.queue_options(), Option(NONE))),
        Filter("disposition", FilterType.CHOICES, _was, words.disposition_options()),
        Filter("number", FilterType.DIGITS, _numbered),
        Filter("known", FilterType.ONE, _known, words_only("yes", "no")),
        Filter("client_id", FilterType.RECORD, lambda value, _: _T.client_id == value.ids[0]),
        Filter("talked", FilterType.NUMBER, lambda value, _: between(_T.talk_seconds, value)),
        Filter("waited", FilterType.NUMBER, lambda value, _: between(_T.wait_seconds, value)),
    )


def _stored(
    name: str, column: ColumnElement[Any], options: tuple[Option, ...], words: str = ""
) -> Filter:
    def condition(value: Among, _: Asking) -> ColumnElement[bool]:
        keys = sorted(value.keys - {NONE})
        parts = [column == keys[0] if len(keys) == 1 else column.in_(keys)] if keys else []
        return or_(*parts, *([column.is_(None)] if value.none else []))

    return Filter(name, FilterType.CHOICES, condition, options, words=words)


def _concerns(value: Among, asking: Asking) -> ColumnElement[bool]:
    """Offered to them, or talked by them."""
    ids = sorted({*value.ids, *([asking.actor.id] if value.keys & {ME, TEAM} else [])})

    def theirs(column: ColumnElement[Any]) -> ColumnElement[bool]:
        named = column.in_(ids)
        return or_(named, column.in_(teammates(ids[0]))) if value.keys & {TEAM} else named

    return _T.call_id.in_(
        union_all(
            *(
                select(table.c.call_id).where(theirs(table.c.agent_id))
                for table in (call_talks, call_offers)
            )
        )
    )


def _was(value: Among, _: Asking) -> ColumnElement[bool]:
    said = select(wrap_ups.c.call_id).where(
        wrap_ups.c.call_id == _T.call_id, wrap_ups.c.disposition_id.in_(value.ids)
    )
    return said.exists()


def _numbered(value: Words, asking: Asking) -> ColumnElement[bool]:
    if value.text in (EMPTY, FILLED):
        hidden = and_(_T.number == "", _T.caller == "")
        return hidden if value.text == EMPTY else ~hidden
    return has_number(value.text, asking.country)


def _known(value: Among, _: Asking) -> ColumnElement[bool]:
    known = {"yes": _T.client_id.is_not(None), "no": _T.client_id.is_(None)}
    return or_(*(known[key] for key in sorted(value.keys)))


def _columns(words: OfficeWords) -> tuple[ListColumn, ...]:
    titles = words.queue_titles()

    def seconds(name: str, key: str) -> ListColumn:
        # What lasts so far is not stored before the end.
        return ListColumn(
            name, ColumnType.SECONDS, lambda row: row[key] if row["ended_at"] else None
        )

    return (
        ListColumn("began", ColumnType.OPENING, lambda row: row["started_at"]),
        ListColumn("way", ColumnType.WAY, lambda row: row["direction"], words="direction"),
        ListColumn("party", ColumnType.PARTY, _party),
        ListColumn("number", ColumnType.NUMBERS, _number),
        ListColumn("caller_name", ColumnType.TEXT, lambda row: row["caller_name"] or None),
        ListColumn("client", ColumnType.CLIENT, _client),
        ListColumn("dialled", ColumnType.TEXT, lambda row: row["dialled"] or None),
        ListColumn(
            "queue", ColumnType.TEXT, lambda row: titles.get(row["queue"] or "", row["queue"])
        ),
        ListColumn("operators", ColumnType.TEXTS, lambda row: row["operators"] or (), "operators"),
        ListColumn("outcome", ColumnType.OUTCOME, _outcome, words="outcome"),
        seconds("waited", "wait_seconds"),
        seconds("talked", "talk_seconds"),
        seconds("held", "hold_seconds"),
        ListColumn("hung_up", ColumnType.WORD, lambda row: row["ended_by"], words="ended_by"),
        ListColumn("cause", ColumnType.WORD, lambda row: row["hangup_cause"], words="cause"),
        ListColumn(
            "disposition", ColumnType.TEXTS, lambda row: row["disposition"] or (), "disposition"
        ),
        ListColumn("ended", ColumnType.MOMENT, lambda row: row["ended_at"]),
        ListColumn("call", ColumnType.TEXT, lambda row: row["id"]),
    )


def _number(row: Row) -> tuple[str, ...]:
    return tuple(filter(None, (row["number"] or row["caller"],)))


def _client(row: Row) -> tuple[int, str] | None:
    return (row["client_id"], row["client_name"]) if row["client_id"] else None


def _party(row: Row) -> tuple[str, str]:
    inbound = row["direction"] != Direction.OUTBOUND.value
    other = row["caller"] if inbound else row["dialled"]
    name = row["client_name"] or (row["caller_name"] if inbound else "")
    return name or "", row["number"] or other


def _outcome(row: Row) -> str | None:
    """ "" while it goes on."""
    return row["outcome"] if row["ended_at"] else ""
