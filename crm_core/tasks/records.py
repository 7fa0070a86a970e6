"""Tasks are made, changed, handed over, done and taken back; each change is audited."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import RowMapping, select

from crm_core.agents.people import Agent
from crm_core.clock import Clock
from crm_core.errors import Conflict, Invalid, NotFound
from crm_core.events import TaskChanged, TaskDone
from crm_core.storage.engine import Storage, Write
from crm_core.tasks.about import NOBODY, About, checked_about, touch_lead
from crm_core.tasks.changing import change, open_task, refuse_stale, task_to_change, write
from crm_core.tasks.next_step import (
    LONGEST_TEXT,
    NextStep,
    PromiseKind,
    add_task,
    check_assignee,
    checked_details,
    checked_due,
    checked_step,
)
from crm_core.tasks.series import (
    begin_series,
    bring_next,
    remind_at,
    rule_moved,
    rule_of,
    take_back_next,
)
from crm_core.tasks.tables import tasks
from crm_core.tasks.unfilled import checked_reason, refuse_filled, refuse_without_form
from crm_core.wording import paragraphs

ENDED_SERIES: Final[dict[str, Any]] = {"rrule": "", "rrule_zone": ""}


class Tasks:
    """What people do with tasks. A `version` that is no longer the newest is a Conflict."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock

    async def create(
        self,
        actor: Agent,
        step: NextStep,
        about: About = NOBODY,
        *,
        client_id: int | None = None,
        number: str = "",
    ) -> int:
        """A next step outside of any call; see `checked_step` and `checked_about` for what is
        refused. A lead that it is about is fresh no more."""
        now = self._clock.now()
        if client_id is not None:
            about = About(client_id)
        async with self._storage.write() as tx:
            step = await checked_step(tx.connection, step, now)
            about = await checked_about(tx.connection, actor, about)
            task_id = await add_task(
                tx,
                kind=step.kind.value,
                at=now,
                number=number,
                created_by=actor.id,
                assignee_agent_id=step.assignee_agent_id,
                queue=step.queue,
                **_details(step, now),
                **rule_of(step),
                **about.columns,
            )
            if step.repeat is not None:
                await begin_series(tx, task_id)
            await touch_lead(tx, about.lead_id, now)
            tx.announce(TaskChanged(task_id=task_id))
        return task_id

    async def rewrite(
        self,
        actor: Agent,
        task_id: int,
        version: int,
        step: NextStep,
        about: About,
        *,
        only_this: bool = False,
    ) -> None:
        """Everything about an open promise but whose it is. Of one that repeats, all later ones
        follow; `only_this` leaves them as they were, and the next of them is there at once."""
        now = self._clock.now()
        async with self._storage.write() as tx:
            before = await open_task(tx, actor, task_id)
            if before["kind"] not in set(PromiseKind):
                raise NotFound(task_id=task_id)
            refuse_stale(before, version)
            step = checked_details(step)
            if about.columns != {name: before[name] for name in about.columns}:
                about = await checked_about(tx.connection, actor, about)
            moved = step.due_at != before["due_at"]
            values = {"kind": step.kind.value, **about.columns, **_details(step, now)}
            if moved:
                checked_due(step.due_at, now)
                values["escalated_at"] = None
            elif step.remind_seconds == before["remind_seconds"]:
                values["remind_at"] = before["remind_at"]
            values["reminded_at"] = _still_reminded(before, values["remind_at"])
            repeats = {} if only_this else rule_moved(before, step)
            if only_this and before["rrule"]:
                await bring_next(tx, before, now)
                repeats = ENDED_SERIES
            await change(tx, now, actor, before, "edited", {**values, **repeats})
            if repeats.get("rrule") and before["series_id"] is None:
                await begin_series(tx, task_id)

    async def edit(
        self,
        actor: Agent,
        task_id: int,
        version: int,
        *,
        text: str | None = None,
        due_at: datetime | None = None,
    ) -> int:
        """Another text or due time for an open task; a callback may go without a text. What it
        lasts and how long before it reminds stay, and so does the rule by which it repeats. The
        version it has now."""
        now, values = self._clock.now(), dict[str, Any]()
        if text is not None:
            values["text"] = paragraphs("text", text, limit=LONGEST_TEXT)
        async with self._storage.write() as tx:
            before = await open_task(tx, actor, task_id)
            if values.get("text") == "" and before["kind"] in set(PromiseKind):
                raise Invalid("text", "required")
            if due_at is not None and due_at != before["due_at"]:
                values |= _moved(before, checked_due(due_at, now), now)
            refuse_stale(before, version)
            changed = await change(tx, now, actor, before, "edited", values)
        return int(before["version"]) + changed

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
            before = await open_task(tx, actor, task_id)
            refuse_without_form(before)
            await check_assignee(tx.connection, assignee_agent_id, queue)
            refuse_stale(before, version)
            values = {"assignee_agent_id": assignee_agent_id, "queue": queue}
            await change(tx, self._clock.now(), actor, before, "handed_over", values)

    async def take(self, actor: Agent, task_id: int) -> None:
        """Make a team's task one's own. `already_taken` (with the `agent_id`) where it is late."""
        async with self._storage.write() as tx:
            before = await open_task(tx, actor, task_id)
            holder = before["assignee_agent_id"]
            if holder not in (None, actor.id):
                raise Conflict("already_taken", agent_id=holder)
            # The queue stays on it: should it be handed back, the team is known.
            values = {"assignee_agent_id": actor.id}
            await change(tx, self._clock.now(), actor, before, "taken", values)

    async def done(self, actor: Agent, task_id: int, *, call_id: str | None = None) -> None:
        """It is done, and where it repeats the next one is there; `already_done` where somebody
        was faster, `wrap_up_by_form` where only the form about the call does it (as for `cancel`
        and `hand_over`)."""
        await self._finish(actor, task_id, "done", call_id)

    async def cancel(self, actor: Agent, task_id: int) -> None:
        """It need not be done any more; where it repeats, the next one is there."""
        await self._finish(actor, task_id, "cancelled", None)

    async def end_series(self, actor: Agent, task_id: int) -> None:
        """The open occurrence is the last."""
        async with self._storage.write() as tx:
            before = await open_task(tx, actor, task_id)
            now = self._clock.now()
            await change(tx, now, actor, before, "series_ended", dict(ENDED_SERIES))

    async def close_unfilled(self, actor: Agent, task_id: int, reason: str) -> None:
        """Close what an expired wrap-up left without its form; see `checked_reason` for what is
        refused. NotFound for a task of another kind."""
        async with self._storage.write() as tx:
            before = await open_task(tx, actor, task_id)
            if before["kind"] != "wrap_up":
                raise NotFound(task_id=task_id)
            why = await checked_reason(tx, actor, before, reason)
            now = self._clock.now()
            values = {"done_at": now, "done_by": actor.id, "ending": "cancelled"}
            await write(tx, now, actor, before, "closed", values, reason=why)
            tx.announce(TaskDone(task_id=task_id, ending="cancelled"))

    async def reopen(self, actor: Agent, task_id: int) -> None:
        """Undo `done` or `cancel`; the next one that it brought goes again, unless somebody has
        touched it: then this one repeats no more. `another_open` where the number has another
        callback by now, `already_finished` where a form has done it."""
        async with self._storage.write() as tx:
            before = await task_to_change(tx, actor, task_id)
            if before["done_at"] is None:
                return
            await refuse_filled(tx, before)
            await _refuse_second_callback(tx, before)
            values: dict[str, Any] = dict.fromkeys(("done_at", "done_by", "done_call_id", "ending"))
            if not await take_back_next(tx, before):
                values |= ENDED_SERIES
            await change(tx, self._clock.now(), actor, before, "reopened", values)

    async def _finish(self, actor: Agent, task_id: int, ending: str, call_id: str | None) -> None:
        now = self._clock.now()
        async with self._storage.write() as tx:
            before = await open_task(tx, actor, task_id)
            refuse_without_form(before)
            values = {"done_at": now, "done_by": actor.id, "ending": ending}
            await write(tx, now, actor, before, ending, {**values, "done_call_id": call_id})
            tx.announce(TaskDone(task_id=task_id, ending=ending))
            await bring_next(tx, before, now)


