"""Rows of wrap_ups: one for each agent of a call, opened at his answer for the notes he takes."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.calls.cleaning import existing_call_id
from crm_core.calls.tables import wrap_ups
from crm_core.events import WrapUpStarted
from crm_core.storage.engine import Write
from crm_core.storage.hot import HotSelect
from crm_core.storage.hot_write import HotWrite
from crm_core.wrap_up.rules import Rules

SAVED, SKIPPED, EXPIRED, NOT_NEEDED = "saved", "skipped", "expired", "not_needed"


Row = Mapping[Any, Any]

_ROW: Final = HotSelect(
    select(wrap_ups).where(
        wrap_ups.c.call_id == bindparam("call_id"), wrap_ups.c.agent_id == bindparam("agent_id")
    )
)
_OPEN: Final = HotWrite.same(
    insert(wrap_ups).values(call_id=bindparam("call_id"), agent_id=bindparam("agent_id"))
)
_TIMES = {
    name: bindparam(name, type_=wrap_ups.c[name].type) for name in ("started_at", "deadline_at")
}
_BEGIN: Final = HotWrite.same(
    update(wrap_ups).where(wrap_ups.c.id == bindparam("row_id")).values(**_TIMES)
)


async def find_row(connection: AsyncConnection, call_id: str, agent_id: int) -> Row | None:
    """The agent's row of this call. Raises NotFound for an id that no call can have."""
    rows = await _ROW.rows(connection, call_id=existing_call_id(call_id), agent_id=agent_id)
    return rows[0] if rows else None


async def change_row(tx: Write, row_id: int, **values: Any) -> None:
    await tx.execute(update(wrap_ups).where(wrap_ups.c.id == row_id).values(**values))


async def open_row(tx: Write, call_id: str, agent_id: int) -> None:
    """Ready for notes; who talks again in a call that he had wrapped up goes on with his notes."""
    row = await find_row(tx.connection, call_id, agent_id)
    if row is None:
        await _OPEN.run(tx.connection, [{"call_id": call_id, "agent_id": agent_id}])
    elif row["started_at"] is not None or row["finished_at"] is not None:
        fresh = dict.fromkeys(("started_at", "deadline_at", "finished_at", "ending"))
        await change_row(tx, row["id"], **fresh)


async def begin_row(
    tx: Write, call_id: str, agent_id: int, rules: Rules, now: datetime
) -> Row | None:
    """Start the clock, unless it runs or ran already; the row as it was before."""
    row = await find_row(tx.connection, call_id, agent_id)
    if row is not None and (row["started_at"] is not None or row["finished_at"] is not None):
        return row
    deadline = now + timedelta(seconds=rules.seconds)
    times = {"started_at": now, "deadline_at": deadline}
    if row is None:
        await tx.execute(insert(wrap_ups).values(call_id=call_id, agent_id=agent_id, **times))
    else:
        await _BEGIN.run(tx.connection, [{"row_id": row["id"], **times}])
    tx.announce(WrapUpStarted(call_id=call_id, agent_id=agent_id, deadline_at=deadline))
    return row
