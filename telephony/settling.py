"""After a message has changed a call: who talks now, and what is to be told (pure)."""

from datetime import datetime

from telephony import offers, transfers
from telephony.call import Call
from telephony.conversation import conversation
from telephony.events import CallAnswered, CallDescribed, OfferResult
from telephony.outcome import is_worth_telling


def settle(call: Call, at: datetime) -> None:
    """Bring the call's clock, answers and description up to `at`."""
    if call.ended:
        return
    _follow_talk(call, at)
    if not call.started and is_worth_telling(call):
        call.start()
    if call.started:
        _describe(call, at)


def _follow_talk(call: Call, at: datetime) -> None:
    now = conversation(call)
    call.clock.turn(now.state, at)
    if not now.agents:
        return
    call.connected_outside = call.connected_outside or now.outside
    if not all(leg.handed_over for leg in now.agents):
        transfers.settle(call)
    call.talkers = now.agents
    for leg in now.agents:
        offers.close(call, leg, OfferResult.ANSWERED, at)
        if leg.interface not in call.present:
            call.answers.setdefault(leg.interface, at)
            call.present.add(leg.interface)
            call.consulted.discard(leg.interface)
            call.say(CallAnswered(at=at, call_id=call.id, interface=leg.interface))


def _describe(call: Call, at: datetime) -> None:
    now = call.describe()
    if now == call.told and len(call.linkedids) == call.told_linkedids:
        return
    call.told, call.told_linkedids = now, len(call.linkedids)
    call.say(
        CallDescribed(
            at=at,
            call_id=call.id,
            linkedids=tuple(call.linkedids),
            direction=now.direction,
            caller=now.caller,
            caller_name=now.caller_name,
            dialled=now.dialled,
        )
    )
