"""One call as the log holds it, and what each fact adds to it (pure, idempotent).

A fact heard twice changes nothing; a fact about an unknown call makes a story all the same, and
`CallStarted`, should it come later, fills in what is missing without resetting anything.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from crm_core.calls.cleaning import INTERFACE, KEY, NAME, NUMBER, clean, clean_or_none
from telephony import events as facts
from telephony.events import Direction, OfferResult

AgentAt = Callable[[str], int | None]
"""Who sits at an interface now (agent id), or None."""
NumberOf = Callable[[Direction, str, str], str]
"""The outside party's number in its stored form, of (direction, caller, dialled)."""


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What a story must be told by others: who sits where, and how numbers are written."""

    agent_at: AgentAt
    number_of: NumberOf


@dataclass(slots=True)
class OfferRow:
    interface: str
    offered_at: datetime
    agent_id: int | None = None
    queue: str | None = None
    ended_at: datetime | None = None
    result: str | None = None
    dirty: bool = True

    @property
    def key(self) -> tuple[str, datetime]:
        return self.interface, self.offered_at


@dataclass(slots=True)
class TalkRow:
    interface: str
    started_at: datetime
    agent_id: int | None = None
    ended_at: datetime | None = None
    dirty: bool = True

    @property
    def key(self) -> tuple[str, datetime]:
        return self.interface, self.started_at


@dataclass(slots=True)
class HoldRow:
    interface: str
    started_at: datetime
    parked: bool = False
    ended_at: datetime | None = None
    dirty: bool = True

    @property
    def key(self) -> tuple[str, datetime]:
        return self.interface, self.started_at


@dataclass(slots=True)
class TransferRow:
    kind: str
    at: datetime
    from_interface: str
    to: str
    dirty: bool = True

    @property
    def key(self) -> tuple[str, datetime]:
        return self.from_interface, self.at


@dataclass(slots=True)
class Story:
    """A call's row and its children. `dirty` and `stored` tell the store what is left to write."""

    call_id: str
    started_at: datetime
    direction: Direction = Direction.INBOUND
    caller: str = ""
    caller_name: str = ""
    dialled: str = ""
    number: str = ""
    queue: str | None = None
    outcome: str | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    wait_seconds: float = 0.0
    talk_seconds: float = 0.0
    hold_seconds: float = 0.0
    ended_by: str | None = None
    hangup_cause: int | None = None
    client_id: int | None = None
    complete: bool = True
    linkedids: set[str] = field(default_factory=set)
    new_linkedids: set[str] = field(default_factory=set)
    offers: list[OfferRow] = field(default_factory=list)
    talks: list[TalkRow] = field(default_factory=list)
    holds: list[HoldRow] = field(default_factory=list)
    transfers: list[TransferRow] = field(default_factory=list)
    legs: list[facts.LegRecord] = field(default_factory=list)  # only those yet to be written
    gone_offers: list[OfferRow] = field(default_factory=list)
    gone_holds: list[HoldRow] = field(default_factory=list)
    gone_transfers: list[TransferRow] = field(default_factory=list)
    absorbed: list[str] = field(default_factory=list)  # ids whose rows are to be moved here
    dirty: bool = True
    stored: bool = False
    to_link: bool = False

    @property
    def ended(self) -> bool:
        return self.ended_at is not None

    @property
    def nameless(self) -> bool:
        """Nothing is known of its parties yet: its beginning was missed."""
        return not self.caller and not self.dialled

    def add_linkedids(self, *linkedids: str) -> None:
        new = {clean(each, KEY) for each in linkedids} - self.linkedids
        self.linkedids |= new
        self.new_linkedids |= new

    def describe(
        self, direction: Direction, caller: str, caller_name: str, dialled: str, known: Knowledge
    ) -> None:
        """Set the parties; a number other than before asks for its client again."""
        self.direction = direction
        self.caller, self.dialled = clean(caller, NUMBER), clean(dialled, NUMBER)
        self.caller_name = clean(caller_name, NAME)
        number = known.number_of(direction, self.caller, self.dialled)
        if number != self.number:
            self.number = number
            self.to_link = True
        self.dirty = True


def on_call_started(story: Story, fact: facts.CallStarted, known: Knowledge) -> None:
    if story.nameless:
        story.describe(fact.direction, fact.caller, fact.caller_name, fact.dialled, known)
    if fact.at < story.started_at:
        story.started_at = fact.at
        story.dirty = True
    story.add_linkedids(fact.linkedid)


def on_call_described(story: Story, fact: facts.CallDescribed, known: Knowledge) -> None:
    story.describe(fact.direction, fact.caller, fact.caller_name, fact.dialled, known)
    story.add_linkedids(*fact.linkedids)


def on_call_queued(story: Story, fact: facts.CallQueued, known: Knowledge) -> None:
    story.queue = clean(fact.queue, INTERFACE)
    story.dirty = True


def on_call_left_queue(story: Story, fact: facts.CallLeftQueue, known: Knowledge) -> None:
    """The call remembers the queue that it left."""


