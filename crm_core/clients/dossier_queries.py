"""Reads a dossier: few statements, each made once, because a phone is ringing meanwhile."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, and_, bindparam, cast, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.tables import agents
from crm_core.calls.tables import call_talks, calls, dispositions, wrap_ups
from crm_core.clients.dossier import Agreement, Note, OpenTask, PastCall, Person
from crm_core.clients.lookup import Lookup, looking_up
from crm_core.clients.tables import clients
from crm_core.storage.hot import HotSelect, Reading, Row, read_through, rows_of
from crm_core.tasks.tables import tasks

PAST_CALLS_SHOWN = 5
TASKS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Story:
    """What the memory knows of the outside party of a call: the number as the log keeps it, the
    client the call is linked to, what the number means; the newest calls with him, what was agreed
    last, the open tasks by urgency, what each operator has written in the call that is going on."""

    number: str
    client: Person | None
    lookup: Lookup
    past_calls: tuple[PastCall, ...]
    agreement: Agreement | None
    tasks: tuple[OpenTask, ...]
    notes: tuple[Note, ...]


async def read_story(
    connection: AsyncConnection, call_id: str, written: str, country: str
) -> Story:
    """The story of a call; `written` is the number as it is heard, until the log has it."""
    return await read_through(connection, _telling(call_id, written, country))


def _telling(call_id: str, written: str, country: str) -> Reading[Story]:
    [parties] = yield [(_PARTY, {"call_id": call_id})]
    number = parties[0]["number"] if parties else ""
    client = _client(parties[0]) if parties else None
    lookup = yield from looking_up(number or written, country)
    client_id = client.client_id if client else lookup.client_id
    past, agreed = _BY_CLIENT if client_id is not None else _BY_NUMBER
    given = {"call_id": call_id, "number": number, "client_id": client_id}
    calls_rows, agreed_rows, task_rows, note_rows = yield [
        (past, given),
        (agreed, given),
        (_TASKS, given),
        (_NOTES, given),
    ]
    return Story(
        number=number,
        client=client,
        lookup=lookup,
        past_calls=tuple(map(_past_call, calls_rows)),
        agreement=_agreement(agreed_rows[0]) if agreed_rows else None,
        tasks=tuple(map(_open_task, task_rows)),
        notes=tuple(map(_note, note_rows)),
    )


async def read_past(
    connection: AsyncConnection, client_id: int
) -> tuple[tuple[PastCall, ...], Agreement | None]:
    """The newest calls with a client, and what was agreed last."""
    past, agreed = _BY_CLIENT
    given = {"call_id": "", "number": "", "client_id": client_id}
    calls_rows, agreed_rows = await rows_of(connection, (past, given), (agreed, given))
    agreement = _agreement(agreed_rows[0]) if agreed_rows else None
    return tuple(map(_past_call, calls_rows)), agreement


async def list_notes(connection: AsyncConnection, call_id: str) -> tuple[Note, ...]:
    """What each operator has written in this call so far."""
    return tuple(map(_note, await _NOTES.rows(connection, call_id=call_id)))


def _client(row: Row) -> Person | None:
    if row["client_id"] is None:
        return None
    return Person(row["client_id"], row["name"], row["kind"], owner_name=row["owner_name"] or "")


def _past_call(row: Row) -> PastCall:
    return PastCall(
        row["call_id"],
        row["started_at"],
        row["direction"],
        row["outcome"] or "",
        row["talk_seconds"],
        row["agent_name"] or "",
        row["disposition"] or "",
    )


def _agreement(row: Row) -> Agreement:
    return Agreement(
        at=row["finished_at"],
        agent_name=row["agent_name"],
        disposition=row["disposition"] or "",
        note=row["note"],
        step=row["step"] or "",
        step_due_at=row["step_due_at"],
        step_done=row["step_done_at"] is not None,
    )


def _open_task(row: Row) -> OpenTask:
    return OpenTask(
        row["id"],
        row["kind"],
        row["text"],
        row["due_at"],
        row["assignee_name"] or "",
        row["call_count"],
    )


def _note(row: Row) -> Note:
    return Note(row["agent_id"], row["agent_name"], row["note"])


_owner = agents.alias("owner")

_PARTY = HotSelect(
    select(
        calls.c.number,
        calls.c.client_id,
        clients.c.name,
        clients.c.kind,
        _owner.c.name.label("owner_name"),
    )
    .select_from(
        calls.outerjoin(clients, clients.c.id == calls.c.client_id).outerjoin(
            _owner, _owner.c.id == clients.c.owner_agent_id
        )
    )
    .where(calls.c.call_id == bindparam("call_id"))
)

_THE_CLIENT = calls.c.client_id == bindparam("client_id")
# A hidden number is nobody's: all anonymous calls together are no history.
_THE_NUMBER = and_(calls.c.number == bindparam("number"), calls.c.number != "")
_NOT_THIS = calls.c.call_id != bindparam("call_id")


def _past(whose: ColumnElement[bool]) -> Select[Any]:
    talker = (
        select(agents.c.name)
        .join(call_talks, call_talks.c.agent_id == agents.c.id)
        .where(call_talks.c.call_id == calls.c.call_id)
        .order_by(call_talks.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    said = (
        select(dispositions.c.title)
        .join(wrap_ups, wrap_ups.c.disposition_id == dispositions.c.id)
        .where(wrap_ups.c.call_id == calls.c.call_id)
        .order_by(wrap_ups.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return (
        select(
            calls.c.call_id,
            calls.c.started_at,
            calls.c.direction,
            calls.c.outcome,
            cast(calls.c.talk_seconds, Integer).label("talk_seconds"),
            talker.label("agent_name"),
            said.label("disposition"),
        )
        .where(whose, _NOT_THIS)
        .order_by(calls.c.started_at.desc())
        .limit(PAST_CALLS_SHOWN)
    )


def _agreed(whose: ColumnElement[bool]) -> Select[Any]:
    # The form that an operator still owes is no step that the client was promised.
    promised = and_(tasks.c.id == wrap_ups.c.task_id, tasks.c.kind != "wrap_up")
    says_something = or_(
        wrap_ups.c.note != "",
        tasks.c.id.is_not(None),
        wrap_ups.c.disposition_id.is_not(None),
    )
    return (
        select(
            wrap_ups.c.finished_at,
            wrap_ups.c.note,
            agents.c.name.label("agent_name"),
            dispositions.c.title.label("disposition"),
            tasks.c.text.label("step"),
            tasks.c.due_at.label("step_due_at"),
            tasks.c.done_at.label("step_done_at"),
        )
        .select_from(
            calls.join(wrap_ups, wrap_ups.c.call_id == calls.c.call_id)
            .join(agents, agents.c.id == wrap_ups.c.agent_id)
            .outerjoin(dispositions, dispositions.c.id == wrap_ups.c.disposition_id)
            .outerjoin(tasks, promised)
        )
        .where(whose, _NOT_THIS, wrap_ups.c.finished_at.is_not(None), says_something)
        .order_by(calls.c.started_at.desc(), wrap_ups.c.id.desc())
        .limit(1)
    )


_BY_CLIENT = HotSelect(_past(_THE_CLIENT)), HotSelect(_agreed(_THE_CLIENT))
_BY_NUMBER = HotSelect(_past(_THE_NUMBER)), HotSelect(_agreed(_THE_NUMBER))

_TASKS = HotSelect(
    select(
        tasks.c.id,
        tasks.c.kind,
        tasks.c.text,
        tasks.c.due_at,
        tasks.c.call_count,
        agents.c.name.label("assignee_name"),
    )
    .select_from(tasks.outerjoin(agents, agents.c.id == tasks.c.assignee_agent_id))
    .where(
        tasks.c.done_at.is_(None),
        or_(
            tasks.c.client_id == bindparam("client_id"),
            and_(tasks.c.number == bindparam("number"), tasks.c.number != ""),
        ),
    )
    .order_by(tasks.c.due_at, tasks.c.id)
    .limit(TASKS_SHOWN)
)

_NOTES = HotSelect(
    select(wrap_ups.c.agent_id, wrap_ups.c.note, agents.c.name.label("agent_name"))
    .join(agents, agents.c.id == wrap_ups.c.agent_id)
    .where(wrap_ups.c.call_id == bindparam("call_id"), wrap_ups.c.note != "")
    .order_by(wrap_ups.c.id)
)
