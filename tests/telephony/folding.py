"""The facts of a call folded into what they tell, to be compared with its record."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from telephony import events
from telephony.events import CallEnded, CallRecord, Fact, OfferResult


@dataclass
class Told:
    """One call as the stream of its facts tells it."""

    direction: str = ""
    caller: str = ""
    dialled: str = ""
    linkedids: tuple[str, ...] = ()
    queue: str | None = None
    answers: dict[str, datetime] = field(default_factory=dict)
    present: set[str] = field(default_factory=set)
    picked_up: set[str] = field(default_factory=set)
    joined: set[str] = field(default_factory=set)  # present in a call that was joined with this one
    offers: list[list[object]] = field(default_factory=list)
    transfers: list[tuple[object, ...]] = field(default_factory=list)
    holds: list[list[object]] = field(default_factory=list)
    record: CallRecord | None = None

    @property
    def answered_by(self) -> tuple[str, ...]:
        """Phones by their first answer."""
        return tuple(sorted(self.answers, key=lambda phone: self.answers[phone]))


def fold(facts: Iterable[Fact]) -> dict[str, Told]:
    """Calls by id as told; absorbed ones are gone into those that absorbed them."""
    calls: dict[str, Told] = {}
    for fact in facts:
        if isinstance(fact, events.CallStarted):
            assert fact.call_id not in calls, "a call starts once"
            calls[fact.call_id] = Told(fact.direction, fact.caller, fact.dialled, (fact.linkedid,))
        elif isinstance(fact, events.CallFact):
            told = calls[fact.call_id]
            assert told.record is None, "nothing follows a call's end"
            _apply(told, fact, calls)
    return calls


def _apply(told: Told, fact: events.CallFact, calls: dict[str, Told]) -> None:
    match fact:
        case events.CallDescribed():
            told.direction, told.caller = fact.direction, fact.caller
            told.dialled, told.linkedids = fact.dialled, tuple(fact.linkedids)
        case events.CallsJoined():
            absorbed = calls.pop(fact.absorbed_id)
            told.offers = sorted(told.offers + absorbed.offers, key=lambda offer: str(offer[1]))
            told.transfers += absorbed.transfers
            told.picked_up |= absorbed.picked_up
            told.joined |= (absorbed.present | absorbed.joined) - told.present
            left = absorbed.answers.keys() - absorbed.present
            told.answers |= {phone: absorbed.answers[phone] for phone in left - told.answers.keys()}
            told.holds = sorted(told.holds + absorbed.holds, key=lambda hold: str(hold[1]))
            told.queue = told.queue or absorbed.queue
        case events.CallQueued():
            if not told.answers or told.queue is None:
                told.queue = fact.queue
        case events.CallOffered(own_request=False):
            told.offers.append([fact.interface, fact.at, None])
        case events.OfferEnded():
            for offer in told.offers:
                if offer[0] == fact.interface and offer[2] is None:
                    offer[2] = fact.result
                    if fact.result is OfferResult.ANSWERED:
                        told.picked_up.add(fact.interface)
                    break
        case events.CallAnswered():
            assert fact.interface not in told.present, "who is there does not answer again"
            told.present.add(fact.interface)
            told.joined.discard(fact.interface)
            told.answers.setdefault(fact.interface, fact.at)
        case events.CallLeft():
            there = (told.present, told.joined, told.picked_up)
            assert any(fact.interface in phones for phones in there), "only who is there leaves"
            for phones in there:
                phones.discard(fact.interface)
        case events.CallHeld():
            told.holds.append([fact.interface, fact.at, fact.parked, None])
        case events.CallResumed():
            for hold in told.holds:
                if hold[0] == fact.interface and hold[3] is None:
                    hold[3] = fact.at
                    break
        case events.CallTransferred():
            told.transfers.append((fact.kind, fact.from_interface, fact.to))
        case CallEnded():
            told.record = fact.record


def disagreements(told: Told) -> list[str]:
    """What the facts told otherwise than the record that closes them."""
    record = told.record
    assert record is not None
    pairs: dict[str, tuple[object, object]] = {
        "direction": (told.direction, record.direction),
        "caller": (told.caller, record.caller),
        "dialled": (told.dialled, record.dialled),
        "linkedids": (tuple(told.linkedids), record.linkedids),
        "queue": (told.queue, record.queue),
        "answered_by": (told.answered_by, record.answered_by),
        "offered": (
            [tuple(offer) for offer in told.offers],
            [(offer.interface, offer.offered_at, offer.result) for offer in record.offered],
        ),
        "transfers": (
            told.transfers,
            [(one.kind, one.from_interface, one.to) for one in record.transfers],
        ),
        "holds": (
            [(hold[0], hold[1], hold[2]) for hold in told.holds],
            [(hold.interface, hold.started_at, hold.parked) for hold in record.holds],
        ),
    }
    wrong = [f"{key}: facts {a!r}, record {b!r}" for key, (a, b) in pairs.items() if a != b]
    if any(offer.result is None for offer in record.offered):
        wrong.append("an offer of an ended call has no result")
    if OfferResult.ANSWERED not in [offer.result for offer in record.offered] and wrong:
        wrong.append("(no offer was answered)")
    return wrong
