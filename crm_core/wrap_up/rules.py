"""What is owed after a call, by the rules of its queue.

A wrap-up is asked of every agent who talked with somebody outside (inbound or outbound, answered);
internal calls and offers that rang out owe nothing. A next step is required where both the queue
and the disposition say so.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.directory import find_queue
from crm_core.calls.tables import calls
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


async def read_owing(connection: AsyncConnection, call_id: str) -> Owing | None:
    """What the call owes; None for a call that the log does not know."""
    columns = [calls.c[name] for name in ("direction", "queue", "client_id", "number")]
    row = (await connection.execute(select(*columns).where(calls.c.call_id == call_id))).first()
    if row is None:
        return None
    queue = await find_queue(connection, row.queue) if row.queue else None
    rules = NO_QUEUE
    if queue is not None:
        rules = Rules(queue.wrap_up_seconds, queue.wrap_up_skippable, queue.next_step_required)
    outside = row.direction != Direction.INTERNAL
    return Owing(call_id, outside, rules, row.client_id, row.number)
