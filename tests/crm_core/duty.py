"""An office at work: facts are heard by wrap-ups, roster and callbacks, as in the service."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from structlog.testing import capture_logs

from crm_core.agents.roster import Roster
from crm_core.clock import ManualClock
from crm_core.storage.engine import Storage
from crm_core.tasks.callbacks import Callbacks
from crm_core.tasks.escalation import Escalation
from crm_core.tasks.records import Tasks
from crm_core.wrap_up.expiry import WrapUpExpiry
from crm_core.wrap_up.hearing import WrapUpHearing
from crm_core.wrap_up.records import WrapUps
from tests.crm_core.telling import Office, open_office


@dataclass
class Exchange:
    """The exchange's queue seats, as they were asked for; `down` lets every request fail, with
    `trouble`."""

    asked: list[tuple[object, ...]] = field(default_factory=list)
    members: dict[str, dict[str, int]] = field(default_factory=dict)
    pauses: dict[str, str] = field(default_factory=dict)
    down: bool = False
    trouble: Exception = field(default_factory=lambda: ConnectionError("the exchange is away"))

    async def take(
        self, interface: str, agent_name: str, queues: Mapping[str, int], *, paused: bool = False
    ) -> None:
        self._ask("take", interface, *(["paused"] if paused else []))
        seats = self.members.setdefault(interface, {})
        seats.update({name: queues[name] for name in queues if name not in seats})

    async def leave(self, interface: str, queues: Mapping[str, int]) -> None:
        self._ask("leave", interface)
        for name in queues:
            self.members.get(interface, {}).pop(name, None)

    async def pause(self, interface: str, reason: str) -> None:
        self._ask("pause", interface, reason)
        self.pauses[interface] = reason

    async def unpause(self, interface: str) -> None:
        self._ask("unpause", interface)
        self.pauses.pop(interface, None)

    def restart(self) -> None:
        """Lose every dynamic member and pause, as Asterisk does."""
        self.members.clear()
        self.pauses.clear()

    def _ask(self, *what: object) -> None:
        if self.down:
            raise self.trouble
        self.asked.append(what)


@dataclass
class Duty:
    """Everything of an office that the tests turn."""

    office: Office
    roster: Roster
    wrap_ups: WrapUps
    expiry: WrapUpExpiry
    tasks: Tasks
    escalation: Escalation
    exchange: Exchange

    async def hear(self, *facts: object) -> None:
        await self.office.hear(*facts)  # type: ignore[arg-type]
        await self.roster.settled()

    async def settled(self) -> None:
        await self.office.settled()
        await self.roster.settled()

    def state_of(self, agent_id: int) -> str:
        status = self.roster.status_of(agent_id)
        return "offline" if status is None else status.state.value


@asynccontextmanager
async def on_duty(
    storage: Storage, clock: ManualClock, exchange: Exchange | None = None
) -> AsyncIterator[Duty]:
    """A service that has just been started on what `storage` holds."""
    with capture_logs() as logged:
        async with _at_work(storage, clock, exchange or Exchange()) as duty:
            yield duty
    # The bus stops for no handler: one that failed would look like one with nothing to do.
    assert [entry for entry in logged if entry["event"] == "handler_failed"] == []


@asynccontextmanager
async def _at_work(storage: Storage, clock: ManualClock, seats: Exchange) -> AsyncIterator[Duty]:
    sitting: list[Roster] = []
    async with open_office(storage, clock, lambda phone: sitting[0].agent_of(phone)) as office:
        roster = Roster(storage, clock, seats, office.bus)
        sitting.append(roster)
        hearing = WrapUpHearing(storage, clock, roster.agent_at)
        office.bus.subscribe("wrap_ups", hearing.handlers())
        office.bus.subscribe("roster", roster.handlers())
        callbacks = Callbacks(storage, clock)
        office.bus.subscribe("callbacks", callbacks.handlers())
        await hearing.restore()
        await roster.restore()
        duty = Duty(
            office,
            roster,
            WrapUps(storage, clock),
            WrapUpExpiry(storage, clock),
            Tasks(storage, clock),
            Escalation(storage, clock),
            seats,
        )
        await duty.settled()
        try:
            yield duty
        finally:
            await roster.close()
