"""What the call log knows and the callbacks do not: the service died before it could say so."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, String, and_, case, cast, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.calls.filtering import is_missed
from crm_core.calls.tables import calls
from crm_core.clients.tables import client_numbers
from crm_core.tables import audit
from crm_core.tasks.tables import tasks
from telephony.events import Direction, Outcome

TALKED: Final = "talked"
"""How a callback ends that nobody closed by hand."""

_talk = calls.alias("talk")
_closing = calls.alias("closing")


async def list_forgotten(connection: AsyncConnection, since: datetime) -> list[str]:
    """Ids of the missed calls begun after `since`, oldest first, on which no callback is open and
    after which none was closed and nobody talked with the caller."""
    query = (
        select(calls.c.call_id)
        .where(
            calls.c.started_at >= since,
            is_missed(),
            calls.c.ended_at.is_not(None),
            calls.c.number != "",
            ~exists().where(
                _is_party(tasks),
                tasks.c.kind == "callback",
                or_(tasks.c.done_at.is_(None), settled_at() >= calls.c.ended_at),
            ),
            ~exists().where(
                _is_party(_talk),
                _talk.c.outcome == Outcome.ANSWERED.value,
                _talk.c.direction != Direction.INTERNAL.value,
                _talk.c.ended_at >= calls.c.ended_at,
            ),
        )
        .order_by(calls.c.started_at, calls.c.call_id)
    )
    return list((await connection.execute(query)).scalars())


async def list_unheeded_talks(
    connection: AsyncConnection, since: datetime
) -> list[tuple[str, int]]:
    """Each open callback that an answered call begun after `since` should have closed: the last
    missed call it counts is no younger than the end of the talk, and nobody has opened it again
    since. Pairs of call and task, oldest call first, one for each task."""
    no_younger = tasks.c.last_call_at <= calls.c.ended_at
    query = (
        select(tasks.c.id, calls.c.call_id)
        .select_from(tasks)
        .join(calls, or_(_is_party(tasks), _is_his_other_number()))
        .where(
            tasks.c.kind == "callback",
            tasks.c.done_at.is_(None),
            calls.c.started_at >= since,
            calls.c.outcome == Outcome.ANSWERED.value,
            calls.c.direction != Direction.INTERNAL.value,
            calls.c.ended_at.is_not(None),
            or_(no_younger, tasks.c.call_id == calls.c.call_id),
            ~_reopened_since(),
        )
        .order_by(calls.c.ended_at.desc(), calls.c.call_id.desc())
    )
    earliest = {row.id: row.call_id for row in await connection.execute(query)}
    return [(call_id, task_id) for task_id, call_id in earliest.items()]


def _reopened_since() -> ColumnElement[bool]:
    """Somebody took back that the callback was done, after the talk had ended."""
    return exists().where(
        audit.c.subject == "task",
        audit.c.subject_id == cast(tasks.c.id, String),
        audit.c.action == "reopened",
        audit.c.at >= calls.c.ended_at,
    )


def _is_his_other_number() -> ColumnElement[bool]:
    """The callback is to a number, nobody's so far, that is by now the caller's."""
    whose = select(client_numbers.c.client_id).where(
        client_numbers.c.wrong.is_(False),
        or_(client_numbers.c.e164 == tasks.c.number, client_numbers.c.digits == tasks.c.number),
    )
    return and_(calls.c.client_id.in_(whose), tasks.c.client_id.is_(None))


def _is_party(table: Any) -> ColumnElement[bool]:
    return or_(
        table.c.number == calls.c.number,
        and_(table.c.client_id == calls.c.client_id, calls.c.client_id.is_not(None)),
    )


def settled_at() -> ColumnElement[datetime]:
    """Until when the missed calls of a closed callback are settled: to the end of the talk that
    closed it, which may be written down much later; else to the moment when somebody did."""
    talk = select(_closing.c.ended_at).where(_closing.c.call_id == tasks.c.done_call_id)
    by_talk = and_(tasks.c.ending == TALKED, tasks.c.done_call_id.is_not(None))
    return case(
        (by_talk, func.coalesce(talk.scalar_subquery(), tasks.c.done_at)), else_=tasks.c.done_at
    )
