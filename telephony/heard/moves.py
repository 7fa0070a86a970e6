"""Hold, transfer, redirect, parking, pickup."""

from datetime import datetime

from telephony import holds, offers, transfers
from telephony.call import Call
from telephony.events import OfferResult, TransferKind
from telephony.ids import Interface
from telephony.legs import Channel
from telephony.said import (
    AttendedTransferred,
    BlindTransferred,
    ChannelParked,
    HoldBegan,
    HoldEnded,
    ParkingEnded,
    PickedUp,
)
from telephony.watch import Watch


def on_hold(watch: Watch, wire: HoldBegan) -> None:
    channel = watch.see(wire.chan, wire.at)
    if channel is not None:
        holds.begin(channel.call, channel.leg, wire.at)


def on_unhold(watch: Watch, wire: HoldEnded) -> None:
    channel = watch.see(wire.chan, wire.at)
    if channel is not None:
        holds.end(channel.call, channel.leg, wire.at)


def on_blind_transfer(watch: Watch, wire: BlindTransferred) -> None:
    transferer = watch.see(wire.transferer, wire.at)
    transferee = watch.see(wire.transferee, wire.at)
    call = watch.join((transferer, transferee), wire.at)
    if transferer is None or call is None:
        return
    if transferee is not None and transferee.parked:
        return  # a parking is told as a transfer too, and sometimes after it is done
    leg = transferer.leg
    moved = transferee.uniqueid if transferee else None
    transfers.note(call, TransferKind.BLIND, wire.at, leg.interface, wire.exten, moved)
    leg.handed_over = True


def on_attended_transfer(watch: Watch, wire: AttendedTransferred) -> None:
    first, second = watch.see(wire.first, wire.at), watch.see(wire.second, wire.at)
    transferee, target = watch.see(wire.transferee, wire.at), watch.see(wire.target, wire.at)
    if first is None or second is None:
        return
    to = transfers.goal(target, second)
    call = watch.join((first, second, transferee, target), wire.at)
    assert call is not None
    moved = first.uniqueid
    transfers.note(call, TransferKind.ATTENDED, wire.at, first.leg.interface, to, moved)
    first.leg.handed_over = second.leg.handed_over = True
    holds.end(call, first.leg, wire.at)


def on_parked(watch: Watch, wire: ChannelParked) -> None:
    parkee = watch.see(wire.parkee, wire.at)
    if parkee is None or parkee.parked:
        return
    parkee.parked = True
    transfers.was_parking(parkee.call, parkee.uniqueid)
    holds.park(parkee.call, Interface(wire.parker_dial_string), wire.at)
    hand_over(parkee.call)


def on_parking_ended(watch: Watch, wire: ParkingEnded) -> None:
    parkee, retriever = watch.see(wire.parkee, wire.at), watch.see(wire.retriever, wire.at)
    if parkee is None:
        return
    parkee.parked = False
    holds.unpark(parkee.call, wire.at)
    watch.join((parkee, retriever), wire.at)


def on_picked_up(watch: Watch, wire: PickedUp) -> None:
    """`target` rang, `chan` takes the call in its place."""
    channel, target = watch.see(wire.chan, wire.at), watch.see(wire.target, wire.at)
    if channel is None or target is None:
        return
    call = watch.join((target, channel), wire.at)
    assert call is not None
    offers.close(call, target.leg, OfferResult.ANSWERED_ELSEWHERE, wire.at)


def note_redirect(call: Call, channel: Channel, exten: str, at: datetime) -> None:
    """The outside party was sent elsewhere in the dialplan, out of its talk: a blind transfer by
    the exchange. Where an event has told or will tell of a transfer, that one stands."""
    leg = channel.leg
    if leg.role is None or exten in ("", "h") or leg.quit_at or leg in call.talkers:
        return
    if not call.talkers or transfers.is_expected(call, channel.uniqueid):
        return
    agent = call.talkers[-1]
    transfers.note(call, TransferKind.BLIND, at, agent.interface, exten, moved=channel.uniqueid)
    hand_over(call)


def hand_over(call: Call) -> None:
    """Those who talk now give the outside party away: their hanging up will not end the call."""
    for leg in call.talkers:
        leg.handed_over = True
