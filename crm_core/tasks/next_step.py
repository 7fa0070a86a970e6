"""What was promised, by whom, until when: checked, before it becomes a task."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.directory import find_queue
from crm_core.agents.tables import agents
from crm_core.errors import Invalid
from crm_core.storage.engine import Write
from crm_core.tasks.tables import tasks
from crm_core.wording import LARGEST_ID, paragraphs

LONGEST_TEXT: Final = 2000  # characters
LATENESS: Final = timedelta(minutes=1)  # forms give whole minutes, and people take some seconds
FURTHEST: Final = timedelta(days=5 * 366)


@dataclass(frozen=True, slots=True)
class NextStep:
    """A text, an aware instant, and for whom: one person, or the team of a queue."""

    text: str
    due_at: datetime
    assignee_agent_id: int | None = None
    queue: str | None = None


async def checked_step(connection: AsyncConnection, step: NextStep, now: datetime) -> NextStep:
    """The step as it will be kept. Refuses (Invalid) `text` required, too_long; `due_at`
    zone_missing, past, too_far; `assignee` required, ambiguous, unknown; `queue` unknown."""
    text = paragraphs("text", step.text, limit=LONGEST_TEXT)
    if not text:
        raise Invalid("text", "required")
    checked_due(step.due_at, now)
    await check_assignee(connection, step.assignee_agent_id, step.queue)
    return replace(step, text=text)


def checked_due(due_at: datetime, now: datetime) -> datetime:
    """A due instant that can be kept: with its zone, not past, not absurd."""
    if due_at.tzinfo is None:
        raise Invalid("due_at", "zone_missing")
    if due_at < now - LATENESS:
        raise Invalid("due_at", "past")
    if due_at > now + FURTHEST:
        raise Invalid("due_at", "too_far")
    return due_at


async def check_assignee(
    connection: AsyncConnection, agent_id: int | None, queue: str | None
) -> None:
    """Exactly one of a person who works here and an active queue."""
    if agent_id is None and queue is None:
        raise Invalid("assignee", "required")
    if agent_id is not None and queue is not None:
        raise Invalid("assignee", "ambiguous")
    if agent_id is not None:
        query = select(agents.c.id).where(agents.c.id == agent_id, agents.c.active)
        known = 0 < agent_id <= LARGEST_ID
        if not known or (await connection.execute(query)).first() is None:
            raise Invalid("assignee", "unknown")
    if queue is not None:
        found = await find_queue(connection, queue)
        if found is None or not found.active:
            raise Invalid("queue", "unknown")


async def add_task(tx: Write, *, kind: str, at: datetime, **values: Any) -> int:
    """A new row; the values are columns of `tasks` and checked already."""
    row = {"kind": kind, "created_at": at, **values}
    result = await tx.execute(insert(tasks).values(**row))
    return int(result.inserted_primary_key[0])
