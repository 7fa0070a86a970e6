"""A call as the screens know it, one agent's place in it, and the card that the two make."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from crm_core.clients.dossier import UNREAD, Dossier, Note
from screenpop.cards import Card, Phase, Trace, WrapUp
from telephony.events import Direction


class Seating(Protocol):
    """Who sits at which phone now, and what they are called."""

    def agent_at(self, interface: str) -> int | None: ...

    def name_of(self, agent_id: int) -> str: ...

    def interface_of(self, agent_id: int) -> str | None: ...


@dataclass(frozen=True, slots=True)
class CardPut:
    card: Card

    @property
    def agent_id(self) -> int:
        return self.card.agent_id


@dataclass(frozen=True, slots=True)
class CardGone:
    agent_id: int
    call_id: str
    trace: Trace | None = None


BoardChange = CardPut | CardGone


@dataclass(frozen=True, slots=True)
class LiveCall:
    """A call as the screens know it, while anybody has a card of it."""

    call_id: str
    direction: Direction = Direction.INBOUND
    caller: str = ""
    caller_name: str = ""
    dialled: str = ""
    queue: str = ""
    origin: str = ""
    started_at: datetime | None = None
    answered_by: str = ""
    transferred_by: int | None = None
    ended: bool = False
    dossier: Dossier = UNREAD
    notes: tuple[Note, ...] = ()

    @property
    def outside_number(self) -> str:
        """The number of the party outside; of an internal call the caller's."""
        return self.dialled if self.direction == Direction.OUTBOUND else self.caller


@dataclass(frozen=True, slots=True)
class Place:
    """One agent in one call."""

    phase: Phase
    since: datetime
    interface: str = ""
    held: bool = False
    parked: bool = False
    own_request: bool = False
    wrap_up: WrapUp | None = None
    consulting: str = ""  # whom he asks before he hands the client over
    wrapped: bool = False  # its form was closed while the client was still on hold


def rank_of(card: Card) -> str:
    """Where a card stands among its agent's: the oldest call first, the same on every screen."""
    return f"{card.started_at.timestamp():017.6f}{card.call_id}"


def compose(call: LiveCall, agent_id: int, place: Place, seating: Seating) -> Card:
    internal_origin = call.direction == Direction.INTERNAL and call.origin == place.interface
    outbound = call.direction == Direction.OUTBOUND
    handed = call.transferred_by not in (None, agent_id)
    return Card(
        call_id=call.call_id,
        agent_id=agent_id,
        phase=place.phase,
        since=place.since,
        direction=call.direction,
        number=call.dialled if internal_origin else call.outside_number,
        # Of a call that goes out the name is our own phone's.
        caller_name="" if internal_origin or outbound else call.caller_name,
        queue=call.queue,
        started_at=call.started_at or place.since,
        dossier=call.dossier,
        held=place.held,
        parked=place.parked,
        own_request=place.own_request,
        transferred_by=seating.name_of(call.transferred_by or 0) if handed else "",
        note=next((note.text for note in call.notes if note.agent_id == agent_id), ""),
        earlier_notes=tuple(note for note in call.notes if note.agent_id != agent_id and note.text),
        wrap_up=place.wrap_up if place.phase == Phase.WRAP_UP else None,
        interface=place.interface,
        consulting=place.consulting if place.phase == Phase.TALKING else "",
    )
