"""A missed caller must be called back: one open task a number (or client), closed by a talk.

What is demanded is derived from the call log each time: the inbound calls that nobody answered
since anyone last talked with that number or client, or since somebody closed the last callback by
hand. So a call told twice counts once, and an unanswered attempt to call back changes nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.directory import find_queue
from crm_core.agents.tables import agents
from crm_core.bus import Handler
from crm_core.calls.filtering import MISSED_OUTCOMES, is_missed
from crm_core.calls.outside import can_be_called_back
from crm_core.calls.tables import call_offers, call_talks, calls
from crm_core.catchup.watching import read_watched
from crm_core.clients.tables import client_numbers, clients
from crm_core.clock import Clock
from crm_core.events import TaskChanged, TaskDone
from crm_core.storage.engine import Storage, Write
from crm_core.storage.hot import HotSelect
from crm_core.storage.trouble import persistently
from crm_core.tasks.forgotten import (
    TALKED,
    list_forgotten,
    list_unheeded_talks,
    settled_at,
)
from crm_core.tasks.next_step import add_task
from crm_core.tasks.tables import tasks
from telephony.events import CallEnded, CallRecord, Direction, Outcome

DUE_SECONDS: Final = 900  # where no queue says otherwise
LOOKED_BACK: Final = timedelta(days=7)  # at a start: a long week-end of the service


def demands_callback(direction: str, outcome: str | None, number: str) -> bool:
    """Inbound, nobody of ours talked, and there is a number outside to call."""
    missed = outcome is not None and outcome in MISSED_OUTCOMES
    return direction == Direction.INBOUND and missed and can_be_called_back(number)


def is_conversation(record: CallRecord) -> bool:
    """An agent and somebody outside have talked."""
    return record.outcome is Outcome.ANSWERED and record.direction is not Direction.INTERNAL


@dataclass(frozen=True, slots=True)
class _Call:
    call_id: str
    direction: str
    outcome: str | None
    number: str
    queue: str | None
    client_id: int | None
    ended_at: datetime


class Callbacks:
    """Listens for calls that end; each handler is one transaction, or none where nothing is due."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock

    def handlers(self) -> dict[type, Handler]:
        """All that callbacks listen to, for one subscription."""
        return {CallEnded: self.on_call_ended}

    async def on_call_ended(self, fact: CallEnded) -> None:
        if fact.record.direction is not Direction.INTERNAL:
            await persistently(self._clock, lambda: self._consider(fact.call_id))

    async def catch_up(self) -> None:
        """After a start: demand, and close, what a service that was killed had no time to. Calls of
        before we ever listened are nobody's to act on."""
        watched = await read_watched(self._storage)
        since = self._clock.now() - LOOKED_BACK
        if watched is not None:
            since = max(since, watched.began_at)
        async with self._storage.read() as connection:
            unheeded = await list_unheeded_talks(connection, since)
        for call_id, task_id in unheeded:
            async with self._storage.write() as tx:
                await self._close(tx, call_id, [task_id])
        async with self._storage.read() as connection:  # he may have called again after the talk
            forgotten = await list_forgotten(connection, since)
        for call_id in forgotten:
            await self._consider(call_id)

    async def _consider(self, call_id: str) -> None:
        async with self._storage.read() as connection:
            call = await _ended_call(connection, call_id)
            if call is None:
                return
            talked = call.outcome == Outcome.ANSWERED
            if talked and not await _open_callbacks(connection, call):
                return
        if talked:
            async with self._storage.write() as tx:
                await self._close(tx, call_id, await _open_callbacks(tx.connection, call))
        elif demands_callback(call.direction, call.outcome, call.number):
            await self._demand(call)

    async def _close(self, tx: Write, call_id: str, ids: list[int]) -> None:
        values = {
            "done_at": self._clock.now(),
            "done_by": await _who_talked(tx.connection, call_id),
            "done_call_id": call_id,
            "ending": TALKED,
            "version": tasks.c.version + 1,
        }
        still_open = tasks.c.id.in_(ids) & tasks.c.done_at.is_(None)
        closed = update(tasks).where(still_open).values(**values).returning(tasks.c.id)
        done = sorted((await tx.execute(closed)).scalars())
        tx.announce(*(TaskDone(task_id=each, ending=TALKED) for each in done))

    async def _demand(self, call: _Call) -> None:
        async with self._storage.write() as tx:
            since = await _last_settled(tx.connection, call)
            if since is not None and call.ended_at <= since:
                return
            missed = await _missed_since(tx.connection, call, since)
            if missed is None:
                return  # meanwhile it became a part of another call
            open_ids = await _open_callbacks(tx.connection, call)
            if open_ids:
                await self._count(tx, open_ids[0], missed)
            else:
                await self._open(tx, call, missed)

    async def _count(self, tx: Write, task_id: int, missed: "_Missed") -> None:
        values = {"call_count": missed.count, "last_call_at": missed.last_at}
        same = select(tasks.c.id).where(
            tasks.c.id == task_id,
            tasks.c.call_count == missed.count,
            tasks.c.last_call_at == missed.last_at,
        )
        if (await tx.execute(same)).first() is None:
            await tx.execute(
                update(tasks)
                .where(tasks.c.id == task_id)
                .values(**values, version=tasks.c.version + 1)
            )
            tx.announce(TaskChanged(task_id=task_id))

    async def _open(self, tx: Write, call: _Call, missed: "_Missed") -> None:
        queue = await find_queue(tx.connection, call.queue) if call.queue else None
        seconds = queue.callback_due_seconds if queue else DUE_SECONDS
        owner = await _owner(tx.connection, call.client_id)
        team = queue.name if queue is not None and queue.active and owner is None else None
        assignee = owner
        if owner is None and team is None:
            assignee = await _last_rung(tx.connection, call.call_id)
        task_id = await add_task(
            tx,
            kind="callback",
            at=self._clock.now(),
            client_id=call.client_id,
            call_id=missed.first_id,
            number=call.number,
            assignee_agent_id=assignee,
            queue=team,
            due_at=missed.first_at + timedelta(seconds=seconds),
            call_count=missed.count,
            last_call_at=missed.last_at,
        )
        tx.announce(TaskChanged(task_id=task_id))


