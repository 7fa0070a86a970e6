"""Facts of calls told in a line each, and an office where they are recorded and heard."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from crm_core.bus import Bus
from crm_core.calls.journal import Journal
from crm_core.calls.linking import link_numbers
from crm_core.calls.outside import number_reader
from crm_core.calls.story import AgentAt, Knowledge
from crm_core.clock import Clock, ManualClock
from crm_core.intake import Intake
from crm_core.storage.engine import Storage
from telephony.events import (
    CallAnswered,
    CallEnded,
    CallFact,
    CallHeld,
    CallLeft,
    CallOffered,
    CallQueued,
    CallRecord,
    CallResumed,
    CallsJoined,
    CallStarted,
    CallTransferred,
    Direction,
    EndedBy,
    Fact,
    Offer,
    OfferEnded,
    OfferResult,
    Outcome,
    TransferKind,
)
from telephony.ids import CallId, Interface, Linkedid

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TRUNK = Interface("PJSIP/trunk")
ANNAS = Interface("PJSIP/101")
BORISES = Interface("PJSIP/102")
IVAN = "89161234567"  # Romashka's contact in the cast
PAVEL = "89037654321"
STRANGER = "84951112233"


def at(seconds: float) -> datetime:
    """`seconds` after nine o'clock."""
    return NINE + timedelta(seconds=seconds)


@dataclass
class Told:
    """One call's facts, made at `seconds` after nine; `record` is what its end will say."""

    call_id: CallId
    caller: str = IVAN
    dialled: str = "74950000000"
    direction: Direction = Direction.INBOUND
    queue: str | None = None
    begun: float = 0.0
    offers: list[Offer] = field(default_factory=list)
    answers: dict[Interface, None] = field(default_factory=dict)

    def started(self, seconds: float | None = None) -> CallStarted:
        return CallStarted(
            at=at(self.begun if seconds is None else seconds),
            call_id=self.call_id,
            linkedid=Linkedid(self.call_id),
            direction=self.direction,
            caller=self.caller,
            caller_name="Somebody",
            dialled=self.dialled,
            interface=TRUNK,
        )

    def queued(self, seconds: float, queue: str = "sales") -> CallQueued:
        self.queue = queue
        return CallQueued(at=at(seconds), call_id=self.call_id, queue=queue, position=1)

    def offered(self, seconds: float, interface: Interface = ANNAS, **more: Any) -> CallOffered:
        return CallOffered(
            at=at(seconds), call_id=self.call_id, interface=interface, queue=self.queue, **more
        )

    def offer_ended(
        self,
        seconds: float,
        interface: Interface = ANNAS,
        result: OfferResult = OfferResult.NO_ANSWER,
    ) -> OfferEnded:
        return OfferEnded(at=at(seconds), call_id=self.call_id, interface=interface, result=result)

    def answered(self, seconds: float, interface: Interface = ANNAS) -> CallAnswered:
        self.answers[interface] = None
        return CallAnswered(at=at(seconds), call_id=self.call_id, interface=interface)

    def left(self, seconds: float, interface: Interface = ANNAS) -> CallLeft:
        return CallLeft(at=at(seconds), call_id=self.call_id, interface=interface)

    def held(self, seconds: float, interface: Interface = ANNAS) -> CallHeld:
        return CallHeld(at=at(seconds), call_id=self.call_id, interface=interface)

    def resumed(self, seconds: float, interface: Interface = ANNAS) -> CallResumed:
        return CallResumed(at=at(seconds), call_id=self.call_id, interface=interface)

    def transferred(self, seconds: float, to: str = BORISES) -> CallTransferred:
        return CallTransferred(
            at=at(seconds),
            call_id=self.call_id,
            kind=TransferKind.BLIND,
            from_interface=ANNAS,
            to=to,
        )

    def absorbs(self, seconds: float, other: "Told") -> CallsJoined:
        return CallsJoined(at=at(seconds), call_id=self.call_id, absorbed_id=other.call_id)

    def ended(
        self,
        seconds: float,
        outcome: Outcome | None = Outcome.ANSWERED,
        by: tuple[Interface, ...] | None = None,
        **more: Any,
    ) -> CallEnded:
        values: dict[str, Any] = {
            "call_id": self.call_id,
            "linkedids": (Linkedid(self.call_id),),
            "direction": self.direction,
            "caller": self.caller,
            "caller_name": "Somebody",
            "dialled": self.dialled,
            "queue": self.queue,
            "outcome": outcome,
            "answered_by": tuple(self.answers) if by is None else by,
            "offered": tuple(self.offers),
            "started_at": at(self.begun),
            "answered_at": None,
            "ended_at": at(seconds),
            "wait_seconds": 0.0,
            "talk_seconds": 0.0,
            "hold_seconds": 0.0,
            "transfers": (),
            "ended_by": EndedBy.CLIENT,
            "hangup_cause": 16,
        }
        record = CallRecord(**{**values, **more})
        return CallEnded(at=at(seconds), call_id=self.call_id, record=record)


