"""What calls do to wrap-ups: an answer opens the notes, the end of the talk starts the deadline.

Subscribe `handlers()`; every `CallLeft` of a seated agent is answered, by `WrapUpStarted` or by
`WrapUpFinished`, so that nobody waits for a form that never comes. Who has parked the client has
not left: his form begins when somebody else talks with the client, or when the call is over.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, bindparam, delete, exists, literal_column, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.bus import Handler
from crm_core.calls.parking import Parking
from crm_core.calls.tables import call_talks, calls, wrap_ups
from crm_core.clock import Clock
from crm_core.events import WrapUpFinished
from crm_core.storage.engine import Storage, Write
from crm_core.storage.hot import HotSelect, rows_of
from crm_core.storage.trouble import persistently
from crm_core.wrap_up.rows import NOT_NEEDED, begin_row, change_row, find_row, open_row
from crm_core.wrap_up.rules import Owing, read_owing
from telephony.events import CallAnswered, CallEnded, CallHeld, CallLeft, CallsJoined, Direction

AgentAt = Callable[[str], int | None]
LONG_AGO: Final = timedelta(minutes=10)


class WrapUpHearing:
    """Opens and begins wrap-ups for the agents who are seated (`agent_at`)."""

    def __init__(self, storage: Storage, clock: Clock, agent_at: AgentAt) -> None:
        self._storage = storage
        self._clock = clock
        self._agent_at = agent_at
        self._parking = Parking()

    def handlers(self) -> dict[type, Handler]:
        """All that wrap-ups listen to, for one subscription."""
        return {
            CallAnswered: self.on_call_answered,
            CallHeld: self.on_call_held,
            CallsJoined: self.on_calls_joined,
            CallLeft: self.on_call_left,
            CallEnded: self.on_call_ended,
        }

    async def restore(self) -> None:
        """Begin what should have begun while the service was down; before the roster restores."""
        over = select(calls.c.call_id).where(calls.c.ended_at.is_not(None))
        query = select(wrap_ups.c.call_id).where(_unbegun(), wrap_ups.c.call_id.in_(over))
        async with self._storage.read() as connection:
            ids = sorted(set((await connection.execute(query)).scalars()))
        for call_id in ids:
            await self._end(call_id)

    async def on_call_answered(self, fact: CallAnswered) -> None:
        for relieved in self._parking.relieved(fact.call_id, fact.interface):
            await self._out_of_call(fact.call_id, relieved)
        agent_id = self._agent_at(fact.interface)
        if agent_id is not None:
            await persistently(self._clock, lambda: self._open(fact.call_id, agent_id))

    async def _open(self, call_id: str, agent_id: int) -> None:
        async with self._storage.write() as tx:
            owing = await read_owing(tx.connection, call_id)
            if owing is not None and owing.owed:
                await open_row(tx, call_id, agent_id)

    async def on_call_held(self, fact: CallHeld) -> None:
        agent_id = self._agent_at(fact.interface)
        if fact.parked and self._parking.hold(fact.call_id, fact.interface) and agent_id:
            await persistently(self._clock, lambda: self._open(fact.call_id, agent_id))

    async def on_calls_joined(self, fact: CallsJoined) -> None:
        self._parking.join(fact.call_id, fact.absorbed_id)

    async def on_call_left(self, fact: CallLeft) -> None:
        if not self._parking.stays(fact.call_id, fact.interface):
            await self._out_of_call(fact.call_id, fact.interface)

    async def _out_of_call(self, call_id: str, interface: str) -> None:
        agent_id = self._agent_at(interface)
        if agent_id is not None:
            await persistently(self._clock, lambda: self._begin(call_id, agent_id))

    async def _begin(self, call_id: str, agent_id: int) -> None:
        async with self._storage.write() as tx:
            owing = await read_owing(tx.connection, call_id)
            if owing is None or not owing.owed:
                await _drop_empty(tx, call_id)
                tx.announce(_finished(call_id, agent_id, NOT_NEEDED))
                return
            if not await _has_talked(tx.connection, call_id, agent_id):
                # A colleague was asked, and left before he met the client.
                tx.announce(_finished(call_id, agent_id, NOT_NEEDED))
                return
            before = await begin_row(tx, call_id, agent_id, owing.rules, self._clock.now())
            if before is not None and before["finished_at"] is not None:
                # He was faster than the hang-up.
                tx.announce(_finished(call_id, agent_id, before["ending"]))

    async def on_call_ended(self, fact: CallEnded) -> None:
        """Whose leaving was not heard has left now; an internal call owes nothing after all."""
        self._parking.forget(fact.call_id)
        await persistently(self._clock, lambda: self._close(fact))

    async def _close(self, fact: CallEnded) -> None:
        async with self._storage.read() as connection:
            waiting, forgotten = await self._late(connection, fact.call_id)
        if waiting or forgotten or fact.record.direction is Direction.INTERNAL:
            await self._end(fact.call_id)

    async def _end(self, call_id: str) -> None:
        async with self._storage.write() as tx:
            owing = await read_owing(tx.connection, call_id)
            if owing is None:
                return
            if not owing.owed:
                await _drop_empty(tx, call_id)
            waiting, forgotten = await self._late(tx.connection, call_id)
            for agent_id in waiting:
                await self._end_for(tx, owing, agent_id)
            if owing.owed:
                for agent_id in forgotten:
                    await begin_row(tx, call_id, agent_id, owing.rules, self._begins_at(owing))

    def _begins_at(self, owing: Owing) -> datetime:
        """A form of long ago is past its deadline already, and becomes a task: nobody who comes
        back after an outage is to find his phone closed by a dozen of them."""
        now = self._clock.now()
        is_old = owing.ended_at is not None and now - owing.ended_at > LONG_AGO
        return owing.ended_at if is_old and owing.ended_at else now

    async def _end_for(self, tx: Write, owing: Owing, agent_id: int) -> None:
        now, call_id = self._clock.now(), owing.call_id
        if owing.owed and await _has_talked(tx.connection, call_id, agent_id):
            await begin_row(tx, call_id, agent_id, owing.rules, self._begins_at(owing))
            return
        row = await find_row(tx.connection, call_id, agent_id)
        if row is not None:
            await change_row(tx, row["id"], finished_at=now, ending=NOT_NEEDED)
        tx.announce(_finished(call_id, agent_id, NOT_NEEDED))

    async def _late(self, connection: AsyncConnection, call_id: str) -> tuple[list[int], list[int]]:
        """Agents with notes on the call whose deadline does not run yet; seated agents who talked
        in it and have no row, since their answer was not heard."""
        call = {"call_id": call_id}
        waiting, talked = await rows_of(connection, (_WAITING, call), (_TALKED_WITHOUT_ROW, call))
        seated = {
            row["agent_id"] for row in talked if self._agent_at(row["interface"]) == row["agent_id"]
        }
        return [row["agent_id"] for row in waiting], sorted(seated)


_THE_CALL: Final = bindparam("call_id", type_=calls.c.call_id.type)
_WAITING: Final = HotSelect(
    select(wrap_ups.c.agent_id)
    .where(
        wrap_ups.c.call_id == _THE_CALL,
        wrap_ups.c.started_at.is_(None),
        wrap_ups.c.finished_at.is_(None),
    )
    .order_by(wrap_ups.c.id)
)
_TALKED_WITHOUT_ROW: Final = HotSelect(
    select(call_talks.c.interface, call_talks.c.agent_id).where(
        call_talks.c.call_id == _THE_CALL,
        call_talks.c.agent_id.is_not(None),
        ~exists().where(
            wrap_ups.c.call_id == call_talks.c.call_id, wrap_ups.c.agent_id == call_talks.c.agent_id
        ),
    )
)
_TALK: Final = HotSelect(
    select(call_talks.c.id)
    .where(call_talks.c.call_id == _THE_CALL, call_talks.c.agent_id == bindparam("agent_id"))
    .limit(literal_column("1"))
)


def _unbegun() -> ColumnElement[bool]:
    return and_(wrap_ups.c.started_at.is_(None), wrap_ups.c.finished_at.is_(None))


async def _has_talked(connection: AsyncConnection, call_id: str, agent_id: int) -> bool:
    return bool(await _TALK.rows(connection, call_id=call_id, agent_id=agent_id))


async def _drop_empty(tx: Write, call_id: str) -> None:
    await tx.execute(
        delete(wrap_ups).where(
            wrap_ups.c.call_id == call_id,
            wrap_ups.c.note == "",
            wrap_ups.c.finished_at.is_(None),
        )
    )


def _finished(call_id: str, agent_id: int, ending: str) -> WrapUpFinished:
    return WrapUpFinished(call_id=call_id, agent_id=agent_id, ending=ending)
