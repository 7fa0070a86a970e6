"""Lines are dialled and ring, Originates end, variables tell how a dial went."""

from telephony import offers
from telephony.call import Call
from telephony.events import LegRole, OfferResult
from telephony.legs import Leg
from telephony.said import DialBegan, DialEnded, MemberRung, Originated, VariableSet
from telephony.watch import Watch
from telephony.wire import DIALLED_VARIABLE


def on_dial_began(watch: Watch, wire: DialBegan) -> None:
    source, dest = watch.meet(wire.source, wire.at), watch.see(wire.dest, wire.at)
    if dest is None:
        return
    call = watch.join((source, dest), wire.at)
    assert call is not None
    watch.seek(call)
    _name_dialled(call, dest.leg, wire.dial_string)
    if dest.leg.role is not None:
        call.dialled_last = dest.leg
    offers.ring(call, dest.leg, wire.at)


def _name_dialled(call: Call, leg: Leg, dial_string: str) -> None:
    """A client dialled by the exchange itself: its number stands in the dial string."""
    if call.first is leg and leg.role is LegRole.TRUNK and not call.exten:
        call.exten = number_in(dial_string)
        if call.number == call.exten:
            call.number = ""


def number_in(dial_string: str) -> str:
    """`79161234567@provider`, `provider/sip:79161234567@host` -> `79161234567`."""
    target = dial_string.rpartition("/")[2].partition("@")[0]
    return target.rpartition(":")[2]


def on_dial_ended(watch: Watch, wire: DialEnded) -> None:
    watch.see(wire.source, wire.at)
    dest = watch.see(wire.dest, wire.at)
    if dest is not None and wire.status == "ANSWER":
        offers.close(dest.call, dest.leg, OfferResult.ANSWERED, wire.at)


def on_member_rung(watch: Watch, wire: MemberRung) -> None:
    caller, dest = watch.meet(wire.chan, wire.at), watch.see(wire.dest, wire.at)
    if caller is None or dest is None:
        return
    call = watch.join((caller, dest), wire.at)
    assert call is not None
    call.queue = call.queue or wire.queue
    offers.ring(call, dest.leg, wire.at)


def on_originated(watch: Watch, wire: Originated) -> None:
    """Click-to-call: where the agent's phone was to be connected with. This may come before or
    after the end of a phone that did not answer."""
    if not wire.exten or wire.application:
        return
    channel = watch.find(wire.uniqueid)
    if channel is None:
        watch.orphans[wire.uniqueid] = wire.exten
        return
    call = channel.call
    if call.first.role is not LegRole.TRUNK and not call.first.incoming:
        call.own_number = call.own_number or wire.exten


def on_variable(watch: Watch, wire: VariableSet) -> None:
    channel = watch.see(wire.chan, wire.at)
    if channel is None:
        return
    call, value = channel.call, wire.value
    match wire.variable:
        case "DIALSTATUS":
            if channel.leg.role is not None or not call.first.incoming:
                call.dial_status = value
        case "QUEUESTATUS":
            call.left_unanswered = value != "" and not call.answers
        case "VMSTATUS":
            call.voicemail = call.voicemail or value in ("SUCCESS", "USEREXIT")
            call.left_unanswered = False
            call.dial_status = ""
        case "AMDSTATUS":
            call.machine = value == "MACHINE"
        case variable if variable == DIALLED_VARIABLE:
            call.own_number, call.asked_by_us = value[:64], True
