"""Facts about calls and queues, in the past tense: all that the house learns from Asterisk.

Every fact is immutable and carries `at`, an aware UTC instant. A call's facts carry its `call_id`.
Interfaces (`PJSIP/101`) are phones or trunks; who sits there is not known on this floor.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from telephony.ids import CallId, Interface, Linkedid, Uniqueid


class Direction(StrEnum):
    """Seen from the office: who began the conversation."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"


class Outcome(StrEnum):
    """What the network said of the whole call."""

    ANSWERED = "answered"
    ABANDONED = "abandoned"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    CONGESTION = "congestion"
    FAILED = "failed"
    VOICEMAIL = "voicemail"
    MACHINE = "machine"


class OfferResult(StrEnum):
    """How one phone's ringing ended."""

    ANSWERED = "answered"
    ANSWERED_ELSEWHERE = "answered_elsewhere"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    REFUSED = "refused"
    ABANDONED = "abandoned"
    FAILED = "failed"


class TransferKind(StrEnum):
    BLIND = "blind"
    ATTENDED = "attended"


class EndedBy(StrEnum):
    CLIENT = "client"
    AGENT = "agent"
    SYSTEM = "system"


class LegRole(StrEnum):
    """`phone`: one of ours; `trunk`: the world outside."""

    PHONE = "phone"
    TRUNK = "trunk"


@dataclass(frozen=True, slots=True)
class Offer:
    """One phone that was rung for a call; `result` is None while it rings."""

    interface: Interface
    offered_at: datetime
    result: OfferResult | None = None
    ended_at: datetime | None = None
    queue: str | None = None


@dataclass(frozen=True, slots=True)
class Transfer:
    """`from_interface` handed the outside party to `to` (an interface, or the number dialled)."""

    kind: TransferKind
    at: datetime
    from_interface: str
    to: str


@dataclass(frozen=True, slots=True)
class LegRecord:
    """One channel of the call, from creation to hang-up; `cause` is the Q.850 code."""

    uniqueid: Uniqueid
    channel: str
    interface: Interface
    role: LegRole
    started_at: datetime
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    cause: int | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """A stretch on hold or parked; `ended_at` is None while it lasts."""

    interface: Interface
    started_at: datetime
    ended_at: datetime | None = None
    parked: bool = False


@dataclass(frozen=True, slots=True)
class CallRecord:
    """Everything known of one conversation. While it lives `ended_at` and `outcome` are None.

    `complete` is False when the call was adopted in its middle (after a restart), so that what the
    journal already holds of the time before is kept rather than overwritten.
    """

    call_id: CallId
    linkedids: tuple[Linkedid, ...]
    direction: Direction
    caller: str
    caller_name: str
    dialled: str
    queue: str | None
    outcome: Outcome | None
    answered_by: tuple[Interface, ...]
    offered: tuple[Offer, ...]
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    wait_seconds: float
    talk_seconds: float
    hold_seconds: float
    transfers: tuple[Transfer, ...]
    ended_by: EndedBy | None
    hangup_cause: int | None
    legs: tuple[LegRecord, ...] = ()
    holds: tuple[Hold, ...] = ()
    complete: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something that happened at `at` (aware, UTC)."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFact(Fact):
    call_id: CallId


@dataclass(frozen=True, slots=True, kw_only=True)
class CallStarted(CallFact):
    """A conversation appeared; what is not known yet comes with `CallDescribed`.

    `interface` is where it began: the caller's phone or the trunk.
    """

    linkedid: Linkedid
    direction: Direction
    caller: str
    caller_name: str
    dialled: str
    interface: Interface


@dataclass(frozen=True, slots=True, kw_only=True)
class CallDescribed(CallFact):
    """Better knowledge of an open call: replaces direction, parties and linkedids."""

    linkedids: tuple[Linkedid, ...]
    direction: Direction
    caller: str
    caller_name: str
    dialled: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallsJoined(CallFact):
    """Two calls turned out to be one conversation: `absorbed_id` is now part of `call_id`."""

    absorbed_id: CallId


@dataclass(frozen=True, slots=True, kw_only=True)
class CallQueued(CallFact):
    queue: str
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLeftQueue(CallFact):
    queue: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOffered(CallFact):
    """The phone at `interface` began to ring for this call (also when an agent dials out himself
    through click-to-call and his own phone rings first: `own_request` is then true)."""

    interface: Interface
    queue: str | None = None
    own_request: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferEnded(CallFact):
    interface: Interface
    result: OfferResult


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAnswered(CallFact):
    """The phone at `interface` and the other party began to talk; it comes again only after the
    phone had left (fetched out of a hold by parking, handed over and back)."""

    interface: Interface


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLeft(CallFact):
    """The phone at `interface`, which had answered, is out of it; the call may live on. It need not
    have met the client: one may pick up and then decline, or be asked by a colleague only."""

    interface: Interface


@dataclass(frozen=True, slots=True, kw_only=True)
class CallHeld(CallFact):
    interface: Interface
    parked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CallResumed(CallFact):
    interface: Interface


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTransferred(CallFact):
    kind: TransferKind
    from_interface: str
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEnded(CallFact):
    """The last leg is gone. `record` is the whole story and the last word on it."""

    record: CallRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRetold(CallFact):
    """The exchange's own log tells an ended call from its beginning, to complete what was half seen
    and add what was not seen at all; a call known whole it does not change.

    `is_coarse`: from bills, which leave out more than they say. `is_history`: of a time that nobody
    has to act on any more. `is_wanted`: a person says that the log is right, and we are not.
    """

    record: CallRecord
    is_coarse: bool = False
    is_history: bool = False
    is_wanted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberSeen(Fact):
    """A queue's seat as it is now: added, changed or listed at connect."""

    queue: str
    interface: Interface
    name: str
    paused: bool
    pause_reason: str
    in_call: bool
    penalty: int = 0
    dynamic: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRemoved(Fact):
    queue: str
    interface: Interface


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberPaused(Fact):
    queue: str
    interface: Interface
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberUnpaused(Fact):
    queue: str
    interface: Interface


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerWaiting(Fact):
    """Somebody stands in a queue; `uniqueid` is the waiting channel."""

    queue: str
    uniqueid: Uniqueid
    position: int
    number: str
    name: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerStoppedWaiting(Fact):
    queue: str
    uniqueid: Uniqueid


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneStateChanged(Fact):
    """Asterisk's device state word of a phone: NOT_INUSE, INUSE, RINGING, UNAVAILABLE ..."""

    interface: Interface
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeConnected(Fact):
    """The link to Asterisk is up and the state of its calls and queues has been read."""

    version: str
    simulated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeLost(Fact):
    """The link to Asterisk is down; `reason` is a code from `telephony.errors`."""

    reason: str
    details: str = ""


FACTS: tuple[type[Fact], ...] = (
    CallStarted,
    CallDescribed,
    CallsJoined,
    CallQueued,
    CallLeftQueue,
    CallOffered,
    OfferEnded,
    CallAnswered,
    CallLeft,
    CallHeld,
    CallResumed,
    CallTransferred,
    CallEnded,
    MemberSeen,
    MemberRemoved,
    MemberPaused,
    MemberUnpaused,
    CallerWaiting,
    CallerStoppedWaiting,
    PhoneStateChanged,
    ExchangeConnected,
    ExchangeLost,
)
