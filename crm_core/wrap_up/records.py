"""What an agent does with his wrap-up: notes during the call, and its end with the next step."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy import exists, or_, select, update

from crm_core.agents.directory import Disposition
from crm_core.agents.people import Agent
from crm_core.calls.tables import call_offers, call_talks, calls, dispositions
from crm_core.clock import Clock
from crm_core.errors import Conflict, Invalid, NotFound
from crm_core.events import NoteSaved, TaskChanged, TaskDone, WrapUpFinished
from crm_core.search.index import reindex
from crm_core.search.kinds import SearchKind
from crm_core.storage.engine import Storage, Write
from crm_core.tasks.next_step import NextStep, add_task, checked_step
from crm_core.tasks.tables import tasks
from crm_core.wording import LARGEST_ID, paragraphs
from crm_core.wrap_up.rows import SAVED, SKIPPED, Row, change_row, find_row, open_row
from crm_core.wrap_up.rules import Owing, read_owing

LONGEST_NOTE: Final = 10_000  # characters


class WrapUps:
    """Each agent has his own wrap-up of a call; nobody finishes another's."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock

    async def save_note(self, actor: Agent, call_id: str, text: str) -> None:
        """Keep what is typed (the whole text each time), from the first ring until it is saved.

        Raises NotFound for a call that was never his, `already_finished` after `finish`.
        """
        note = paragraphs("note", text, limit=LONGEST_NOTE)
        async with self._storage.write() as tx:
            row = await find_row(tx.connection, call_id, actor.id)
            if row is None:
                await _own_call(tx, actor, call_id)
                await open_row(tx, call_id, actor.id)
                row = await _row(tx, actor, call_id)
            _refuse_saved(row)
            if row["note"] != note:
                await change_row(tx, row["id"], note=note)
                await reindex(tx, SearchKind.CALL_NOTE, row["id"])
                tx.announce(NoteSaved(call_id=call_id, agent_id=actor.id, note=note))

    async def finish(
        self,
        actor: Agent,
        call_id: str,
        disposition_id: int | None,
        note: str,
        next_step: NextStep | None = None,
    ) -> int | None:
        """Disposition, note and next step in one transaction; the id of the task, if one was made.

        A step for nobody is one's own. Also ends early (still talking) and late (expired: the task
        that demanded it is done by this). Refuses `disposition` required, unknown; `next_step`
        required; what `checked_step` refuses; `already_finished`; NotFound.
        """
        note = paragraphs("note", note, limit=LONGEST_NOTE)
        now = self._clock.now()
        async with self._storage.write() as tx:
            row = await _row(tx, actor, call_id)
            _refuse_saved(row)
            owing = await read_owing(tx.connection, call_id)
            if owing is None:
                raise NotFound(call_id=call_id)
            disposition = await _disposition(tx, disposition_id)
            demanded = owing.rules.next_step_required and disposition.needs_next_step
            if next_step is None and demanded:
                raise Invalid("next_step", "required")
            await _close_demand(tx, row, actor, now)
            task_id = None
            if next_step is not None:
                task_id = await self._promise(tx, actor, owing, next_step, now)
            await change_row(
                tx,
                row["id"],
                finished_at=now,
                ending=SAVED,
                disposition_id=disposition.id,
                note=note,
                task_id=task_id or row["task_id"],
            )
            if row["note"] != note:
                await reindex(tx, SearchKind.CALL_NOTE, row["id"])
                tx.announce(NoteSaved(call_id=call_id, agent_id=actor.id, note=note))
            tx.announce(WrapUpFinished(call_id=call_id, agent_id=actor.id, ending=SAVED))
        return task_id

    async def skip(self, actor: Agent, call_id: str) -> None:
        """End it without a word, where the queue's rules permit; else `skip_not_allowed`."""
        async with self._storage.write() as tx:
            row = await _row(tx, actor, call_id)
            if row["finished_at"] is not None:
                raise Conflict("already_finished", call_id=call_id)
            owing = await read_owing(tx.connection, call_id)
            if owing is None or not owing.rules.skippable:
                raise Conflict("skip_not_allowed", call_id=call_id)
            await change_row(tx, row["id"], finished_at=self._clock.now(), ending=SKIPPED)
            tx.announce(WrapUpFinished(call_id=call_id, agent_id=actor.id, ending=SKIPPED))

    async def _promise(
        self, tx: Write, actor: Agent, owing: Owing, step: NextStep, now: datetime
    ) -> int:
        if step.assignee_agent_id is None and step.queue is None:
            step = replace(step, assignee_agent_id=actor.id)
        step = await checked_step(tx.connection, step, now)
        task_id = await add_task(
            tx,
            kind="next_step",
            at=now,
            text=step.text,
            due_at=step.due_at,
            assignee_agent_id=step.assignee_agent_id,
            queue=step.queue,
            client_id=owing.client_id,
            call_id=owing.call_id,
            number=owing.number,
            created_by=actor.id,
        )
        tx.announce(TaskChanged(task_id=task_id))
        return task_id


async def _row(tx: Write, actor: Agent, call_id: str) -> Row:
    row = await find_row(tx.connection, call_id, actor.id)
    if row is None:
        raise NotFound(call_id=call_id)
    return row


def _refuse_saved(row: Row) -> None:
    if row["ending"] == SAVED:
        raise Conflict("already_finished", call_id=row["call_id"])


async def _own_call(tx: Write, actor: Agent, call_id: str) -> None:
    """The call has rung at this agent's phone, or he has talked in it."""
    rang = exists().where(call_offers.c.call_id == call_id, call_offers.c.agent_id == actor.id)
    talked = exists().where(call_talks.c.call_id == call_id, call_talks.c.agent_id == actor.id)
    query = select(calls.c.call_id).where(calls.c.call_id == call_id, or_(rang, talked))
    if (await tx.execute(query)).first() is None:
        raise NotFound(call_id=call_id)


async def _disposition(tx: Write, disposition_id: int | None) -> Disposition:
    if disposition_id is None:
        raise Invalid("disposition", "required")
    query = select(dispositions).where(
        dispositions.c.id == min(disposition_id, LARGEST_ID), dispositions.c.active
    )
    row = (await tx.execute(query)).mappings().one_or_none()
    if row is None:
        raise Invalid("disposition", "unknown")
    return Disposition(**row)


async def _close_demand(tx: Write, row: Row, actor: Agent, now: datetime) -> None:
    """The task that an expired wrap-up had left behind is done with it."""
    mine = (tasks.c.id == row["task_id"]) & (tasks.c.kind == "wrap_up") & tasks.c.done_at.is_(None)
    values = {"done_at": now, "done_by": actor.id, "ending": "done"}
    done = await tx.execute(update(tasks).where(mine).values(**values, version=tasks.c.version + 1))
    if done.rowcount:
        tx.announce(TaskDone(task_id=row["task_id"], ending="done"))
