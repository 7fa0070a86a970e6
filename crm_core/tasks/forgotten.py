"""Missed calls that nobody was told to call back: the service died before it could say so."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.calls.filtering import is_missed
from crm_core.calls.tables import calls
from crm_core.tasks.tables import tasks
from telephony.events import Direction, Outcome

_talk = calls.alias("talk")


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
            ~exists().where(_is_party(tasks), tasks.c.kind == "callback", _not_before(tasks)),
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


def _is_party(table: Any) -> ColumnElement[bool]:
    return or_(
        table.c.number == calls.c.number,
        and_(table.c.client_id == calls.c.client_id, calls.c.client_id.is_not(None)),
    )


def _not_before(table: Any) -> ColumnElement[bool]:
    return or_(table.c.done_at.is_(None), table.c.done_at >= calls.c.ended_at)
