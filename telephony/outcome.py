"""The verdict on an ended call: what came of it, who ended it, with which cause (pure)."""

from dataclasses import dataclass

from telephony.call import Call
from telephony.causes import (
    ANSWERED_ELSEWHERE,
    CALL_REJECTED,
    USER_BUSY,
    outcome_of_cause,
    outcome_of_dial,
)
from telephony.events import Direction, EndedBy, LegRole, Outcome
from telephony.legs import Leg


@dataclass(frozen=True, slots=True)
class Verdict:
    outcome: Outcome
    ended_by: EndedBy
    cause: int | None


def judge(call: Call, *, cut: bool = False) -> Verdict:
    """`cut`: the exchange stopped, or the call was gone when we looked again."""
    ended_by = EndedBy.SYSTEM if cut else _ended_by(call)
    return Verdict(_outcome(call), ended_by, _cause(call))


def _outcome(call: Call) -> Outcome:
    if call.answers:
        return Outcome.ANSWERED
    if call.machine:
        return Outcome.MACHINE
    if call.voicemail:
        return Outcome.VOICEMAIL
    if call.first.role is LegRole.TRUNK and (call.first.incoming or call.first.answered_at):
        return _outcome_of_waiting(call)
    return _outcome_of_dialling(call)


def _outcome_of_waiting(call: Call) -> Outcome:
    """A client was on the line and no agent came. One who leaves after a time-out, in the menu or
    greeting that follows, has abandoned; one told that the phone is busy has not."""
    dialled = outcome_of_dial(call.dial_status)
    if dialled not in (None, Outcome.NO_ANSWER):
        return dialled
    if _client_quit(call) or not call.first.incoming:
        return Outcome.ABANDONED
    if dialled is not None or call.left_unanswered:
        return Outcome.NO_ANSWER
    by_cause = outcome_of_cause(call.first.cause)
    if by_cause is not None:
        return by_cause
    reached_something = call.first.answered_at or call.offers or call.queue
    return Outcome.NO_ANSWER if reached_something else Outcome.FAILED


def _outcome_of_dialling(call: Call) -> Outcome:
    """An agent, or the exchange for one, dialled and nobody came."""
    dialled = outcome_of_dial(call.dial_status)
    if dialled is not None:
        return dialled
    last = call.dialled_last or call.first
    by_cause = outcome_of_cause(last.cause)
    if by_cause is not None:
        return by_cause
    nobody_rung = call.dialled_last is None and call.first.quit_at is None
    return Outcome.FAILED if nobody_rung else Outcome.NO_ANSWER


def _client_quit(call: Call) -> bool:
    return any(leg.quit_at for leg in call.outside_legs())


def _ended_by(call: Call) -> EndedBy:
    """Whose line was hung up first by its own end; system if it was nobody's: a time-out, a
    restart, a hang-up by AMI or command line (the stream tells no difference between them)."""
    parties = _last_parties(call)
    quitters = [leg for leg in parties if leg.quit_at is not None]
    if not quitters:
        return EndedBy.SYSTEM
    return _side(min(quitters, key=lambda leg: (leg.quit_at, leg.started_at)))


def _last_parties(call: Call) -> list[Leg]:
    outside = call.outside_legs()
    if call.answers:
        talkers = [leg for leg in call.talkers if not leg.handed_over]
        phones = [] if call.connected_outside else [call.first]
        return outside + talkers + phones
    waiting = [call.first] if call.first.role is not None else []
    refused = _refused(call)
    if refused is not None and refused not in waiting:
        waiting.append(refused)
    return waiting + [leg for leg in outside if leg.answered_at]


def _refused(call: Call) -> Leg | None:
    """The line that would not take the call. With a client whose line the exchange had answered (a
    menu, a queue, a voice afterwards) that ends no call: the exchange goes on or hangs up. Nor did
    it where he went on waiting and gave up later."""
    last, first = call.dialled_last, call.first
    if last is None or last.cause not in (USER_BUSY, CALL_REJECTED):
        return None
    is_client = first.role is LegRole.TRUNK
    goes_on = is_client and first.incoming and first.answered_at is not None
    return None if goes_on or (is_client and first.quit_at is not None) else last


def _side(leg: Leg) -> EndedBy:
    is_client = leg.role is LegRole.TRUNK and not leg.stand_in
    return EndedBy.CLIENT if is_client else EndedBy.AGENT


def _cause(call: Call) -> int | None:
    """The cause of the outside party's line; where nobody came of the line that was dialled."""
    candidates = [call.first]
    outside = call.outside_legs()
    if outside:
        candidates = [*reversed(outside), call.first]
    elif not call.answers and call.dialled_last is not None:
        candidates = [call.dialled_last, call.first]
    told = [leg.cause for leg in candidates if leg.cause is not None]
    plain = [cause for cause in told if cause not in (0, ANSWERED_ELSEWHERE)]
    if plain:
        return plain[0]
    return told[0] if told else None


def is_worth_telling(call: Call) -> bool:
    """Whether the living call is a conversation by now: a client's, or one phone calling another.

    A phone alone with the exchange (a feature code, an echo test, a supervisor who listens, one
    who fetches a parked call) makes no call.
    """
    return (
        call.has_trunk()
        or call.queue is not None
        or bool(call.answers)
        or any(not offer.own_request for offer in call.offers)
        or (call.asked_by_us and call.first.role is LegRole.PHONE)
    )


def was_worth_telling(call: Call) -> bool:
    """The same at the end, when a call that reached nobody still was an attempt."""
    if call.first.role is not LegRole.PHONE or call.fetched:
        return False
    if call.voicemail or call.dial_status not in ("", "ANSWER"):
        return True
    attempted = not call.first.incoming and call.first.answered_at is None
    return call.direction() is Direction.OUTBOUND or (attempted and call.dialled().isdigit())
