"""What a start must find again: a call as it was remembered, and the wrap-ups still owed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.calls.tables import calls, wrap_ups


@dataclass(frozen=True, slots=True)
class RememberedCall:
    """The head of a call as the log has it; `direction` is the stored word."""

    call_id: str
    direction: str
    caller: str
    caller_name: str
    dialled: str
    queue: str
    started_at: datetime
    ended: bool


@dataclass(frozen=True, slots=True)
class OwedWrapUp:
    """A form that its agent has not closed yet."""

    call: RememberedCall
    agent_id: int
    started_at: datetime


async def find_call(connection: AsyncConnection, call_id: str) -> RememberedCall | None:
    """The call, or None when the log has none of that id."""
    row = (await connection.execute(_CALL.where(calls.c.call_id == call_id))).first()
    return _remembered(row) if row else None


async def client_of_call(connection: AsyncConnection, call_id: str) -> int | None:
    """The client the call is linked to; None where it is with nobody known."""
    query = select(calls.c.client_id).where(calls.c.call_id == call_id)
    found: int | None = (await connection.execute(query)).scalar_one_or_none()
    return found


async def list_owed_wrap_ups(connection: AsyncConnection) -> list[OwedWrapUp]:
    """Everybody's forms that are open, the oldest first."""
    rows = await connection.execute(_OWED)
    return [OwedWrapUp(_remembered(row), row.agent_id, row.wrap_up_started_at) for row in rows]


def _remembered(row: Any) -> RememberedCall:
    return RememberedCall(
        row.call_id,
        row.direction,
        row.caller,
        row.caller_name,
        row.dialled,
        row.queue or "",
        row.started_at,
        row.ended_at is not None,
    )


_HEAD = (
    calls.c.call_id,
    calls.c.direction,
    calls.c.caller,
    calls.c.caller_name,
    calls.c.dialled,
    calls.c.queue,
    calls.c.started_at,
    calls.c.ended_at,
)
_CALL: Select[Any] = select(*_HEAD)
_OWED: Select[Any] = (
    select(*_HEAD, wrap_ups.c.agent_id, wrap_ups.c.started_at.label("wrap_up_started_at"))
    .join(wrap_ups, wrap_ups.c.call_id == calls.c.call_id)
    .where(wrap_ups.c.started_at.is_not(None), wrap_ups.c.finished_at.is_(None))
    .order_by(wrap_ups.c.started_at, wrap_ups.c.id)
)