def _details(step: NextStep, now: datetime) -> dict[str, Any]:
    return {
        "text": step.text,
        "due_at": step.due_at,
        "ends_at": step.ends_at,
        "place": step.place,
        "owed_by": step.owed_by.value,
        "remind_seconds": step.remind_seconds,
        "remind_at": remind_at(step.due_at, step.remind_seconds, now),
    }


def _moved(before: RowMapping, due_at: datetime, now: datetime) -> dict[str, Any]:
    """Put off or brought forward as a whole: a new promise may be late, and reminded of, anew."""
    lasting = before["ends_at"] - before["due_at"] if before["ends_at"] else None
    return {
        "due_at": due_at,
        "ends_at": due_at + lasting if lasting else None,
        "escalated_at": None,
        "remind_at": remind_at(due_at, before["remind_seconds"], now),
        "reminded_at": None,
    }


def _still_reminded(before: RowMapping, remind: datetime | None) -> datetime | None:
    kept = remind is not None and remind == before["remind_at"]
    return before["reminded_at"] if kept else None


async def _refuse_second_callback(tx: Write, task: RowMapping) -> None:
    query = select(tasks.c.id).where(
        tasks.c.kind == "callback", tasks.c.number == task["number"], tasks.c.done_at.is_(None)
    )
    if task["kind"] == "callback":
        other = (await tx.execute(query)).scalars().first()
        if other is not None:
            raise Conflict("another_open", task_id=other)
