"""All that happened with a client in one line of time: read page by page from where each thing is
kept, so that nothing is written twice and nothing can come apart."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cmp_to_key
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    cast,
    false,
    literal,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.people import Agent
from crm_core.agents.tables import agents
from crm_core.audit import AuditEntry
from crm_core.calls.detail import WrapUpView, wrap_ups_of
from crm_core.calls.queries import CallRow, call_rows, select_calls
from crm_core.calls.tables import calls
from crm_core.clients.about import seen_with_its_record
from crm_core.clients.tables import files, notes
from crm_core.deals.tables import deals, stage_changes, stages
from crm_core.handing_over.tables import handed_records
from crm_core.leads.tables import leads
from crm_core.tables import audit
from crm_core.tasks.tables import tasks

PAGE: Final = 30


class LineKind(StrEnum):
    """What a line of the timeline is about; in the order in which lines of one instant stand."""

    STAGE = "stage"
    TASK = "task"
    NOTE = "note"
    FILE = "file"
    CALL = "call"
    CHANGE = "change"


STORY: Final = frozenset(LineKind) - {LineKind.CHANGE}
"""What is told unasked; who edited which field is there for those who ask."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last line of a page: what comes next is older."""

    at: datetime
    kind: LineKind
    id: str


@dataclass(frozen=True, slots=True)
class CallLine:
    """A call and what each operator wrote after it."""

    call: CallRow
    wrap_ups: tuple[WrapUpView, ...]


@dataclass(frozen=True, slots=True)
class NoteLine:
    id: int
    text: str
    pinned: bool
    agent_id: int | None
    agent_name: str | None
    edited_at: datetime | None
    lead_id: int | None
    lead_title: str | None
    deal_id: int | None
    deal_title: str | None


@dataclass(frozen=True, slots=True)
class TaskLine:
    """A task that is done or called off (`ending`); a meeting that was held is one, too."""

    id: int
    kind: str
    text: str
    ending: str | None
    owed_by: str
    doer_name: str | None


@dataclass(frozen=True, slots=True)
class StageLine:
    """A step of a lead or a deal; `from_title` None where it began. `ending`: won or lost."""

    id: int
    lead_id: int | None
    lead_title: str | None
    deal_id: int | None
    deal_title: str | None
    from_title: str | None
    to_title: str
    ending: str | None
    agent_name: str | None


@dataclass(frozen=True, slots=True)
class FileLine:
    id: int
    name: str
    size: int
    media_type: str
    agent_name: str | None
    lead_id: int | None
    lead_title: str | None
    deal_id: int | None
    deal_title: str | None


About = CallLine | NoteLine | TaskLine | StageLine | FileLine | AuditEntry


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened."""

    at: datetime
    kind: LineKind
    id: str
    about: About

    @property
    def cursor(self) -> Cursor:
        return Cursor(self.at, self.kind, self.id)


@dataclass(frozen=True, slots=True)
class TimelinePage:
    lines: tuple[Line, ...]
    next: Cursor | None


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose timeline: all of a client's, or only what belongs to one of his deals or leads."""

    client_id: int
    deal_id: int | None = None
    lead_id: int | None = None


async def read_timeline(
    connection: AsyncConnection,
    whose: Whose,
    *,
    kinds: Collection[LineKind] = STORY,
    after: Cursor | None = None,
    limit: int = PAGE,
    reader: Agent | None = None,
) -> TimelinePage:
    """A page of the timeline, the newest first; `after` continues where the page before ended.

    Notes and files of leads and deals that the `reader` may not see are left out; None reads all.
    """
    keys = await _keys(connection, whose, kinds, after, limit + 1, reader)
    shown, rest = keys[:limit], keys[limit:]
    found = await _abouts(connection, shown)
    lines = tuple(
        Line(each.at, each.kind, each.id, found[each.kind][each.id])
        for each in shown
        if each.id in found[each.kind]
    )
    return TimelinePage(lines, shown[-1] if rest else None)