@dataclass(frozen=True, slots=True)
class _Missed:
    count: int
    first_id: str
    first_at: datetime
    last_at: datetime


_ENDED: Final = HotSelect(
    select(*(calls.c[name] for name in _Call.__dataclass_fields__)).where(
        calls.c.call_id == bindparam("call_id"), calls.c.ended_at.is_not(None)
    )
)


async def _ended_call(connection: AsyncConnection, call_id: str) -> _Call | None:
    rows = await _ENDED.rows(connection, call_id=call_id)
    return _Call(**rows[0]) if rows else None


def _same_party(table: Any, call: _Call) -> ColumnElement[bool]:
    """Rows of the same number, or of the same client whatever number he used."""
    who: list[ColumnElement[bool]] = []
    if call.number:
        who.append(table.c.number == call.number)
    if call.client_id is not None:
        who.append(table.c.client_id == call.client_id)
    return or_(*who)


def _open_callbacks_statement() -> Select[Any]:
    """Those of the number, of the client, and of the client's numbers that nobody else has."""
    number = bindparam("number", type_=tasks.c.number.type)
    client_id = bindparam("client_id", type_=tasks.c.client_id.type)
    who = [and_(tasks.c.number == number, tasks.c.number != ""), tasks.c.client_id == client_id]
    unowned = tasks.c.client_id.is_(None) | (tasks.c.client_id == client_id)
    for form in (client_numbers.c.e164, client_numbers.c.digits):
        his = select(form).where(
            client_numbers.c.client_id == client_id,
            client_numbers.c.wrong.is_(False),
            form.is_not(None),
        )
        who.append(tasks.c.number.in_(his) & unowned)
    open_ones = and_(tasks.c.kind == "callback", tasks.c.done_at.is_(None))
    return select(tasks.c.id).where(open_ones, or_(*who)).order_by(tasks.c.id)


_OPEN_CALLBACKS: Final = HotSelect(_open_callbacks_statement())


async def _open_callbacks(connection: AsyncConnection, call: _Call) -> list[int]:
    given = {"number": call.number, "client_id": call.client_id}
    return [row["id"] for row in await _OPEN_CALLBACKS.rows(connection, **given)]


async def _last_settled(connection: AsyncConnection, call: _Call) -> datetime | None:
    """When anyone last talked with the caller, or last closed a callback to him."""
    talks = select(func.max(calls.c.ended_at)).where(
        _same_party(calls, call),
        calls.c.outcome == Outcome.ANSWERED.value,
        calls.c.direction != Direction.INTERNAL.value,
    )
    closed = select(func.max(settled_at())).where(
        _same_party(tasks, call), tasks.c.kind == "callback"
    )
    moments = [(await connection.execute(query)).scalar_one() for query in (talks, closed)]
    return max((each for each in moments if each is not None), default=None)


async def _missed_since(
    connection: AsyncConnection, call: _Call, since: datetime | None
) -> _Missed | None:
    query = (
        select(calls.c.call_id, calls.c.ended_at)
        .where(_same_party(calls, call), is_missed(), calls.c.ended_at.is_not(None))
        .order_by(calls.c.ended_at, calls.c.call_id)
    )
    if since is not None:
        query = query.where(calls.c.ended_at > since)
    rows = (await connection.execute(query)).all()
    if not rows:
        return None
    return _Missed(len(rows), rows[0].call_id, rows[0].ended_at, rows[-1].ended_at)


async def _owner(connection: AsyncConnection, client_id: int | None) -> int | None:
    if client_id is None:
        return None
    query = (
        select(clients.c.owner_agent_id)
        .join(agents, agents.c.id == clients.c.owner_agent_id)
        .where(clients.c.id == client_id, agents.c.active)
    )
    owner = (await connection.execute(query)).scalar_one_or_none()
    return None if owner is None else int(owner)


async def _last_rung(connection: AsyncConnection, call_id: str) -> int | None:
    """Whose phone rang last for a call that no queue has."""
    query = (
        select(call_offers.c.agent_id)
        .join(agents, agents.c.id == call_offers.c.agent_id)
        .where(call_offers.c.call_id == call_id, agents.c.active)
        .order_by(call_offers.c.offered_at.desc(), call_offers.c.id.desc())
        .limit(1)
    )
    rung = (await connection.execute(query)).scalar_one_or_none()
    return None if rung is None else int(rung)


async def _who_talked(connection: AsyncConnection, call_id: str) -> int | None:
    query = (
        select(call_talks.c.agent_id)
        .where(call_talks.c.call_id == call_id, call_talks.c.agent_id.is_not(None))
        .order_by(call_talks.c.started_at, call_talks.c.id)
        .limit(1)
    )
    talked = (await connection.execute(query)).scalar_one_or_none()
    return None if talked is None else int(talked)
