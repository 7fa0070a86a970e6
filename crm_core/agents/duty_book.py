"""The roster in memory: who sits where, what each is at, and the steps that wait to be stored."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from crm_core.agents.directory import Extension
from crm_core.agents.rolls import AgentStatus, Shift, write_shifts
from crm_core.agents.seating import LEAVING_PAUSE, WRAP_UP_PAUSE, Seat, SeatKeeper
from crm_core.agents.state import Duty, Part, State
from crm_core.bus import Bus
from crm_core.clock import Clock
from crm_core.events import AgentStateChanged
from crm_core.storage.engine import Storage, Write
from crm_core.storage.trouble import persistently
from telephony.events import Direction

Change = Callable[[Duty], Duty]


@dataclass(frozen=True, slots=True)
class _StatesMoved:
    """Something waits to be written; many of these may be answered by one transaction."""


@dataclass(slots=True)
class Person:
    """One agent since the start of the service; `desk` is None while he is away."""

    agent_id: int
    name: str
    since: datetime
    duty: Duty = field(default_factory=Duty)
    desk: Extension | None = None
    queues: dict[str, int] = field(default_factory=dict)
    missed: int = 0
    unconfirmed: set[str] = field(default_factory=set)  # calls remembered, not heard of since

    def status(self) -> AgentStatus:
        return AgentStatus(
            self.agent_id,
            self.name,
            self.duty.state,
            self.duty.reason,
            self.since,
            self.desk.number if self.desk else None,
            self.desk.interface if self.desk else None,
            self.duty.call_id,
            self.duty.pending,
            self.missed,
        )


class DutyBook:
    """Every change of a duty goes through `change`; `noted` has it stored, then announced."""

    def __init__(self, storage: Storage, clock: Clock, keeper: SeatKeeper, bus: Bus | None) -> None:
        self._storage = storage
        self._clock = clock
        self._keeper = keeper
        self._bus = bus
        if bus is not None:
            bus.subscribe("agent_states", {_StatesMoved: self._on_states_moved})
        self.people: dict[int, Person] = {}
        self.sitting: dict[str, int] = {}
        self.owners: dict[str, int] = {}
        self.phones: defaultdict[str, dict[str, Part]] = defaultdict(dict)
        self.directions: dict[str, Direction] = {}
        self._shifts: list[Shift] = []
        self._one_writer = asyncio.Lock()

    def person_at(self, interface: str) -> Person | None:
        agent_id = self.sitting.get(interface)
        return None if agent_id is None else self.people[agent_id]

    def owes_wrap_up(self, call_id: str) -> bool:
        """Conversations with the outside do; where we never heard what it is, the log decides."""
        return self.directions.get(call_id) is not Direction.INTERNAL

    def change(self, person: Person, change: Change, at: datetime | None = None) -> None:
        """Apply `change`; the seat on the exchange follows by itself."""
        before, shown = person.duty, person.status()
        person.duty = change(before)
        if person.duty == before:
            return
        moved = (person.duty.state, person.duty.reason) != (before.state, before.reason)
        if moved:
            # The exchange's clock may be ahead of ours or behind the last change.
            now = self._clock.now()
            person.since = max(shown.since, min(at or now, now))
        if not person.duty.seated and person.desk is not None:
            self.sitting.pop(person.desk.interface, None)
            self._keeper.want(person.desk.interface, None)
            person.desk = None
            person.unconfirmed.clear()
        else:
            self.reseat(person)
        if moved or person.status() != shown or person.duty.pause != before.pause:
            at_work = shown.state is not State.OFFLINE
            self.note(person, shown.state, moved=moved, opened_at=shown.since if at_work else None)

    def note(
        self, person: Person, before: State, *, moved: bool, opened_at: datetime | None = None
    ) -> None:
        """Have a step stored; `opened_at` is when the stretch before it began, if known."""
        duty = person.duty
        desk_id = person.desk.id if person.desk else None
        self._shifts.append(
            Shift(person.status(), before, desk_id, duty.pause, duty.leaving, moved, opened_at)
        )

    def reseat(self, person: Person) -> None:
        if person.desk is not None and person.duty.seated:
            seat = Seat(person.name, dict(person.queues), _seat_pause(person.duty))
            self._keeper.want(person.desk.interface, seat)

    async def noted(self) -> None:
        """Have what changed stored: soon, together with what changes meanwhile."""
        if not self._shifts:
            return
        if self._bus is None:
            await self.write_down()
        else:
            self._bus.publish(_StatesMoved())

    async def _on_states_moved(self, event: _StatesMoved) -> None:
        await persistently(self._clock, self._write)

    async def write_down(self) -> None:
        """Store what changed, now; what the database does not take now is stored later."""
        try:
            await self._write()
        except Exception:
            if self._bus is not None:
                self._bus.publish(_StatesMoved())
            raise

    async def _write(self) -> None:
        async with self._one_writer:
            shifts, self._shifts = self._shifts, []
            if not shifts:
                return
            tx: Write | None = None
            try:
                async with self._storage.write() as tx:
                    await write_shifts(tx, shifts)
                    tx.announce(*map(_announcement, shifts))
            finally:
                # Cancelled in the commit, they may be stored all the same: twice would be a lie.
                if tx is None or not tx.is_committed:
                    self._shifts = [*shifts, *self._shifts]


def _seat_pause(duty: Duty) -> str | None:
    talking = any(part is Part.TALKING for _, part in duty.calls)
    if talking or duty.wrap_ups:
        return WRAP_UP_PAUSE
    return LEAVING_PAUSE if duty.leaving else duty.pause


def _announcement(shift: Shift) -> AgentStateChanged:
    status = shift.status
    return AgentStateChanged(
        agent_id=status.agent_id,
        state=status.state.value,
        reason=status.reason,
        since=status.since,
        extension=status.extension,
        call_id=status.call_id,
        pending=status.pending,
    )
