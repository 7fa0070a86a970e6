"""Who sits where and does what: seats, states and wishes, live in memory and stored at each change.

One agent has one seat in however many tabs; a desk has one agent. Subscribe `handlers()` as one
subscriber, so that a call's facts and its wrap-ups arrive in order; at start `restore()` once the
wrap-ups have restored themselves. A state is stored, then announced as `AgentStateChanged`.
"""

import asyncio
from dataclasses import replace
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents import state
from crm_core.agents.directory import Extension, get_extension, list_pause_reasons, queues_of
from crm_core.agents.duty_book import Change, DutyBook, Person
from crm_core.agents.duty_hearing import DutyHearing, finishing
from crm_core.agents.people import Agent, get_agent
from crm_core.agents.roles import Role
from crm_core.agents.rolls import AgentStatus, Remembered, read_remembered
from crm_core.agents.seating import SeatKeeper, Seats
from crm_core.agents.state import Duty, Part, State
from crm_core.bus import Bus, Handler
from crm_core.calls.tables import wrap_ups
from crm_core.clock import Clock
from crm_core.errors import Conflict, Forbidden, Invalid
from crm_core.storage.engine import Storage

_MAY_DIRECT: Final = frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR})


class Roster:
    """The seats of the office. With a bus, many changes at once are stored in one transaction."""

    def __init__(
        self, storage: Storage, clock: Clock, seats: Seats, bus: Bus | None = None
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._keeper = SeatKeeper(seats, clock)
        self._book = DutyBook(storage, clock, self._keeper, bus)
        self._hearing = DutyHearing(self._book, self._keeper, storage, clock)
        self._one_command = asyncio.Lock()

    # -- asked by others -------------------------------------------------------------------------

    def agent_at(self, interface: str) -> int | None:
        """Who is logged in at this phone."""
        return self._book.sitting.get(interface)

    def agent_of(self, interface: str) -> int | None:
        """Who is logged in at this phone, else whose fixed desk it is: what the call log notes."""
        return self._book.sitting.get(interface) or self._book.owners.get(interface)

    def interface_of(self, agent_id: int) -> str | None:
        """The phone an agent sits at, None when he is away."""
        person = self._book.people.get(agent_id)
        return person.desk.interface if person and person.desk else None

    def status_of(self, agent_id: int) -> AgentStatus | None:
        """One agent's status; None for somebody who has not sat down since the start."""
        person = self._book.people.get(agent_id)
        return person.status() if person else None

    def states(self) -> list[AgentStatus]:
        """Everybody who is seated, by name."""
        seated = [each.status() for each in self._book.people.values() if each.duty.seated]
        return sorted(seated, key=lambda status: (status.name, status.agent_id))

    # -- commands --------------------------------------------------------------------------------

    async def log_in(
        self, actor: Agent, extension_id: int, *, pause_reason: str | None = None
    ) -> AgentStatus:
        """Sit down; a call that the phone is in already is adopted. A second tab changes nothing.

        Refuses `extension_retired`, `extension_reserved` and `extension_taken` (the last two with
        the `name` of who has it), `busy_with_call` for another desk in a call; NotFound.
        """
        async with self._one_command:
            async with self._storage.read() as connection:
                desk = await get_extension(connection, extension_id)
                await self._check_reason(connection, pause_reason)
                await self._check_desk(connection, actor, desk)
                queues = await queues_of(connection, actor.id)
            person = self._book.people.setdefault(
                actor.id, Person(actor.id, actor.name, self._clock.now())
            )
            if person.desk is not None and person.desk.id != desk.id:
                if person.duty.calls or person.duty.wrap_ups:
                    raise Conflict("busy_with_call", call_id=person.duty.call_id)
                self._book.change(person, state.leave_at_once)
            return await self._sit(person, actor, desk, queues, pause_reason)

    async def _sit(
        self,
        person: Person,
        actor: Agent,
        desk: Extension,
        queues: dict[str, int],
        pause_reason: str | None,
    ) -> AgentStatus:
        person.name, person.queues = actor.name, queues
        if person.desk is None:
            person.missed = 0
        person.desk = desk
        self._book.sitting[desk.interface] = actor.id
        parts = list(self._book.phones[desk.interface].items())
        self._book.change(person, lambda duty: state.sit_down(duty, parts, pause_reason))
        await self._book.write_down()
        return person.status()

    async def log_out(self, actor: Agent, agent_id: int | None = None) -> AgentStatus:
        """Go home (supervisors may send others): at once, or after the call and its wrap-up."""
        return await self._command(actor, agent_id, state.leave)

    async def pause(self, actor: Agent, reason: str, agent_id: int | None = None) -> AgentStatus:
        """Take no calls, for one of the office's reasons; wished during a call, after it."""
        async with self._storage.read() as connection:
            await self._check_reason(connection, reason)
        return await self._command(actor, agent_id, lambda duty: state.pause(duty, reason))

    async def ready(self, actor: Agent, agent_id: int | None = None) -> AgentStatus:
        """Take calls (again); takes back a pending pause or log-out. `wrap_up_open` comes first."""
        person = self._directed(actor, agent_id)
        if person.duty.state is State.WRAP_UP:
            await self._check_wrap_ups(person)
        return await self._command(actor, agent_id, state.be_ready)

    async def _command(self, actor: Agent, agent_id: int | None, change: Change) -> AgentStatus:
        person = self._directed(actor, agent_id)
        async with self._one_command:
            self._book.change(person, change)
            await self._book.write_down()
        return person.status()

    def _directed(self, actor: Agent, agent_id: int | None) -> Person:
        if agent_id not in (None, actor.id) and actor.role not in _MAY_DIRECT:
            raise Forbidden(role=actor.role.value)
        person = self._book.people.get(actor.id if agent_id is None else agent_id)
        if person is None or not person.duty.seated:
            raise Conflict("not_logged_in")
        return person

    async def _check_reason(self, connection: AsyncConnection, reason: str | None) -> None:
        known = {each.code for each in await list_pause_reasons(connection)}
        if reason is not None and reason not in known:
            raise Invalid("reason", "unknown", reason=reason)

    async def _check_desk(self, connection: AsyncConnection, actor: Agent, desk: Extension) -> None:
        if not desk.active:
            raise Conflict("extension_retired", number=desk.number)
        holder = self._book.sitting.get(desk.interface)
        if holder not in (None, actor.id):
            name = self._book.people[holder].name
            raise Conflict("extension_taken", number=desk.number, name=name, agent_id=holder)
        if desk.agent_id not in (None, actor.id):
            owner = await get_agent(connection, desk.agent_id)
            raise Conflict(
                "extension_reserved", number=desk.number, name=owner.name, agent_id=owner.id
            )

    async def _check_wrap_ups(self, person: Person) -> None:
        """Refuse while one is open; forget one that the database knows nothing of."""
        query = select(wrap_ups.c.call_id).where(
            wrap_ups.c.agent_id == person.agent_id,
            wrap_ups.c.finished_at.is_(None),
            wrap_ups.c.started_at.is_not(None),
        )
        async with self._storage.read() as connection:
            open_ids = set((await connection.execute(query)).scalars())
        for call_id in person.duty.wrap_ups:
            if call_id in open_ids:
                raise Conflict("wrap_up_open", call_id=call_id)
        for call_id in person.duty.wrap_ups:
            self._book.change(person, finishing(call_id))

    # -- start and stop --------------------------------------------------------------------------

    async def read_owners(self) -> None:
        """Know whose fixed desk is which: enough for the call log where nobody logs in."""
        await self._hearing.read_owners()

    async def restore(self) -> None:
        """Put people where they were before the restart; calls are confirmed by what comes next."""
        await self._hearing.read_owners()
        async with self._storage.read() as connection:
            for kept in await read_remembered(connection):
                self._seat_again(kept, await queues_of(connection, kept.agent_id))
        await self._book.write_down()

    def _seat_again(self, kept: Remembered, queues: dict[str, int]) -> None:
        desk = Extension(kept.extension_id, kept.number, kept.interface, None, active=True)
        parts = {State.TALKING: Part.TALKING, State.RINGING: Part.RINGING}
        part = parts.get(kept.state)
        calls = ((kept.call_id, part),) if kept.call_id and part else ()
        before = Duty(seated=True, pause=kept.pause, leaving=kept.leaving, calls=calls)
        owed = tuple(each for each in kept.wrap_ups if each != kept.call_id or not calls)
        person = Person(kept.agent_id, kept.name, kept.since, before, desk, queues)
        person.unconfirmed = {call_id for call_id, _ in calls}
        self._book.people[kept.agent_id] = person
        self._book.sitting[kept.interface] = kept.agent_id
        self._book.phones[kept.interface].update(calls)
        shown = (kept.state, kept.reason)
        person.duty = replace(before, wrap_ups=owed)
        if (person.duty.state, person.duty.reason) != shown:
            person.since = max(kept.since, self._clock.now())
            self._book.note(person, kept.state, moved=True)
        self._book.reseat(person)

    async def close(self) -> None:
        """Stop talking to the exchange; states stay as stored."""
        await self._keeper.close()

    async def settled(self) -> None:
        """Return when the exchange's seats are as wanted, or wait for their next attempt."""
        await self._keeper.settled()

    def handlers(self) -> dict[type, Handler]:
        """All that the roster listens to, for one subscription."""
        return self._hearing.handlers()
