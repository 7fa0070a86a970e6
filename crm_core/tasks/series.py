"""A promise that repeats: one occurrence is open at a time, and brings the next one when it ends.

All occurrences carry the id of the first as `series_id`; each has the rule from itself on.
"""

from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import RowMapping, delete, select, update

from crm_core.events import TaskChanged
from crm_core.search.index import reindex
from crm_core.search.kinds import SearchKind
from crm_core.storage.engine import Write
from crm_core.tasks.about import ABOUT
from crm_core.tasks.next_step import NextStep, add_task
from crm_core.tasks.recurrence import (
    fitting,
    next_occurrence,
    read_rule,
    rule_text,
    wall_clock,
)
from crm_core.tasks.tables import task_comments, tasks

_CARRIED: Final = (
    *("text", "number", "place", "owed_by", "assignee_agent_id", "queue", "created_by"),
    *("remind_seconds", "rrule_zone", "series_id"),
    *ABOUT,
)


def zone_called(name: str) -> ZoneInfo:
    """The zone of that name; UTC where this machine does not know it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def remind_at(due_at: datetime, seconds: int | None, now: datetime) -> datetime | None:
    """When to remind: so long before; when that has passed already, at the time itself."""
    if seconds is None:
        return None
    early = due_at - timedelta(seconds=seconds)
    return early if early > now else due_at if due_at > now else None


def rule_of(step: NextStep) -> dict[str, Any]:
    """The columns that say how the step repeats, reckoned from when it is due."""
    if step.repeat is None:
        return {"rrule": "", "rrule_zone": ""}
    slot = wall_clock(step.due_at, zone_called(step.zone))
    return {"rrule": rule_text(fitting(step.repeat, slot), slot), "rrule_zone": step.zone}


def rule_moved(task: RowMapping, step: NextStep) -> dict[str, Any]:
    """The same for a task that is there already: where neither day nor choice is another, it stays
    what it was, also where this occurrence was put off before."""
    if not task["rrule"] or step.repeat is None:
        return rule_of(step)
    known, _ = read_rule(task["rrule"])
    if step.due_at == task["due_at"] and looks_alike(known, step.repeat):
        return {"rrule": task["rrule"], "rrule_zone": task["rrule_zone"]}
    return rule_of(step)


def looks_alike(known: Any, chosen: Any) -> bool:
    """Whether somebody has left a choice as it was: what the date decides is not compared."""
    ends = (known.every, known.until, known.count) == (chosen.every, chosen.until, chosen.count)
    weekdays = not chosen.weekdays or known.weekdays == chosen.weekdays
    return bool(known.pattern is chosen.pattern and ends and weekdays)


async def begin_series(tx: Write, task_id: int) -> None:
    """The task is the first of its series."""
    await tx.execute(update(tasks).where(tasks.c.id == task_id).values(series_id=task_id))


async def bring_next(tx: Write, task: RowMapping, now: datetime) -> int | None:
    """The occurrence after this one is there; None where the series is over, or none is."""
    if not task["rrule"]:
        return None
    following = next_occurrence(task["rrule"], zone_called(task["rrule_zone"]), now)
    if following is None:
        return None
    rule, due_at = following
    lasting = task["ends_at"] - task["due_at"] if task["ends_at"] else None
    values = {name: task[name] for name in _CARRIED}
    task_id = await add_task(
        tx,
        kind=task["kind"],
        at=now,
        due_at=due_at,
        ends_at=due_at + lasting if lasting else None,
        remind_at=remind_at(due_at, task["remind_seconds"], now),
        rrule=rule,
        **values,
    )
    tx.announce(TaskChanged(task_id=task_id))
    return task_id


async def take_back_next(tx: Write, task: RowMapping) -> bool:
    """Remove the occurrence that this one has brought, where nobody has touched it; whether none
    is left that would come twice."""
    if not task["rrule"] or task["series_id"] is None:
        return True
    after = (tasks.c.series_id == task["series_id"]) & (tasks.c.id > task["id"])
    query = select(tasks.c.id, tasks.c.version, tasks.c.done_at).where(after).order_by(tasks.c.id)
    following = (await tx.execute(query.limit(1))).first()
    if following is None:
        return True
    said = select(task_comments.c.id).where(task_comments.c.task_id == following.id)
    touched = following.done_at is not None or following.version > 1
    if touched or (await tx.execute(said)).first() is not None:
        return False
    await tx.execute(delete(tasks).where(tasks.c.id == following.id))
    await reindex(tx, SearchKind.TASK, following.id)
    tx.announce(TaskChanged(task_id=following.id))
    return True
