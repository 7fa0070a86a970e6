"""What happens on the exchange and in the wrap-ups, as it moves the agents' duties."""

from typing import Final

import structlog

from crm_core.agents import state
from crm_core.agents.directory import DirectoryChanged, list_extensions, list_queues, queues_of
from crm_core.agents.duty_book import Change, DutyBook, Person
from crm_core.agents.people import list_agents
from crm_core.agents.queue_seats import QueueSeats
from crm_core.agents.seating import SeatKeeper
from crm_core.agents.state import Part
from crm_core.bus import Handler
from crm_core.calls.parking import Parking
from crm_core.clock import Clock
from crm_core.events import WrapUpFinished, WrapUpStarted
from crm_core.storage.engine import Storage
from crm_core.storage.trouble import persistently
from telephony import events as facts
from telephony.events import Direction, OfferResult

log = structlog.get_logger(__name__)

_OURS: Final = frozenset({Direction.OUTBOUND, Direction.INTERNAL})


class DutyHearing:
    """Handlers of facts: each tells the phone's live calls, then the person who sits there."""

    def __init__(self, book: DutyBook, keeper: SeatKeeper, storage: Storage, clock: Clock) -> None:
        self._clock = clock
        self._book = book
        self._keeper = keeper
        self._storage = storage
        self._parking = Parking()
        self._seats = QueueSeats()

    def handlers(self) -> dict[type, Handler]:
        """All that the roster listens to, for one subscription."""
        return {
            facts.CallStarted: self.on_call_started,
            facts.CallDescribed: self.on_call_described,
            facts.CallsJoined: self.on_calls_joined,
            facts.CallOffered: self.on_call_offered,
            facts.OfferEnded: self.on_offer_ended,
            facts.CallAnswered: self.on_call_answered,
            facts.CallHeld: self.on_call_held,
            facts.CallLeft: self.on_call_left,
            facts.CallEnded: self.on_call_ended,
            facts.MemberSeen: self._seats.on_member_seen,
            facts.MemberRemoved: self._seats.on_member_removed,
            facts.ExchangeConnected: self.on_exchange_connected,
            WrapUpStarted: self.on_wrap_up_started,
            WrapUpFinished: self.on_wrap_up_finished,
            DirectoryChanged: self.on_directory_changed,
        }

    async def on_call_started(self, fact: facts.CallStarted) -> None:
        self._book.directions.setdefault(fact.call_id, fact.direction)
        if fact.direction is Direction.INBOUND:
            return
        self._book.phones[fact.interface].setdefault(fact.call_id, Part.DIALLING)
        await self._at_phone(fact.interface, fact, lambda duty: state.dial(duty, fact.call_id))

    async def on_call_described(self, fact: facts.CallDescribed) -> None:
        self._book.directions[fact.call_id] = fact.direction

    async def on_calls_joined(self, fact: facts.CallsJoined) -> None:
        self._parking.join(fact.call_id, fact.absorbed_id)
        self._book.directions.setdefault(
            fact.call_id, self._book.directions.pop(fact.absorbed_id, Direction.INBOUND)
        )
        for calls in self._book.phones.values():
            part = calls.pop(fact.absorbed_id, None)
            if part is not None and calls.get(fact.call_id) is not Part.TALKING:
                calls[fact.call_id] = part
        for person in list(self._book.people.values()):
            self._book.change(
                person, lambda duty: state.rename(duty, fact.absorbed_id, fact.call_id), fact.at
            )
        await self._book.noted()

    async def on_call_offered(self, fact: facts.CallOffered) -> None:
        if self._book.phones[fact.interface].get(fact.call_id) is not Part.TALKING:
            self._book.phones[fact.interface][fact.call_id] = Part.RINGING
        await self._at_phone(fact.interface, fact, lambda duty: state.ring(duty, fact.call_id))

    async def on_offer_ended(self, fact: facts.OfferEnded) -> None:
        """An answered phone goes on as it is: its CallAnswered follows."""
        if fact.result is OfferResult.ANSWERED:
            return
        if self._book.phones[fact.interface].get(fact.call_id) is Part.RINGING:
            del self._book.phones[fact.interface][fact.call_id]
        if fact.result is OfferResult.NO_ANSWER:
            self._count_missed(fact)
        await self._at_phone(
            fact.interface, fact, lambda duty: state.stop_ringing(duty, fact.call_id)
        )

    async def on_call_answered(self, fact: facts.CallAnswered) -> None:
        self._book.phones[fact.interface][fact.call_id] = Part.TALKING
        await self._at_phone(fact.interface, fact, lambda duty: state.talk(duty, fact.call_id))
        for relieved in self._parking.relieved(fact.call_id, fact.interface):
            await self._out_of_call(relieved, fact)

    async def on_call_held(self, fact: facts.CallHeld) -> None:
        """Who has parked the client keeps the call, though his phone is free."""
        if fact.parked:
            had_left = self._parking.hold(fact.call_id, fact.interface)
            await self._at_phone(
                fact.interface,
                fact,
                lambda duty: state.talk(duty, fact.call_id) if had_left else duty,
            )

    async def on_call_left(self, fact: facts.CallLeft) -> None:
        self._book.phones[fact.interface].pop(fact.call_id, None)
        if not self._parking.stays(fact.call_id, fact.interface):
            await self._out_of_call(fact.interface, fact)

    async def _out_of_call(self, interface: str, fact: facts.CallFact) -> None:
        owes = self._book.owes_wrap_up(fact.call_id)
        await self._at_phone(
            interface, fact, lambda duty: state.hang_up(duty, fact.call_id, owes=owes)
        )

    async def on_call_ended(self, fact: facts.CallEnded) -> None:
        self._parking.forget(fact.call_id)
        self._book.directions[fact.call_id] = fact.record.direction
        owes = self._book.owes_wrap_up(fact.call_id)
        self._book.directions.pop(fact.call_id, None)
        for interface in [
            each for each, calls in self._book.phones.items() if fact.call_id in calls
        ]:
            self._book.phones[interface].pop(fact.call_id)
        for person in list(self._book.people.values()):
            if person.duty.part_in(fact.call_id) is not None:
                person.unconfirmed.discard(fact.call_id)
                owing = owes and _talked_in(fact.record, person)
                self._book.change(person, _hanging_up(fact.call_id, owing), fact.at)
        await self._book.noted()

    async def on_wrap_up_started(self, event: WrapUpStarted) -> None:
        person = self._book.people.get(event.agent_id)
        if person is not None:
            self._book.change(person, lambda duty: state.owe_wrap_up(duty, event.call_id))
            await self._book.noted()

    async def on_wrap_up_finished(self, event: WrapUpFinished) -> None:
        person = self._book.people.get(event.agent_id)
        if person is not None:
            self._book.change(person, finishing(event.call_id))
            await self._book.noted()

    async def on_exchange_connected(self, fact: facts.ExchangeConnected) -> None:
        """Its calls are known now: what was only remembered is over; all seats are taken anew."""
        self._keeper.start_over(await persistently(self._clock, self._seats_found))
        for person in list(self._book.people.values()):
            for call_id in sorted(person.unconfirmed):
                owes = self._book.owes_wrap_up(call_id)
                if person.desk is not None:
                    self._book.phones[person.desk.interface].pop(call_id, None)
                self._book.change(person, _hanging_up(call_id, owes))
            person.unconfirmed.clear()
        await self._book.noted()

    async def _seats_found(self) -> dict[str, dict[str, int]]:
        """Where our phones sit in our queues, by the exchange's own word."""
        async with self._storage.read() as connection:
            phones = [each.interface for each in await list_extensions(connection, active=None)]
            ours = {each.name for each in await list_queues(connection, active=None)}
        seats = {phone: self._seats.of(phone) for phone in phones}
        found = {
            phone: {name: queues[name] for name in queues if name in ours}
            for phone, queues in seats.items()
        }
        return {phone: queues for phone, queues in found.items() if queues}

    async def on_directory_changed(self, event: DirectoryChanged) -> None:
        """Teams, names and owners may be others; who no longer works here goes home."""
        async with self._storage.read() as connection:
            await self.read_owners()
            names = {each.id: each.name for each in await list_agents(connection)}
            for person in [each for each in self._book.people.values() if each.duty.seated]:
                if person.agent_id not in names:
                    self._book.change(person, state.leave)
                    continue
                person.name = names[person.agent_id]
                person.queues = await queues_of(connection, person.agent_id)
                self._book.reseat(person)
        await self._book.noted()

    async def _at_phone(self, interface: str, fact: facts.CallFact, change: Change) -> None:
        person = self._book.person_at(interface)
        if person is None:
            return
        person.unconfirmed.discard(fact.call_id)
        self._book.change(person, change, fact.at)
        await self._book.noted()

    def _count_missed(self, fact: facts.OfferEnded) -> None:
        """He stays ready: what to do about it is for people to decide."""
        person = self._book.person_at(fact.interface)
        if person is not None and self._book.directions.get(fact.call_id) not in _OURS:
            person.missed += 1
            log.info("offer_missed", agent_id=person.agent_id, call_id=fact.call_id)

    async def read_owners(self) -> None:
        """Learn whose fixed desks there are."""
        async with self._storage.read() as connection:
            desks = await list_extensions(connection)
        self._book.owners = {each.interface: each.agent_id for each in desks if each.agent_id}


def finishing(call_id: str) -> Change:
    return lambda duty: state.finish_wrap_up(duty, call_id)


def _talked_in(record: facts.CallRecord, person: Person) -> bool:
    """Whether he was with the outside party: a colleague who was only asked beside it was not."""
    return not record.complete or (
        person.desk is not None and person.desk.interface in record.answered_by
    )


def _hanging_up(call_id: str, owes: bool) -> Change:
    return lambda duty: state.hang_up(duty, call_id, owes=owes)
