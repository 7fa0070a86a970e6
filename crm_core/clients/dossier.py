"""The dossier: what the house knows of whoever is at the other end of a call, in one frozen object.

Instants are aware UTC; `direction`, `outcome`, `kind` and `reason` are stored words, not sentences.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Known(StrEnum):
    """How well the outside party is known."""

    UNREAD = "unread"
    ONE = "one"
    SEVERAL = "several"
    NONE = "none"
    ANONYMOUS = "anonymous"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class Person:
    """A client who may be meant; `reason` is the code of why he stands where he stands."""

    client_id: int
    name: str
    kind: str = "person"
    contact_name: str = ""
    organisation: str = ""
    owner_name: str = ""
    reason: str = ""
    last_call_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PastCall:
    """One earlier call; `outcome` and `direction` are stored words."""

    call_id: str
    started_at: datetime
    direction: str
    outcome: str
    talk_seconds: float
    agent_name: str = ""
    disposition: str = ""


@dataclass(frozen=True, slots=True)
class Agreement:
    """What was agreed last: the note and the next step of the latest wrap-up that says anything."""

    at: datetime
    agent_name: str
    disposition: str
    note: str
    step: str = ""
    step_due_at: datetime | None = None
    step_done: bool = False


@dataclass(frozen=True, slots=True)
class OpenTask:
    """Something promised to this client or number and not done yet."""

    task_id: int
    kind: str
    text: str
    due_at: datetime
    assignee_name: str = ""
    call_count: int = 0


@dataclass(frozen=True, slots=True)
class Note:
    """What one operator wrote during this call."""

    agent_id: int
    agent_name: str
    text: str


@dataclass(frozen=True, slots=True)
class Dossier:
    """What the house knows of the outside party. `readable` is the number as people read it."""

    known: Known
    readable: str
    number: str = ""
    client: Person | None = None
    candidates: tuple[Person, ...] = ()
    near: tuple[Person, ...] = ()
    past_calls: tuple[PastCall, ...] = ()
    agreement: Agreement | None = None
    tasks: tuple[OpenTask, ...] = ()
    notes: tuple[Note, ...] = ()
    colleagues: tuple[tuple[str, str], ...] = ()  # of an internal call: extension, name

    @property
    def client_ids(self) -> frozenset[int]:
        """All clients this dossier speaks of."""
        mentioned = (*self.candidates, *self.near, *([self.client] if self.client else []))
        return frozenset(person.client_id for person in mentioned)


UNREAD = Dossier(known=Known.UNREAD, readable="")
