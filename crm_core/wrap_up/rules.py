"""What is owed after a call, by the rules of its queue.

A wrap-up is asked of every agent who talked with somebody outside (inbound or outbound, answered);
internal calls and offers that rang out owe nothing. A next step is required where both the queue
and the disposition say so.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.tables import queues
from crm_core.calls.tables import calls
from crm_core.storage.hot import HotSelect
from telephony.events import Direction


@dataclass(frozen=True, slots=True)
class Rules:
    """Seconds to the deadline; whether it may be skipped; whether a next step may be demanded."""

    seconds: int = 60
    skippable: bool = False
    next_step_required: bool = True


NO_QUEUE: Final = Rules()
"""For calls that no queue of ours has: direct and outbound ones."""


@dataclass(frozen=True, slots=True)
class Owing:
    """A call as its wrap-up sees it."""

    call_id: str
    owed: bool
    rules: Rules
    client_id: int | None
    number: str
    ended_at: datetime | None = None


_OWING: Final = HotSelect(
    select(
        calls.c.direction,
        calls.c.client_id,
        calls.c.number,
        calls.c.ended_at,
        queues.c.wrap_up_seconds,
        queues.c.wrap_up_skippable,
        queues.c.next_step_required,
    )
    .select_from(calls.outerjoin(queues, queues.c.name == calls.c.queue))
    .where(calls.c.call_id == bindparam("call_id"))
)


async def read_owing(connection: AsyncConnection, call_id: str) -> Owing | None:
    """What the call owes; None for a call that the log does not know."""
    rows = await _OWING.rows(connection, call_id=call_id)
    if not rows:
        return None
    [row] = rows
    rules = NO_QUEUE
    if row["wrap_up_seconds"] is not None:
        rules = Rules(row["wrap_up_seconds"], row["wrap_up_skippable"], row["next_step_required"])
    outside = row["direction"] != Direction.INTERNAL
    return Owing(call_id, outside, rules, row["client_id"], row["number"], row["ended_at"])
