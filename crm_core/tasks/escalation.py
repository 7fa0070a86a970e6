"""A callback that is late is told to the supervisors, once, and stays marked.

The watch begins with the callbacks that a killed service had no time to demand: they may be late.
"""

from datetime import timedelta
from typing import Final

import structlog
from sqlalchemy import select, update

from crm_core.clock import Clock
from crm_core.events import CallbackEscalated, TaskChanged
from crm_core.storage.engine import Storage
from crm_core.storage.trouble import persistently
from crm_core.tasks.callbacks import Callbacks
from crm_core.tasks.tables import tasks

log = structlog.get_logger(__name__)

EVERY: Final = timedelta(seconds=15)  # late by a quarter of a minute is soon enough to know


class Escalation:
    """`run` watches until cancelled; `sweep` looks once and gives the tasks it escalated."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock
        self._callbacks = Callbacks(storage, clock)

    async def run(self) -> None:
        """Sweep for ever; a failed sweep is logged and the next one tries again. One without a
        database waits for it."""
        await persistently(self._clock, self._callbacks.catch_up)
        while True:
            try:
                await persistently(self._clock, self.sweep)
            except Exception as error:
                log.error("escalation_failed", exc_info=error)
            await self._clock.sleep(EVERY.total_seconds())

    async def sweep(self) -> list[int]:
        """Escalate each open callback whose due time has passed."""
        now = self._clock.now()
        late = (
            select(tasks.c.id)
            .where(
                tasks.c.kind == "callback",
                tasks.c.done_at.is_(None),
                tasks.c.escalated_at.is_(None),
                tasks.c.due_at <= now,
            )
            .order_by(tasks.c.due_at, tasks.c.id)
        )
        async with self._storage.read() as connection:
            if (await connection.execute(late.limit(1))).first() is None:
                return []
        async with self._storage.write() as tx:
            ids = list((await tx.execute(late)).scalars())
            await tx.execute(update(tasks).where(tasks.c.id.in_(ids)).values(escalated_at=now))
            for task_id in ids:
                tx.announce(CallbackEscalated(task_id=task_id), TaskChanged(task_id=task_id))
        return ids
