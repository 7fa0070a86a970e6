"""What an agent still owes: for the form on his screen, also after a reload or a restart."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.calls.tables import wrap_ups
from crm_core.tasks.tables import tasks
from crm_core.wording import existing_id
from crm_core.wrap_up.rows import EXPIRED, Row, find_row
from crm_core.wrap_up.rules import NO_QUEUE, read_owing


@dataclass(frozen=True, slots=True)
class OpenWrapUp:
    """`started_at` is None while the call goes on: then there are notes, but no deadline yet."""

    call_id: str
    agent_id: int
    started_at: datetime | None
    deadline_at: datetime | None
    note: str
    skippable: bool
    next_step_required: bool  # by the queue; the disposition must demand it as well


async def open_wrap_ups(connection: AsyncConnection, agent_id: int) -> list[OpenWrapUp]:
    """The agent's unfinished wrap-ups, the first begun first."""
    query = (
        select(wrap_ups)
        .where(wrap_ups.c.agent_id == agent_id, wrap_ups.c.finished_at.is_(None))
        .order_by(wrap_ups.c.id)
    )
    rows = (await connection.execute(query)).mappings().all()
    return [await _shown(connection, row["call_id"], agent_id, row) for row in rows]


async def find_wrap_up(
    connection: AsyncConnection, call_id: str, agent_id: int
) -> OpenWrapUp | None:
    """The agent's wrap-up of this call, finished or not. Raises NotFound as `find_row` does."""
    row = await find_row(connection, call_id, agent_id)
    return None if row is None else await _shown(connection, call_id, agent_id, row)


async def find_demanded(
    connection: AsyncConnection, task_id: int, agent_id: int
) -> OpenWrapUp | None:
    """The agent's own wrap-up that missed its deadline and left this open task; None if it is
    another's, was finished since, or the task is of another kind."""
    query = (
        select(wrap_ups)
        .join(tasks, tasks.c.id == wrap_ups.c.task_id)
        .where(
            tasks.c.id == existing_id(task_id),
            tasks.c.kind == "wrap_up",
            tasks.c.done_at.is_(None),
            wrap_ups.c.agent_id == agent_id,
            wrap_ups.c.ending == EXPIRED,
        )
    )
    row = (await connection.execute(query)).mappings().one_or_none()
    return None if row is None else await _shown(connection, row["call_id"], agent_id, row)


async def _shown(connection: AsyncConnection, call_id: str, agent_id: int, row: Row) -> OpenWrapUp:
    owing = await read_owing(connection, call_id)
    rules = owing.rules if owing else NO_QUEUE
    return OpenWrapUp(
        call_id,
        agent_id,
        row["started_at"],
        row["deadline_at"],
        row["note"],
        rules.skippable,
        rules.next_step_required,
    )