def on_call_offered(story: Story, fact: facts.CallOffered, known: Knowledge) -> None:
    # His own phone ringing for a call he asked for is no offer; a phone that rings already rings.
    interface = clean(fact.interface, INTERFACE)
    if fact.own_request or any(
        offer.interface == interface and (offer.result is None or offer.offered_at == fact.at)
        for offer in story.offers
    ):
        return
    queue = clean_or_none(fact.queue, INTERFACE)
    story.offers.append(OfferRow(interface, fact.at, known.agent_at(interface), queue))


def on_offer_ended(story: Story, fact: facts.OfferEnded, known: Knowledge) -> None:
    _end_offer(story, clean(fact.interface, INTERFACE), fact.result, fact.at)


def _end_offer(story: Story, interface: str, result: OfferResult, at: datetime) -> None:
    for offer in reversed(story.offers):
        if offer.interface == interface and offer.result is None:
            offer.result, offer.ended_at, offer.dirty = result.value, at, True
            return


def on_call_answered(story: Story, fact: facts.CallAnswered, known: Knowledge) -> None:
    interface = clean(fact.interface, INTERFACE)
    _end_offer(story, interface, OfferResult.ANSWERED, fact.at)
    if any(
        talk.interface == interface and (talk.ended_at is None or talk.started_at == fact.at)
        for talk in story.talks
    ):
        return
    story.talks.append(TalkRow(interface, fact.at, known.agent_at(interface)))
    if story.answered_at is None or fact.at < story.answered_at:
        story.answered_at = fact.at
        story.dirty = True


def on_call_left(story: Story, fact: facts.CallLeft, known: Knowledge) -> None:
    interface = clean(fact.interface, INTERFACE)
    for talk in reversed(story.talks):
        if talk.interface == interface and talk.ended_at is None:
            talk.ended_at, talk.dirty = max(fact.at, talk.started_at), True
            return


def on_call_held(story: Story, fact: facts.CallHeld, known: Knowledge) -> None:
    interface = clean(fact.interface, INTERFACE)
    if any(
        hold.interface == interface and (hold.ended_at is None or hold.started_at == fact.at)
        for hold in story.holds
    ):
        return
    story.holds.append(HoldRow(interface, fact.at, fact.parked))


def on_call_resumed(story: Story, fact: facts.CallResumed, known: Knowledge) -> None:
    interface = clean(fact.interface, INTERFACE)
    for hold in reversed(story.holds):
        if hold.interface == interface and hold.ended_at is None:
            hold.ended_at, hold.dirty = max(fact.at, hold.started_at), True
            return


def on_call_transferred(story: Story, fact: facts.CallTransferred, known: Knowledge) -> None:
    row = TransferRow(
        fact.kind.value,
        fact.at,
        clean(fact.from_interface, INTERFACE),
        clean(fact.to, INTERFACE),
    )
    if all(row.key != other.key for other in story.transfers):
        story.transfers.append(row)


def absorb(survivor: Story, absorbed: Story) -> None:
    """All that was known of `absorbed` becomes part of `survivor`; the earlier beginning stands.

    What colleagues said among themselves before they were joined with a client's call is no answer
    and no talk of that call: who then talks with the client answers it.
    """
    survivor.started_at = min(survivor.started_at, absorbed.started_at)
    if survivor.nameless and not absorbed.nameless:
        survivor.direction, survivor.number = absorbed.direction, absorbed.number
        survivor.caller, survivor.dialled = absorbed.caller, absorbed.dialled
        survivor.caller_name = absorbed.caller_name
        survivor.to_link = True
    survivor.queue = survivor.queue or absorbed.queue
    survivor.complete = survivor.complete and absorbed.complete
    survivor.offers += _others(survivor.offers, absorbed.offers)
    if absorbed.direction is not Direction.INTERNAL or survivor.direction is Direction.INTERNAL:
        _take_talks(survivor, absorbed)
    survivor.holds += _others(survivor.holds, absorbed.holds)
    survivor.transfers += _others(survivor.transfers, absorbed.transfers)
    survivor.legs += absorbed.legs
    survivor.add_linkedids(absorbed.call_id, *absorbed.linkedids)
    survivor.new_linkedids |= absorbed.linkedids | {absorbed.call_id}
    survivor.absorbed += [*absorbed.absorbed, absorbed.call_id]
    survivor.dirty = True


def _take_talks(survivor: Story, absorbed: Story) -> None:
    answers = [at for at in (survivor.answered_at, absorbed.answered_at) if at is not None]
    survivor.answered_at = min(answers, default=None)
    survivor.talks += _others(survivor.talks, absorbed.talks)


_Row = TypeVar("_Row", OfferRow, TalkRow, HoldRow, TransferRow)


def _others(mine: list[_Row], theirs: list[_Row]) -> list[_Row]:
    keys = {row.key for row in mine}
    return [replace(row, dirty=True) for row in theirs if row.key not in keys]
