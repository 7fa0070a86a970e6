"""A shift at the office: people at their phones, and facts of the exchange as they come."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from telephony import events
from telephony.events import (
    CallFact,
    CallRecord,
    Direction,
    EndedBy,
    Fact,
    OfferResult,
    Outcome,
    TransferKind,
)
from telephony.ids import CallId, Interface, Linkedid
from tests.web.conftest import Office

ANNAS, BORISS, TRUNK = Interface("PJSIP/101"), Interface("PJSIP/102"), Interface("PJSIP/trunk")
IVAN, PAVEL, STRANGER = "+79161234567", "+79037654321", "+79991112233"


class Shift:
    """`call_id` is the call that the next facts are about."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.call_id = CallId("1.1")

    async def hear(self, *facts: Fact) -> None:
        """Have the facts recorded and told to everybody, as if the exchange had said them."""
        for fact in facts:
            await self.office.services.intake.take(fact)
        await self.settled()

    async def settled(self) -> None:
        services = self.office.services
        for _ in range(2):  # a dossier that was read may be read again by what it caused
            await services.intake.settled()
            await services.bus.settled()
            await services.screens.presenter.settled()

    async def sit(self, login: str, desk: str) -> None:
        """Somebody logs in to a phone, e.g. `desk_101`, and is ready."""
        agent, extension = getattr(self.office.cast, login), getattr(self.office.cast, desk)
        await self.office.services.roster.log_in(agent, extension)
        await self.settled()

    async def ring(
        self, *phones: Interface, caller: str = IVAN, name: str = "", queue: str | None = "sales"
    ) -> None:
        """A call comes in and rings at `phones`."""
        started = events.CallStarted(
            **self._about(),
            linkedid=Linkedid(self.call_id),
            direction=Direction.INBOUND,
            caller=caller,
            caller_name=name,
            dialled="4951112233",
            interface=TRUNK,
        )
        queued = [events.CallQueued(**self._about(), queue=queue, position=1)] if queue else []
        offers = [
            events.CallOffered(**self._about(), interface=phone, queue=queue) for phone in phones
        ]
        await self.hear(started, *queued, *offers)

    async def answer(self, phone: Interface, *others: Interface) -> None:
        """`phone` is picked up; what rang at `others` ends."""
        ended = [
            events.OfferEnded(
                **self._about(), interface=other, result=OfferResult.ANSWERED_ELSEWHERE
            )
            for other in others
        ]
        picked = events.OfferEnded(**self._about(), interface=phone, result=OfferResult.ANSWERED)
        await self.hear(picked, events.CallAnswered(**self._about(), interface=phone), *ended)

    async def transfer(self, phone: Interface, to: Interface) -> None:
        """Handed over without asking: `to` rings."""
        transferred = events.CallTransferred(
            **self._about(),
            kind=TransferKind.BLIND,
            from_interface=phone,
            to=to.partition("/")[2],
        )
        left = events.CallLeft(**self._about(), interface=phone)
        await self.hear(transferred, left, events.CallOffered(**self._about(), interface=to))

    async def hang_up(
        self, phone: Interface | None = None, outcome: Outcome = Outcome.ANSWERED
    ) -> None:
        """The call is over; `phone` was in it."""
        left: list[CallFact] = []
        if phone is not None:
            left.append(events.CallLeft(**self._about(), interface=phone))
        ended = events.CallEnded(**self._about(), record=self._record(phone, outcome))
        await self.hear(*left, ended)

    async def advance(self, seconds: float) -> None:
        await self.office.clock.advance(seconds)

    def next_call(self) -> None:
        """The facts to come are about another call."""
        first, _, second = self.call_id.partition(".")
        self.call_id = CallId(f"{int(first) + 1}.{second}")

    def _about(self) -> dict[str, Any]:
        return {"at": self.office.clock.now(), "call_id": self.call_id}

    def _record(self, phone: Interface | None, outcome: Outcome) -> CallRecord:
        now = self.office.clock.now()
        call = self.office.services.screens.presenter.board.calls.get(self.call_id)
        return CallRecord(
            call_id=self.call_id,
            linkedids=(Linkedid(self.call_id),),
            direction=call.direction if call else Direction.INBOUND,
            caller=call.caller if call else "",
            caller_name=call.caller_name if call else "",
            dialled=call.dialled if call else "",
            queue=call.queue or None if call else None,
            outcome=outcome,
            answered_by=(phone,) if phone else (),
            offered=(),
            started_at=call.started_at or now if call else now,
            answered_at=now - timedelta(seconds=30) if phone else None,
            ended_at=now,
            wait_seconds=5,
            talk_seconds=30 if phone else 0,
            hold_seconds=0,
            transfers=(),
            ended_by=EndedBy.CLIENT,
            hangup_cause=16,
            complete=False,
        )


@asynccontextmanager
async def at_work(office: Office) -> AsyncIterator[Shift]:
    """The recorder and the screens of `office` run for as long as the block."""
    services = office.services
    await services.roster.restore()
    await services.screens.start()
    recording = asyncio.create_task(services.intake.run())
    try:
        yield Shift(office)
    finally:
        await services.screens.close()
        recording.cancel()
        await asyncio.gather(recording, return_exceptions=True)
        await services.roster.close()
