"""A wrap-up whose deadline has passed ends by itself, and what it owed becomes a task.

The seat opens, so that callers are not kept waiting; but no conversation ends without its next
step: where the queue requires one, the agent gets a task of kind `wrap_up` to say what the call
was. His notes are kept, and finishing the wrap-up late does that task.

When the wall clock jumps, the deadlines go with it: nobody has more or less time for that.
"""

from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import RowMapping, select

from crm_core.calls.tables import wrap_ups
from crm_core.clock import Clock
from crm_core.clock_watch import ClockWatch
from crm_core.events import TaskChanged, WrapUpFinished, WrapUpStarted
from crm_core.storage.engine import Storage, Write
from crm_core.storage.trouble import persistently
from crm_core.tasks.next_step import add_task
from crm_core.wrap_up.rows import EXPIRED, change_row
from crm_core.wrap_up.rules import read_owing

log = structlog.get_logger(__name__)

EVERY: Final = timedelta(seconds=1)  # the form shows a running clock: its zero is to be believed
TASK_DUE: Final = timedelta(minutes=15)  # while the talk is still remembered


class WrapUpExpiry:
    """`run` watches until cancelled; `sweep` looks once and gives the calls that expired."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock
        self._watch = ClockWatch(clock)
        self._jumped_seconds = 0.0

    async def run(self) -> None:
        """Sweep for ever; a failed sweep is logged and the next one tries again. One without a
        database waits for it."""
        while True:
            try:
                await persistently(self._clock, self.sweep)
            except Exception as error:
                log.error("expiry_failed", exc_info=error)
            await self._clock.sleep(EVERY.total_seconds())

    async def sweep(self) -> list[str]:
        """End every wrap-up that is past its deadline."""
        self._jumped_seconds += self._watch.look()
        if self._jumped_seconds:
            await self._go_with_the_clock(timedelta(seconds=self._jumped_seconds))
            self._jumped_seconds = 0.0
        now = self._clock.now()
        query = (
            select(wrap_ups)
            .where(wrap_ups.c.finished_at.is_(None), wrap_ups.c.deadline_at <= now)
            .order_by(wrap_ups.c.deadline_at, wrap_ups.c.id)
        )
        async with self._storage.read() as connection:
            if (await connection.execute(query.limit(1))).first() is None:
                return []
        async with self._storage.write() as tx:
            rows = (await tx.execute(query)).mappings().all()
            for row in rows:
                await self._expire(tx, row, now)
        return [row["call_id"] for row in rows]

    async def _go_with_the_clock(self, jumped: timedelta) -> None:
        open_ones = select(wrap_ups).where(
            wrap_ups.c.finished_at.is_(None), wrap_ups.c.deadline_at.is_not(None)
        )
        async with self._storage.write() as tx:
            for row in (await tx.execute(open_ones)).mappings().all():
                deadline = row["deadline_at"] + jumped
                await change_row(tx, row["id"], deadline_at=deadline)
                tx.announce(
                    WrapUpStarted(
                        call_id=row["call_id"], agent_id=row["agent_id"], deadline_at=deadline
                    )
                )

    async def _expire(self, tx: Write, row: RowMapping, now: datetime) -> None:
        call_id, agent_id = row["call_id"], row["agent_id"]
        owing = await read_owing(tx.connection, call_id)
        task_id = row["task_id"]
        if owing is not None and owing.rules.next_step_required and task_id is None:
            task_id = await add_task(
                tx,
                kind="wrap_up",
                at=now,
                due_at=now + TASK_DUE,
                assignee_agent_id=agent_id,
                client_id=owing.client_id,
                call_id=call_id,
                number=owing.number,
            )
            tx.announce(TaskChanged(task_id=task_id))
        await change_row(tx, row["id"], finished_at=now, ending=EXPIRED, task_id=task_id)
        tx.announce(WrapUpFinished(call_id=call_id, agent_id=agent_id, ending=EXPIRED))
