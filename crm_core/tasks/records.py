"""Tasks are made, changed, handed over, done and taken back; each change is audited."""

from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, select, update

from crm_core import audit
from crm_core.agents.people import Agent
from crm_core.agents.rights import Action
from crm_core.clients.tables import clients
from crm_core.clock import Clock
from crm_core.errors import Conflict, Invalid, NotFound
from crm_core.events import TaskChanged, TaskDone
from crm_core.storage.engine import Storage, Write
from crm_core.tasks.access import access_task
from crm_core.tasks.next_step import (
    LONGEST_TEXT,
    NextStep,
    add_task,
    check_assignee,
    checked_due,
    checked_step,
)
from crm_core.tasks.tables import tasks
from crm_core.tasks.unfilled import checked_reason, refuse_filled, refuse_without_form
from crm_core.wording import existing_id, paragraphs


class Tasks:
    """What people do with tasks. A `version` that is no longer the newest is a Conflict."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock

    async def create(
        self, actor: Agent, step: NextStep, *, client_id: int | None = None, number: str = ""
    ) -> int:
        """A next step outside of any call; see `checked_step` for what is refused."""
        now = self._clock.now()
        async with self._storage.write() as tx:
            step = await checked_step(tx.connection, step, now)
            if client_id is not None:
                await _known_client(tx, client_id)
            task_id = await add_task(
                tx,
                kind="next_step",
                at=now,
                text=step.text,
                due_at=step.due_at,
                assignee_agent_id=step.assignee_agent_id,
                queue=step.queue,
                client_id=client_id,
                number=number,
                created_by=actor.id,
            )
            tx.announce(TaskChanged(task_id=task_id))
        return task_id

    async def edit(
        self,
        actor: Agent,
        task_id: int,
        version: int,
        *,
        text: str | None = None,
        due_at: datetime | None = None,
    ) -> None:
        """Another text or due time for an open task; a callback may go without a text."""
        now, values = self._clock.now(), dict[str, Any]()
        if text is not None:
            values["text"] = paragraphs("text", text, limit=LONGEST_TEXT)
        async with self._storage.write() as tx:
            before = await _open_task(tx, actor, task_id)
            if values.get("text") == "" and before["kind"] == "next_step":
                raise Invalid("text", "required")
            if due_at is not None and due_at != before["due_at"]:
                values["due_at"] = checked_due(due_at, now)
                values["escalated_at"] = None  # a new promise may be late anew
            await self._change(tx, actor, before, "edited", values, version)

    async def hand_over(
        self,
        actor: Agent,
        task_id: int,
        version: int,
        *,
        assignee_agent_id: int | None = None,
        queue: str | None = None,
    ) -> None:
        """Give an open task to a colleague or to the team of a queue."""
        async with self._storage.write() as tx:
            before = await _open_task(tx, actor, task_id)
            refuse_without_form(before)
            await check_assignee(tx.connection, assignee_agent_id, queue)
            values = {"assignee_agent_id": assignee_agent_id, "queue": queue}
            await self._change(tx, actor, before, "handed_over", values, version)

    async def take(self, actor: Agent, task_id: int) -> None:
        """Make a team's task one's own. `already_taken` (with the `agent_id`) where it is late."""
        async with self._storage.write() as tx:
            before = await _open_task(tx, actor, task_id)
            holder = before["assignee_agent_id"]
            if holder not in (None, actor.id):
                raise Conflict("already_taken", agent_id=holder)
            # The queue stays on it: should it be handed back, the team is known.
            await self._change(tx, actor, before, "taken", {"assignee_agent_id": actor.id})

    async def done(self, actor: Agent, task_id: int, *, call_id: str | None = None) -> None:
        """It is done; `already_done` where somebody was faster, `wrap_up_by_form` where only the
        form about the call does it (as for `cancel` and `hand_over`)."""
        await self._finish(actor, task_id, "done", call_id)

    async def cancel(self, actor: Agent, task_id: int) -> None:
        """It need not be done any more."""
        await self._finish(actor, task_id, "cancelled", None)

    async def close_unfilled(self, actor: Agent, task_id: int, reason: str) -> None:
        """Close what an expired wrap-up left without its form; see `checked_reason` for what is
        refused. NotFound for a task of another kind."""
        async with self._storage.write() as tx:
            before = await _open_task(tx, actor, task_id)
            if before["kind"] != "wrap_up":
                raise NotFound(task_id=task_id)
            why = await checked_reason(tx, actor, before, reason)
            values = {"done_at": self._clock.now(), "done_by": actor.id, "ending": "cancelled"}
            await self._write(tx, actor, before, "closed", values, reason=why)
            tx.announce(TaskDone(task_id=task_id, ending="cancelled"))

    async def reopen(self, actor: Agent, task_id: int) -> None:
        """Undo `done` or `cancel`. `another_open` where the number has another callback by now,
        `already_finished` where a form has done it."""
        async with self._storage.write() as tx:
            before = await _task(tx, actor, task_id)
            if before["done_at"] is None:
                return
            await refuse_filled(tx, before)
            await _refuse_second_callback(tx, before)
            values = {"done_at": None, "done_by": None, "done_call_id": None, "ending": None}
            await self._change(tx, actor, before, "reopened", values)

    async def _finish(self, actor: Agent, task_id: int, ending: str, call_id: str | None) -> None:
        async with self._storage.write() as tx:
            before = await _open_task(tx, actor, task_id)
            refuse_without_form(before)
            values = {"done_at": self._clock.now(), "done_by": actor.id, "ending": ending}
            await self._write(tx, actor, before, ending, {**values, "done_call_id": call_id})
            tx.announce(TaskDone(task_id=task_id, ending=ending))

    async def _change(
        self,
        tx: Write,
        actor: Agent,
        before: RowMapping,
        action: str,
        values: dict[str, Any],
        version: int | None = None,
    ) -> None:
        if version is not None and version != before["version"]:
            raise Conflict("changed_meanwhile", task_id=before["id"])
        values = {name: value for name, value in values.items() if before[name] != value}
        if values:
            await self._write(tx, actor, before, action, values)
            tx.announce(TaskChanged(task_id=before["id"]))

    async def _write(
        self,
        tx: Write,
        actor: Agent,
        before: RowMapping,
        action: str,
        values: dict[str, Any],
        **said: str,
    ) -> None:
        await tx.execute(
            update(tasks)
            .where(tasks.c.id == before["id"])
            .values(**values, version=before["version"] + 1)
        )
        changed = {name: [_plain(before[name]), _plain(new)] for name, new in values.items()}
        details = {**changed, **said}
        await audit.record(tx, self._clock.now(), actor.id, action, "task", before["id"], **details)


async def _task(tx: Write, actor: Agent, task_id: int) -> RowMapping:
    await access_task(tx.connection, actor, task_id, Action.EDIT)
    row = (await tx.execute(select(tasks).where(tasks.c.id == task_id))).mappings().one()
    assert isinstance(row, RowMapping)
    return row


async def _open_task(tx: Write, actor: Agent, task_id: int) -> RowMapping:
    row = await _task(tx, actor, task_id)
    if row["done_at"] is not None:
        raise Conflict("already_done", task_id=task_id, agent_id=row["done_by"])
    return row


async def _refuse_second_callback(tx: Write, task: RowMapping) -> None:
    query = select(tasks.c.id).where(
        tasks.c.kind == "callback", tasks.c.number == task["number"], tasks.c.done_at.is_(None)
    )
    if task["kind"] == "callback":
        other = (await tx.execute(query)).scalars().first()
        if other is not None:
            raise Conflict("another_open", task_id=other)


async def _known_client(tx: Write, client_id: int) -> None:
    query = select(clients.c.id).where(
        clients.c.id == existing_id(client_id), clients.c.deleted_at.is_(None)
    )
    if (await tx.execute(query)).first() is None:
        raise NotFound(client_id=client_id)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
