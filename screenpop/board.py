"""Which cards stand on whose screen: a pure state, fed with facts, that tells what has changed.

A screen that took the state at any moment and then every later change shows exactly what a fresh
one shows (held by a property test): changes are never declared by hand, they are the difference
between the cards before and after. No I/O, no clock: instants come with the facts.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from crm_core.clients.dossier import Dossier, Note
from screenpop.cards import Card, Phase, Trace, WrapUp
from screenpop.live import (
    BoardChange,
    CardGone,
    CardPut,
    LiveCall,
    Place,
    Seating,
    compose,
    rank_of,
)
from telephony import events
from telephony.events import Direction, OfferResult, Outcome


class Board:
    """All live calls and who has a card of which. Every method returns the changes it made."""

    def __init__(self, seating: Seating) -> None:
        self.seating = seating
        self.calls: dict[str, LiveCall] = {}
        self._places: dict[str, dict[int, Place]] = {}
        self._shown: dict[str, dict[int, Card]] = {}
        self._traces: dict[tuple[str, int], Trace] = {}

    def apply(self, fact: events.CallFact) -> list[BoardChange]:
        """Take one fact of a call; facts that change no card change nothing."""
        handler = _HANDLERS.get(type(fact))
        if handler is None:
            return []
        handler(self, fact)
        absorbed = [fact.absorbed_id] if isinstance(fact, events.CallsJoined) else []
        return self._changes(*absorbed, fact.call_id)

    def cards_of(self, agent_id: int) -> tuple[Card, ...]:
        """The agent's cards as they are now, oldest call first."""
        mine = (cards[agent_id] for cards in self._shown.values() if agent_id in cards)
        return tuple(sorted(mine, key=rank_of))

    def card(self, call_id: str, agent_id: int) -> Card | None:
        """The card of one call on one screen, or None."""
        return self._shown.get(call_id, {}).get(agent_id)

    def cards_of_call(self, call_id: str) -> tuple[Card, ...]:
        """The cards of everybody who has one of this call."""
        return tuple(self._shown.get(call_id, {}).values())

    # -- what is learnt beside the telephone ------------------------------------------------------

    def read_dossier(self, call_id: str, dossier: Dossier) -> list[BoardChange]:
        """The client's story has been read; notes already written in this call are kept."""
        call = self.calls.get(call_id)
        if call is None:
            return []
        notes = {note.agent_id: note for note in (*dossier.notes, *call.notes)}
        self.calls[call_id] = replace(call, dossier=dossier, notes=tuple(notes.values()))
        return self._changes(call_id)

    def note(self, call_id: str, note: Note) -> list[BoardChange]:
        """An operator's note was saved: his other tabs and his successors see it."""
        call = self.calls.get(call_id)
        if call is None:
            return []
        others = tuple(old for old in call.notes if old.agent_id != note.agent_id)
        self.calls[call_id] = replace(call, notes=(*others, note))
        return self._changes(call_id)

    def begin_wrap_up(
        self, call: LiveCall, agent_id: int, at: datetime, rule: WrapUp
    ) -> list[BoardChange]:
        """The after-call form is open. `call` describes it where the board has forgotten it."""
        self.calls.setdefault(call.call_id, call)
        place = self._place(call.call_id, agent_id) or Place(Phase.WRAP_UP, at)
        if place.phase != Phase.WRAP_UP and not place.parked:
            place = replace(place, phase=Phase.WRAP_UP, since=at, held=False)
        self._seat(call.call_id, agent_id, replace(place, wrap_up=rule))
        return self._changes(call.call_id)

    def finish_wrap_up(self, call_id: str, agent_id: int, ending: str) -> list[BoardChange]:
        """The form is closed: saved, skipped, expired or not needed after all."""
        place = self._place(call_id, agent_id)
        if place is None:
            return []
        if place.phase == Phase.WRAP_UP:
            self._withdraw(call_id, agent_id, f"wrap_up_{ending}")
        else:  # back in the call meanwhile, or it is on hold
            self._seat(call_id, agent_id, replace(place, wrap_up=None, wrapped=place.parked))
        return self._changes(call_id)

    def consult(self, call_id: str, agent_id: int, whom: str) -> list[BoardChange]:
        """The agent asks somebody before he hands the client over; "" when he does no longer."""
        place = self._place(call_id, agent_id)
        if place is not None:
            self._seat(call_id, agent_id, replace(place, consulting=whom))
        return self._changes(call_id)

    def adopt(self, call: LiveCall, agent_id: int, phase: Phase, at: datetime) -> list[BoardChange]:
        """An agent sat down at a phone that was already ringing or talking."""
        self.calls.setdefault(call.call_id, call)
        if self._place(call.call_id, agent_id) is None:
            interface = self.seating.interface_of(agent_id) or ""
            self._seat(call.call_id, agent_id, Place(phase, at, interface))
        return self._changes(call.call_id)

    def stand_up(self, agent_id: int) -> list[BoardChange]:
        """The agent left his phone: what rings there is no longer his; open forms stay."""
        left = [
            call_id
            for call_id, places in self._places.items()
            if agent_id in places and places[agent_id].phase != Phase.WRAP_UP
        ]
        for call_id in left:
            self._withdraw(call_id, agent_id)
        return self._changes(*left)

    # -- facts of the telephone -------------------------------------------------------------------

    def _on_started(self, fact: events.CallStarted) -> None:
        known = self.calls.get(fact.call_id, LiveCall(fact.call_id))
        self.calls[fact.call_id] = replace(
            known,
            direction=fact.direction,
            caller=fact.caller,
            caller_name=fact.caller_name,
            dialled=fact.dialled,
            origin=fact.interface,
            started_at=known.started_at or fact.at,
        )
        dialler = self.seating.agent_at(fact.interface)
        if fact.direction == Direction.INBOUND or dialler is None:
            return
        if self._place(fact.call_id, dialler) is None:
            self._seat(fact.call_id, dialler, Place(Phase.DIALLING, fact.at, fact.interface))

    def _on_described(self, fact: events.CallDescribed) -> None:
        self.calls[fact.call_id] = replace(
            self._call(fact),
            direction=fact.direction,
            caller=fact.caller,
            caller_name=fact.caller_name,
            dialled=fact.dialled,
        )

    def _on_joined(self, fact: events.CallsJoined) -> None:
        absorbed = self.calls.get(fact.absorbed_id)
        if absorbed is None or fact.absorbed_id == fact.call_id:
            return
        call = self._call(fact)
        notes = {note.agent_id: note for note in (*absorbed.notes, *call.notes)}
        self.calls[fact.call_id] = replace(call, notes=tuple(notes.values()))
        for agent_id, place in self._places.pop(fact.absorbed_id, {}).items():
            here = self._place(fact.call_id, agent_id)
            if here is None or here.phase == Phase.WRAP_UP:
                self._seat(fact.call_id, agent_id, place)
        del self.calls[fact.absorbed_id]

    def _on_queued(self, fact: events.CallQueued) -> None:
        self.calls[fact.call_id] = replace(self._call(fact), queue=fact.queue)

    def _on_offered(self, fact: events.CallOffered) -> None:
        call = self._call(fact)
        self.calls[fact.call_id] = replace(call, queue=fact.queue or call.queue)
        agent_id = self.seating.agent_at(fact.interface)
        if agent_id is None:
            return
        before = self._place(fact.call_id, agent_id)
        if before and before.phase == Phase.TALKING:
            return
        phase = Phase.DIALLING if fact.own_request else Phase.RINGING
        place = Place(phase, fact.at, fact.interface, own_request=fact.own_request)
        self._seat(
            fact.call_id, agent_id, replace(place, wrap_up=before.wrap_up if before else None)
        )

    def _on_offer_ended(self, fact: events.OfferEnded) -> None:
        agent_id = self.seating.agent_at(fact.interface)
        place = None if agent_id is None else self._place(fact.call_id, agent_id)
        if agent_id is not None and fact.result == OfferResult.ANSWERED:
            # Before those who rang beside him are told: so they hear by whom.
            name = self.seating.name_of(agent_id)
            self.calls[fact.call_id] = replace(self._call(fact), answered_by=name)
        if agent_id is None or place is None or fact.result == OfferResult.ANSWERED:
            return
        if place.phase in (Phase.RINGING, Phase.DIALLING):
            self._leave(fact.call_id, agent_id, fact.at, str(fact.result))

    def _on_answered(self, fact: events.CallAnswered) -> None:
        call = self._call(fact)
        agent_id = self.seating.agent_at(fact.interface)
        if agent_id is None:
            return
        self.calls[fact.call_id] = replace(call, answered_by=self.seating.name_of(agent_id))
        before = self._place(fact.call_id, agent_id)
        if before and before.phase == Phase.TALKING and not before.parked:
            return
        place = replace(before or Place(Phase.TALKING, fact.at), held=False, parked=False)
        talking = replace(place, phase=Phase.TALKING, since=fact.at, interface=fact.interface)
        self._seat(fact.call_id, agent_id, talking)

    def _on_left(self, fact: events.CallLeft) -> None:
        agent_id = self.seating.agent_at(fact.interface)
        place = None if agent_id is None else self._place(fact.call_id, agent_id)
        if agent_id is not None and place and not place.parked:
            self._leave(fact.call_id, agent_id, fact.at)

    def _on_held(self, fact: events.CallHeld) -> None:
        agent_id = self.seating.agent_at(fact.interface)
        place = None if agent_id is None else self._place(fact.call_id, agent_id)
        if agent_id is None or place is None:
            return
        if fact.parked and place.phase in (Phase.TALKING, Phase.WRAP_UP):
            # Parking frees his phone, but the client waits for him: no form yet.
            parked = replace(place, phase=Phase.TALKING, held=True, parked=True)
            self._seat(fact.call_id, agent_id, parked)
        elif place.phase == Phase.TALKING:
            self._seat(fact.call_id, agent_id, replace(place, held=True))

    def _on_resumed(self, fact: events.CallResumed) -> None:
        agent_id = self.seating.agent_at(fact.interface)
        place = None if agent_id is None else self._place(fact.call_id, agent_id)
        if agent_id is None or place is None or not place.held:
            return
        self._seat(fact.call_id, agent_id, replace(place, held=False, parked=False, consulting=""))
        if place.parked:  # somebody talks with the client; when it is he, his answer follows
            self._leave(fact.call_id, agent_id, fact.at)

    def _on_transferred(self, fact: events.CallTransferred) -> None:
        agent_id = self.seating.agent_at(fact.from_interface)
        if agent_id is not None:
            self.calls[fact.call_id] = replace(self._call(fact), transferred_by=agent_id)

    def _on_ended(self, fact: events.CallEnded) -> None:
        self.calls[fact.call_id] = replace(self._call(fact), ended=True)
        trace = _END_TRACES.get(fact.record.outcome or Outcome.FAILED, "ended")
        for agent_id in tuple(self._places.get(fact.call_id, ())):
            self._leave(fact.call_id, agent_id, fact.at, trace)

    # -- how it is kept ---------------------------------------------------------------------------

    def _call(self, fact: events.CallFact) -> LiveCall:
        return self.calls.setdefault(fact.call_id, LiveCall(fact.call_id, started_at=fact.at))

    def _place(self, call_id: str, agent_id: int) -> Place | None:
        return self._places.get(call_id, {}).get(agent_id)

    def _seat(self, call_id: str, agent_id: int, place: Place) -> None:
        self._places.setdefault(call_id, {})[agent_id] = place

    def _leave(self, call_id: str, agent_id: int, at: datetime, trace: str | None = None) -> None:
        """Out of the call: a conversation turns into its form, a ring into a trace."""
        place, call = self._places[call_id][agent_id], self.calls[call_id]
        talked = place.phase == Phase.TALKING and call.direction != Direction.INTERNAL
        if place.phase == Phase.WRAP_UP:
            return
        if place.wrapped:
            self._withdraw(call_id, agent_id)
        elif talked or place.wrap_up is not None:
            over = replace(place, phase=Phase.WRAP_UP, since=at, held=False, parked=False)
            self._seat(call_id, agent_id, over)
        else:
            self._withdraw(call_id, agent_id, None if place.phase == Phase.TALKING else trace)

    def _withdraw(self, call_id: str, agent_id: int, trace: str | None = None) -> None:
        card, call = self.card(call_id, agent_id), self.calls[call_id]
        del self._places[call_id][agent_id]
        if trace and card:
            by_another = call.answered_by != self.seating.name_of(agent_id)
            told = Trace(trace, call.answered_by if by_another else "", card.who)
            self._traces[call_id, agent_id] = told

    def _changes(self, *call_ids: str) -> list[BoardChange]:
        """The difference between what was shown of these calls and what they are now."""
        changes: list[BoardChange] = []
        for call_id in call_ids:
            before, now = self._shown.get(call_id, {}), self._compose(call_id)
            gone = before.keys() - now.keys()
            changes += (CardGone(who, call_id, self._traces.get((call_id, who))) for who in gone)
            changes += (CardPut(card) for who, card in now.items() if before.get(who) != card)
            self._shown[call_id] = now
            if not now:
                self._forget(call_id)
        self._traces.clear()
        return changes

    def _compose(self, call_id: str) -> dict[int, Card]:
        places = self._places.get(call_id)
        if not places:
            return {}
        call = self.calls[call_id]
        return {who: compose(call, who, place, self.seating) for who, place in places.items()}

    def _forget(self, call_id: str) -> None:
        """Nobody has a card of it; a call that lives is remembered for the next phone it rings."""
        self._shown.pop(call_id, None)
        self._places.pop(call_id, None)
        if call_id in self.calls and self.calls[call_id].ended:
            del self.calls[call_id]


_END_TRACES = {
    Outcome.ABANDONED: "abandoned",
    Outcome.NO_ANSWER: "no_answer",
    Outcome.BUSY: "busy",
    Outcome.CONGESTION: "congestion",
    Outcome.FAILED: "failed",
    Outcome.ANSWERED: "answered_elsewhere",
    Outcome.VOICEMAIL: "voicemail",
    Outcome.MACHINE: "machine",
}

_HANDLERS: dict[type, Callable[[Board, Any], None]] = {
    events.CallStarted: Board._on_started,
    events.CallDescribed: Board._on_described,
    events.CallsJoined: Board._on_joined,
    events.CallQueued: Board._on_queued,
    events.CallOffered: Board._on_offered,
    events.OfferEnded: Board._on_offer_ended,
    events.CallAnswered: Board._on_answered,
    events.CallLeft: Board._on_left,
    events.CallHeld: Board._on_held,
    events.CallResumed: Board._on_resumed,
    events.CallTransferred: Board._on_transferred,
    events.CallEnded: Board._on_ended,
}