@dataclass(frozen=True, slots=True)
class _Source:
    """Where lines of one kind are kept, and whose they are."""

    at: ColumnElement[datetime]
    id: ColumnElement[Any]
    whose: Mapping[str, ColumnElement[Any]]
    only: ColumnElement[bool] = true()  # noqa: RUF009 - a constant of SQL

    def of(self, whose: Whose) -> ColumnElement[bool]:
        wanted = [(name, getattr(whose, name)) for name in ("deal_id", "lead_id")]
        narrow = [(name, value) for name, value in wanted if value is not None]
        if any(name not in self.whose for name, _ in narrow):
            return false()
        client = self.whose["client_id"] == whose.client_id
        return and_(client, self.only, *(self.whose[name] == value for name, value in narrow))


def _columns(table: Any) -> dict[str, ColumnElement[Any]]:
    names = ("client_id", "deal_id", "lead_id")
    return {name: table.c[name] for name in names if name in table.c}


_SOURCES: Final = {
    LineKind.STAGE: _Source(stage_changes.c.at, stage_changes.c.id, _columns(stage_changes)),
    # A form that was owed is told by its call.
    LineKind.TASK: _Source(
        tasks.c.done_at, tasks.c.id, _columns(tasks), only=tasks.c.kind != "wrap_up"
    ),
    LineKind.NOTE: _Source(notes.c.created_at, notes.c.id, _columns(notes)),
    LineKind.FILE: _Source(files.c.created_at, files.c.id, _columns(files)),
    LineKind.CALL: _Source(calls.c.started_at, calls.c.call_id, _columns(calls)),
    LineKind.CHANGE: _Source(audit.c.at, audit.c.id, {}),
}
_OF_SALES: Final = {LineKind.NOTE: notes, LineKind.FILE: files}
_ORDER: Final = {kind: place for place, kind in enumerate(LineKind)}


async def _keys(
    connection: AsyncConnection,
    whose: Whose,
    kinds: Collection[LineKind],
    after: Cursor | None,
    limit: int,
    reader: Agent | None,
) -> list[Cursor]:
    """Where the next lines are: each source gives its newest, by its own index."""
    parts = [_part(kind, whose, after, limit, reader) for kind in LineKind if kind in kinds]
    if not parts:
        return []
    rows = (await connection.execute(union_all(*(select(part) for part in parts)))).all()
    found = [Cursor(row.at, LineKind(row.kind), row.id) for row in rows]
    return sorted(found, key=cmp_to_key(_newest_first))[:limit]


def _part(
    kind: LineKind, whose: Whose, after: Cursor | None, limit: int, reader: Agent | None
) -> Any:
    source = _SOURCES[kind]
    at, key = source.at, source.id
    mine = _changed(whose) if kind is LineKind.CHANGE else source.of(whose)
    if reader is not None and kind in _OF_SALES:
        mine = and_(mine, seen_with_its_record(_OF_SALES[kind], reader))
    if after is not None:
        mine = and_(mine, _older(kind, at, key, after))
    query = select(
        literal(kind.value).label("kind"), at.label("at"), cast(key, String(150)).label("id")
    ).where(mine, at.is_not(None))
    return query.order_by(at.desc(), key.desc()).limit(limit).subquery()


def _changed(whose: Whose) -> ColumnElement[bool]:
    subject, subject_id = "client", whose.client_id
    if whose.deal_id is not None:
        subject, subject_id = "deal", whose.deal_id
    elif whose.lead_id is not None:
        subject, subject_id = "lead", whose.lead_id
    own = and_(audit.c.subject == subject, audit.c.subject_id == str(subject_id))
    # A handover is told once for all that was handed over.
    handed = select(cast(handed_records.c.handover_id, String(150))).where(
        handed_records.c.kind == subject, handed_records.c.record_id == subject_id
    )
    return or_(own, and_(audit.c.subject == "handover", audit.c.subject_id.in_(handed)))


def _older(
    kind: LineKind, at: ColumnElement[datetime], key: ColumnElement[Any], after: Cursor
) -> ColumnElement[bool]:
    if _ORDER[kind] < _ORDER[after.kind]:
        return at < after.at
    if _ORDER[kind] > _ORDER[after.kind]:
        return at <= after.at
    last: Any = after.id if kind is LineKind.CALL else int(after.id)
    return or_(at < after.at, and_(at == after.at, key < last))


