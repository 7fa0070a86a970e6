"""What was promised, by whom, until when: checked, before it becomes a task."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.directory import find_queue
from crm_core.agents.tables import agents
from crm_core.errors import Invalid
from crm_core.search.index import reindex
from crm_core.search.kinds import SearchKind
from crm_core.storage.engine import Write
from crm_core.tasks.recurrence import MOST_COUNT, MOST_EVERY, Recurrence
from crm_core.tasks.tables import tasks
from crm_core.wording import LARGEST_ID, line, paragraphs

LONGEST_TEXT: Final = 2000  # characters
LONGEST_PLACE: Final = 300
LATENESS: Final = timedelta(minutes=1)  # forms give whole minutes, and people take some seconds
FURTHEST: Final = timedelta(days=5 * 366)
LONGEST_MEETING: Final = timedelta(days=14)
MOST_REMINDING: Final = 14 * 86400  # seconds before


class PromiseKind(StrEnum):
    """What people set themselves; callbacks and owed wrap-ups come by themselves."""

    NEXT_STEP = "next_step"
    CALL = "call"
    MEETING = "meeting"


class OwedBy(StrEnum):
    """Who has promised it: we, or the client, and then we look on that day whether he did."""

    US = "us"
    CLIENT = "client"


@dataclass(frozen=True, slots=True)
class NextStep:
    """A text, an aware instant, and for whom: one person, or the team of a queue.

    `remind_seconds` before it is due the assignee is reminded. What repeats does so by the wall
    clock of `zone`.
    """

    text: str
    due_at: datetime
    assignee_agent_id: int | None = None
    queue: str | None = None
    kind: PromiseKind = PromiseKind.NEXT_STEP
    ends_at: datetime | None = None
    place: str = ""
    owed_by: OwedBy = OwedBy.US
    remind_seconds: int | None = None
    repeat: Recurrence | None = None
    zone: str = "UTC"


async def checked_step(connection: AsyncConnection, step: NextStep, now: datetime) -> NextStep:
    """The step as it will be kept. Refuses (Invalid) `text` required, too_long; `due_at`
    zone_missing, past, too_far; `assignee` required, ambiguous, unknown; `queue` unknown; and what
    `checked_details` refuses."""
    checked_due(step.due_at, now)
    await check_assignee(connection, step.assignee_agent_id, step.queue)
    return checked_details(step)


def checked_details(step: NextStep) -> NextStep:
    """The step with its text and place made fit to keep. Refuses (Invalid) `text` required,
    too_long; `place` too_long; `ends_at` period_backwards, too_far; `remind`, `every`, `count`
    out_of_range; `until` period_backwards."""
    text = paragraphs("text", step.text, limit=LONGEST_TEXT)
    if not text:
        raise Invalid("text", "required")
    place = line("place", step.place, limit=LONGEST_PLACE, required=False)
    if step.ends_at is not None:
        if step.ends_at <= step.due_at:
            raise Invalid("ends_at", "period_backwards")
        if step.ends_at - step.due_at > LONGEST_MEETING:
            raise Invalid("ends_at", "too_far")
    if step.remind_seconds is not None:
        _within("remind", step.remind_seconds, 0, MOST_REMINDING)
    if step.repeat is not None:
        _check_repeat(step.repeat, step.due_at)
    return replace(step, text=text, place=place)


def _check_repeat(repeat: Recurrence, due_at: datetime) -> None:
    _within("every", repeat.every, 1, MOST_EVERY)
    if repeat.count is not None:
        _within("count", repeat.count, 1, MOST_COUNT)
    if repeat.until is not None and repeat.until < due_at.date() - timedelta(days=1):
        raise Invalid("until", "period_backwards")


def _within(field: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise Invalid(field, "out_of_range", least=least, most=most)


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
    """A new row, found by its text; the values are columns of `tasks` and checked already."""
    row = {"kind": kind, "created_at": at, **values}
    result = await tx.execute(insert(tasks).values(**row))
    task_id = int(result.inserted_primary_key[0])
    if row.get("text"):
        await reindex(tx, SearchKind.TASK, task_id)
    return task_id
