"""Two calls that turn out to be one conversation (pure)."""

from dataclasses import replace
from datetime import datetime

from telephony.call import Call
from telephony.events import CallAnswered, CallsJoined, LegRole


def survivor_of(one: Call, two: Call) -> tuple[Call, Call]:
    """Which of the two lives on, and which is absorbed.

    The one with a client in it, so that the agents' talk before a transfer is part of the client's
    call; of equals the earlier one. The order of the arguments does not matter.
    """

    def rank(call: Call) -> tuple[bool, bool, datetime, str]:
        return not call.has_trunk(), not call.started, call.began_at, call.id

    return (one, two) if rank(one) <= rank(two) else (two, one)


def join(call: Call, absorbed: Call, at: datetime) -> None:
    """Make all of `absorbed` part of `call`. What agents said among themselves before a client was
    with them is no answer and no talk of the client's call."""
    between_agents = call.has_trunk() and not absorbed.has_trunk()
    _tell(call, absorbed, at)
    _take_parties(call, absorbed)
    _take_story(call, absorbed)
    if not between_agents:
        _take_talk(call, absorbed, at)
        call.present |= absorbed.present
    else:
        call.consulted |= absorbed.present
    call.consulted = (call.consulted | absorbed.consulted) - call.present
    absorbed.ended = True


def _tell(call: Call, absorbed: Call, at: datetime) -> None:
    if absorbed.started:
        call.start()
        call.say(CallsJoined(at=at, call_id=call.id, absorbed_id=absorbed.id))
    for fact in absorbed.unsaid:
        call.say(replace(fact, call_id=call.id))
    absorbed.unsaid.clear()


def _take_parties(call: Call, absorbed: Call) -> None:
    client_is_there = any(leg.incoming or leg.answered_at for leg in call.outside_legs())
    for leg in absorbed.legs:
        if client_is_there and leg.role is LegRole.TRUNK and not leg.incoming:
            leg.stand_in = True
    if call.first.role is None and absorbed.first.role is not None:
        call.first = absorbed.first
        call.number, call.name, call.exten = absorbed.number, absorbed.name, absorbed.exten
    call.legs = sorted(call.legs + absorbed.legs, key=lambda leg: leg.started_at)
    for channel in absorbed.channels.values():
        channel.call = call
    call.channels.update(absorbed.channels)
    call.linkedids.update(absorbed.linkedids)
    absorbed.channels = {}


def _take_story(call: Call, absorbed: Call) -> None:
    call.offers = sorted(call.offers + absorbed.offers, key=lambda offer: offer.offered_at)
    call.holds = sorted(call.holds + absorbed.holds, key=lambda hold: hold.started_at)
    call.transfers = sorted(call.transfers + absorbed.transfers, key=lambda moved: moved.at)
    call.queue = call.queue or absorbed.queue
    call.waiting_in = call.waiting_in or absorbed.waiting_in
    call.dial_status = absorbed.dial_status or call.dial_status
    call.dialled_last = absorbed.dialled_last or call.dialled_last
    call.own_number = call.own_number or absorbed.own_number
    call.voicemail = call.voicemail or absorbed.voicemail
    call.machine = call.machine or absorbed.machine
    call.complete = call.complete and absorbed.complete


def _take_talk(call: Call, absorbed: Call, at: datetime) -> None:
    call.connected_outside = call.connected_outside or absorbed.connected_outside
    call.talkers = call.talkers + absorbed.talkers
    call.clock.add(absorbed.clock, at)
    for interface, since in absorbed.answers.items():
        if interface in call.answers:
            continue
        call.answers[interface] = since
        if interface in absorbed.present:
            call.say(CallAnswered(at=since, call_id=call.id, interface=interface))
    call.answers = dict(sorted(call.answers.items(), key=lambda answer: answer[1]))
