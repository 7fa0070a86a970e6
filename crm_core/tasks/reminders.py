"""A reminder rings once when its time has come, and stands on the screen until somebody acts on it.

`remind_at` is when; `reminded_at` when it rang; without `remind_at` nothing rings (any more).
"""

from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from sqlalchemy import and_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.people import Agent
from crm_core.clock import Clock
from crm_core.events import ReminderDue, TaskChanged
from crm_core.storage.engine import Storage
from crm_core.storage.trouble import persistently
from crm_core.tasks.changing import open_task
from crm_core.tasks.next_step import checked_due
from crm_core.tasks.queries import TaskRow, select_tasks
from crm_core.tasks.tables import tasks

log = structlog.get_logger(__name__)

EVERY: Final = timedelta(seconds=5)
MOST_SHOWN: Final = 20
_RINGING: Final = and_(
    tasks.c.done_at.is_(None), tasks.c.remind_at.is_not(None), tasks.c.reminded_at.is_not(None)
)


class Reminders:
    """`run` watches until cancelled; `sweep` looks once and gives the tasks it reminded of."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock

    async def run(self) -> None:
        """Sweep for ever; a failed sweep is logged and the next one tries again. One without a
        database waits for it."""
        while True:
            try:
                await persistently(self._clock, self.sweep)
            except Exception as error:
                log.error("reminding_failed", exc_info=error)
            await self._clock.sleep(EVERY.total_seconds())

    async def sweep(self) -> list[int]:
        """Ring for each open task of somebody whose time to be reminded has come."""
        now = self._clock.now()
        due = (
            select(tasks.c.id, tasks.c.assignee_agent_id)
            .where(
                tasks.c.remind_at <= now,
                tasks.c.reminded_at.is_(None),
                tasks.c.done_at.is_(None),
                tasks.c.assignee_agent_id.is_not(None),  # a team's rings for whoever takes it
            )
            .order_by(tasks.c.remind_at, tasks.c.id)
        )
        async with self._storage.read() as connection:
            if (await connection.execute(due.limit(1))).first() is None:
                return []
        async with self._storage.write() as tx:
            rows = (await tx.execute(due)).all()
            ids = [row.id for row in rows]
            await tx.execute(update(tasks).where(tasks.c.id.in_(ids)).values(reminded_at=now))
            tx.announce(
                *(ReminderDue(task_id=row.id, agent_id=row.assignee_agent_id) for row in rows)
            )
        return ids

    async def snooze(self, actor: Agent, task_id: int, until: datetime) -> None:
        """Ring again at `until`; when it is due stays. See `checked_due` for what is refused."""
        checked_due(until, self._clock.now())
        await self._set(actor, task_id, remind_at=until, reminded_at=None)

    async def dismiss(self, actor: Agent, task_id: int) -> None:
        """It has been seen; the task stays open."""
        await self._set(actor, task_id, remind_at=None)

    async def _set(self, actor: Agent, task_id: int, **values: Any) -> None:
        async with self._storage.write() as tx:
            await open_task(tx, actor, task_id)
            await tx.execute(update(tasks).where(tasks.c.id == task_id).values(**values))
            tx.announce(TaskChanged(task_id=task_id))


async def list_ringing(connection: AsyncConnection, agent_id: int) -> list[TaskRow]:
    """What rang for this agent and waits for him to act, the longest first."""
    query = (
        select_tasks()
        .where(tasks.c.assignee_agent_id == agent_id, _RINGING)
        .order_by(tasks.c.reminded_at, tasks.c.id)
        .limit(MOST_SHOWN)
    )
    return [TaskRow(**row) for row in (await connection.execute(query)).mappings()]