def _newest_first(one: Cursor, other: Cursor) -> int:
    if one.at != other.at:
        return -1 if one.at > other.at else 1
    if one.kind != other.kind:
        return _ORDER[one.kind] - _ORDER[other.kind]
    if one.kind is LineKind.CALL:
        return -1 if one.id > other.id else 1
    return int(other.id) - int(one.id)


async def _abouts(
    connection: AsyncConnection, keys: Collection[Cursor]
) -> Mapping[LineKind, Mapping[str, About]]:
    """What the lines are about: one errand for each kind that is on the page."""
    wanted: dict[LineKind, list[str]] = defaultdict(list)
    for key in keys:
        wanted[key.kind].append(key.id)
    found: dict[LineKind, Mapping[str, About]] = {}
    for kind, ids in wanted.items():
        if kind is LineKind.CALL:
            found[kind] = await _call_lines(connection, ids)
        else:
            view, query, key_column = _READS[kind]
            rows = await connection.execute(query.where(key_column.in_(map(int, ids))))
            found[kind] = {str(row["id"]): view(**row) for row in rows.mappings()}
    return found


async def _call_lines(
    connection: AsyncConnection, call_ids: Collection[str]
) -> Mapping[str, CallLine]:
    rows = await call_rows(connection, select_calls().where(calls.c.call_id.in_(call_ids)))
    wrap_ups = await wrap_ups_of(connection, call_ids)
    return {row.call_id: CallLine(row, wrap_ups[row.call_id]) for row in rows}


def _of(table: Any, view: Any, **joined: ColumnElement[Any]) -> list[ColumnElement[Any]]:
    return [
        joined[name].label(name) if name in joined else table.c[name]
        for name in view.__dataclass_fields__
    ]


_NAMES: Final = {
    "agent_name": agents.c.name,
    "lead_title": leads.c.title,
    "deal_title": deals.c.title,
}
_FROM, _TO = stages.alias("from_stage"), stages.alias("to_stage")
_NOTES: Select[Any] = (
    select(*_of(notes, NoteLine, **_NAMES))
    .outerjoin(agents, agents.c.id == notes.c.agent_id)
    .outerjoin(leads, leads.c.id == notes.c.lead_id)
    .outerjoin(deals, deals.c.id == notes.c.deal_id)
)
_TASKS: Select[Any] = select(*_of(tasks, TaskLine, doer_name=agents.c.name)).outerjoin(
    agents, agents.c.id == tasks.c.done_by
)
_FILES: Select[Any] = (
    select(*_of(files, FileLine, **_NAMES))
    .outerjoin(agents, agents.c.id == files.c.agent_id)
    .outerjoin(leads, leads.c.id == files.c.lead_id)
    .outerjoin(deals, deals.c.id == files.c.deal_id)
)
_STAGES: Select[Any] = (
    select(
        *_of(
            stage_changes,
            StageLine,
            lead_title=leads.c.title,
            deal_title=deals.c.title,
            from_title=_FROM.c.title,
            to_title=_TO.c.title,
            ending=_TO.c.ending,
            agent_name=agents.c.name,
        )
    )
    .join(_TO, _TO.c.id == stage_changes.c.to_stage_id)
    .outerjoin(_FROM, _FROM.c.id == stage_changes.c.from_stage_id)
    .outerjoin(leads, leads.c.id == stage_changes.c.lead_id)
    .outerjoin(deals, deals.c.id == stage_changes.c.deal_id)
    .outerjoin(agents, agents.c.id == stage_changes.c.agent_id)
)
_CHANGES: Select[Any] = select(*_of(audit, AuditEntry, agent_name=agents.c.name)).outerjoin(
    agents, agents.c.id == audit.c.agent_id
)
_READS: Final[Mapping[LineKind, tuple[Any, Select[Any], ColumnElement[int]]]] = {
    LineKind.NOTE: (NoteLine, _NOTES, notes.c.id),
    LineKind.TASK: (TaskLine, _TASKS, tasks.c.id),
    LineKind.FILE: (FileLine, _FILES, files.c.id),
    LineKind.STAGE: (StageLine, _STAGES, stage_changes.c.id),
    LineKind.CHANGE: (AuditEntry, _CHANGES, audit.c.id),
}
