"""The card: all that one operator sees of one call, frozen, in the order he needs it.

Instants are aware UTC; numbers as they came (`number`) and as people read them (`readable`).
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from crm_core.clients.dossier import UNREAD, Dossier, Known, Note
from telephony.events import Direction


class Phase(StrEnum):
    """Where the operator is in this call: his phone rings, he dials, talks, or it is over."""

    RINGING = "ringing"
    DIALLING = "dialling"
    TALKING = "talking"
    WRAP_UP = "wrap_up"


@dataclass(frozen=True, slots=True)
class WrapUp:
    """The rules and the deadline of one after-call form."""

    deadline_at: datetime | None = None
    skippable: bool = False
    next_step_required: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """One call on one operator's screen."""

    call_id: str
    agent_id: int
    phase: Phase
    since: datetime
    direction: Direction
    number: str
    caller_name: str
    queue: str
    started_at: datetime
    dossier: Dossier = UNREAD
    held: bool = False
    parked: bool = False
    own_request: bool = False
    transferred_by: str = ""
    note: str = ""
    earlier_notes: tuple[Note, ...] = ()
    wrap_up: WrapUp | None = None
    interface: str = ""
    consulting: str = ""

    @property
    def colleague(self) -> str:
        """Who is at the other end of an internal call, where that is known."""
        return dict(self.dossier.colleagues).get(self.number, "")

    @property
    def who(self) -> str:
        """The shortest true name of the other end: client, colleague, what the network says of
        him, number; "" for a hidden one."""
        client = self.dossier.client
        if self.dossier.known == Known.ANONYMOUS and client is None:
            return ""  # though some exchanges name him "Anonymous"
        name = (client.contact_name or client.name) if client else self.colleague
        return name or self.caller_name or self.dossier.readable or self.number

    @property
    def is_internal(self) -> bool:
        return self.direction == Direction.INTERNAL

    @property
    def element_id(self) -> str:
        return f"card-{self.call_id}"


@dataclass(frozen=True, slots=True)
class Trace:
    """Why a card went: a code, who did it, who had been calling."""

    code: str
    agent_name: str
    caller: str