def told(call_id: str, **values: Any) -> Told:
    """A call to tell of."""
    return Told(CallId(call_id), **values)


def outbound(call_id: str, to: str = IVAN, **values: Any) -> Told:
    """A call that Anna makes to the world outside."""
    return Told(CallId(call_id), caller="101", dialled=to, direction=Direction.OUTBOUND, **values)


def internal(call_id: str, **values: Any) -> Told:
    """Anna calls Boris."""
    return Told(
        CallId(call_id), caller="101", dialled="102", direction=Direction.INTERNAL, **values
    )


def answered_call(call: Told, begun: float = 0.0, phone: Interface = ANNAS) -> list[CallFact]:
    """A whole inbound conversation of a minute, ten seconds after it began to ring."""
    call.begun = begun
    call.offers = [Offer(phone, at(begun + 1), OfferResult.ANSWERED, at(begun + 10), call.queue)]
    return [
        call.started(begun),
        call.offered(begun + 1, phone),
        call.offer_ended(begun + 10, phone, OfferResult.ANSWERED),
        call.answered(begun + 10, phone),
        call.left(begun + 70, phone),
        call.ended(
            begun + 70,
            by=(phone,),
            answered_at=at(begun + 10),
            wait_seconds=10.0,
            talk_seconds=60.0,
        ),
    ]


def missed_call(call: Told, begun: float = 0.0, outcome: Outcome = Outcome.ABANDONED) -> list[Fact]:
    """A caller who waits for half a minute and gives up."""
    call.begun = begun
    return [call.started(begun), call.ended(begun + 30, outcome, wait_seconds=30.0)]


@dataclass
class Office:
    """A running intake whose facts are heard on `bus` and kept in `heard`."""

    storage: Storage
    journal: Journal
    intake: Intake
    bus: Bus
    heard: list[object]

    async def hear(self, *facts: Fact | Iterable[Fact]) -> None:
        """Take the facts and wait until all is recorded and every listener is done."""
        for fact in facts:
            for each in [fact] if isinstance(fact, Fact) else fact:
                await self.intake.take(each)
        await self.settled()

    async def settled(self) -> None:
        await self.intake.settled()
        await self.bus.settled()


async def until(holds: Callable[[], bool], seconds: float = 10) -> None:
    """Let others run until `holds`; TimeoutError when it does not come to that."""
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0.001)


def nobody(interface: str) -> int | None:
    """Nobody sits anywhere."""
    return None


@asynccontextmanager
async def open_office(
    storage: Storage, clock: Clock | None = None, agent_at: AgentAt = nobody
) -> AsyncIterator[Office]:
    """An office whose intake runs as long as the block."""
    bus = Bus()
    heard: list[object] = []

    def announce(facts: Iterable[object]) -> None:
        for fact in facts:
            heard.append(fact)
            bus.publish(fact)

    storage.on_commit = announce
    journal = Journal(Knowledge(agent_at, number_reader("RU")), link_numbers)
    intake = Intake(storage, journal, clock or ManualClock())
    running = asyncio.create_task(intake.run())
    try:
        yield Office(storage, journal, intake, bus, heard)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await bus.close()
