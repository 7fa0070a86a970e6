"""One conversation while it lives: its channels, legs, offers, holds and transfers.

Who is who. A *phone* is an agent's; a *trunk* is the outside party, the client. In a call without
any trunk (internal) the phone that began it stands where the outside party stands. A trunk leg
that we dialled when an outside party was already there is no second client. Dialled before anybody
had answered (a phone's forward to a mobile, a follow-me) it stands in for an agent: it talks for
one, and is named as having answered where no phone of ours was with it. Dialled later (a transfer
to the world outside) it is neither: two outsiders then talk, and no agent.
"""

from dataclasses import dataclass, field
from datetime import datetime

from telephony.events import (
    CallFact,
    CallRecord,
    CallStarted,
    Direction,
    EndedBy,
    Fact,
    Hold,
    LegRole,
    Outcome,
    Transfer,
    TransferKind,
)
from telephony.events import Offer as OfferRecord
from telephony.ids import CallId, Interface, Linkedid, Uniqueid, endpoint_of
from telephony.legs import Channel, Leg, LiveOffer
from telephony.phones import is_outside_number
from telephony.talk import TalkClock


@dataclass(slots=True, eq=False)
class LiveHold:
    interface: Interface
    started_at: datetime
    parked: bool = False
    ended_at: datetime | None = None


@dataclass(slots=True, eq=False)
class LiveTransfer:
    """`settled` is False while it may still turn out to be a way into a parking lot."""

    kind: TransferKind
    at: datetime
    from_interface: str
    to: str
    moved: Uniqueid | None
    settled: bool = False


@dataclass(frozen=True, slots=True)
class Description:
    """What `CallStarted` and `CallDescribed` tell."""

    direction: Direction
    caller: str
    caller_name: str
    dialled: str


@dataclass(slots=True, eq=False)
class Call:
    """Mutable; ended once `ended` is set. Facts go to `out` once the call is worth telling of."""

    id: CallId
    began_at: datetime
    first: Leg
    out: list[Fact]
    number: str = ""
    name: str = ""
    exten: str = ""
    complete: bool = True
    linkedids: dict[Linkedid, None] = field(default_factory=dict)
    channels: dict[Uniqueid, Channel] = field(default_factory=dict)
    legs: list[Leg] = field(default_factory=list)
    offers: list[LiveOffer] = field(default_factory=list)
    holds: list[LiveHold] = field(default_factory=list)
    transfers: list[LiveTransfer] = field(default_factory=list)
    answers: dict[Interface, datetime] = field(default_factory=dict)
    present: set[Interface] = field(default_factory=set)
    """Phones whose answer has been told and whose leaving has not."""
    consulted: set[Interface] = field(default_factory=set)
    """Such phones in a call between colleagues that was joined with this one: they have not met the
    client yet."""
    talkers: tuple[Leg, ...] = ()
    clock: TalkClock = field(default_factory=TalkClock)
    queue: str | None = None
    waiting_in: str | None = None
    dial_status: str = ""
    dialled_last: Leg | None = None
    left_unanswered: bool = False
    voicemail: bool = False
    machine: bool = False
    connected_outside: bool = False
    own_number: str = ""
    asked_by_us: bool = False
    fetched: bool = False
    touched_at: datetime | None = None
    deserted_at: datetime | None = None
    started: bool = False
    ended: bool = False
    told: Description | None = None
    told_linkedids: int = 1
    unsaid: list[CallFact] = field(default_factory=list)

    # --- parties -------------------------------------------------------------------------------

    def outside_legs(self) -> list[Leg]:
        """The clients' legs, gone ones included; none in an internal call."""
        return [leg for leg in self.legs if leg.role is LegRole.TRUNK and not leg.stand_in]

    def has_trunk(self) -> bool:
        return any(leg.role is LegRole.TRUNK for leg in self.legs)

    def living_legs(self) -> list[Leg]:
        """The legs of persons that are not hung up."""
        return [leg for leg in self.legs if leg.ended_at is None and leg.role is not None]

    def is_internal_talk(self) -> bool:
        """Whether phones talk among themselves here: no outside party is or was on the line."""
        return not self.connected_outside and not any(
            leg.incoming or leg.ended_at is None for leg in self.outside_legs()
        )

    # --- description ---------------------------------------------------------------------------

    def direction(self) -> Direction:
        """By who began; a phone that meant to reach the world outside makes it outbound."""
        if self.first.role is LegRole.TRUNK:
            return Direction.INBOUND if self.first.incoming else Direction.OUTBOUND
        if self.has_trunk() or is_outside_number(self.dialled()):
            return Direction.OUTBOUND
        return Direction.INTERNAL

    def caller(self) -> str:
        """The client's number, or the phone's extension: never a caller id that a dialplan set."""
        if self.first.role is LegRole.PHONE:
            return endpoint_of(self.first.interface)
        return self.number

    def dialled(self) -> str:
        """What was dialled first, before any redirection."""
        return self.own_number or self.exten

    def describe(self) -> Description:
        return Description(self.direction(), self.caller(), self.name, self.dialled())

    # --- facts ---------------------------------------------------------------------------------

    def say(self, fact: CallFact) -> None:
        """Tell a fact; kept back until it is clear that this is a call at all."""
        (self.out if self.started else self.unsaid).append(fact)

    def start(self) -> None:
        """This is a call: tell so, and what was kept back."""
        if self.started:
            return
        self.started = True
        self.told = self.describe()
        self.out.append(
            CallStarted(
                at=self.began_at,
                call_id=self.id,
                linkedid=next(iter(self.linkedids), Linkedid(str(self.id))),
                direction=self.told.direction,
                caller=self.told.caller,
                caller_name=self.told.caller_name,
                dialled=self.told.dialled,
                interface=self.first.interface,
            )
        )
        self.out.extend(self.unsaid)
        self.unsaid.clear()

    # --- the record ----------------------------------------------------------------------------

    def record(
        self,
        at: datetime,
        *,
        ended_at: datetime | None = None,
        outcome: Outcome | None = None,
        ended_by: EndedBy | None = None,
        cause: int | None = None,
    ) -> CallRecord:
        """All that is known at `at`."""
        told = self.describe()
        talked, held = self.clock.totals(at)
        answered_at = min(self.answers.values(), default=None)
        waited = ((answered_at or ended_at or at) - self.began_at).total_seconds()
        return CallRecord(
            call_id=self.id,
            linkedids=tuple(self.linkedids),
            direction=told.direction,
            caller=told.caller,
            caller_name=told.caller_name,
            dialled=told.dialled,
            queue=self.queue,
            outcome=outcome,
            answered_by=tuple(self.answers),
            offered=tuple(
                OfferRecord(o.interface, o.offered_at, o.result, o.ended_at, o.queue)
                for o in self.offers
                if not o.own_request
            ),
            started_at=self.began_at,
            answered_at=answered_at,
            ended_at=ended_at,
            wait_seconds=max(0.0, waited),
            talk_seconds=talked,
            hold_seconds=held,
            transfers=tuple(
                Transfer(t.kind, t.at, t.from_interface, t.to) for t in self.transfers if t.settled
            ),
            ended_by=ended_by,
            hangup_cause=cause,
            legs=tuple(leg.record() for leg in self.legs if leg.role is not None),
            holds=tuple(Hold(h.interface, h.started_at, h.ended_at, h.parked) for h in self.holds),
            complete=self.complete,
        )
