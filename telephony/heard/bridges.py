"""Channels enter and leave bridges."""

from telephony import holds
from telephony.heard.moves import note_redirect
from telephony.said import BridgeEntered, BridgeGone, BridgeLeft
from telephony.watch import Watch


def on_entered(watch: Watch, wire: BridgeEntered) -> None:
    channel = watch.meet(wire.chan, wire.at)
    if channel is None:
        return
    bridge = watch.floor.bridges.enter(channel, wire.bridge, wire.holding)
    if wire.holding:
        return
    call = watch.join(list(bridge.members.values()), wire.at)
    assert call is not None
    channel.leg.handed_over = False
    holds.end_by_return(call, channel, wire.at)


def on_left(watch: Watch, wire: BridgeLeft) -> None:
    """One who leaves a talk for another place in the dialplan was redirected."""
    channel = watch.find(wire.chan.uniqueid)
    if channel is None:
        return
    place = (channel.context, channel.exten)
    was_in_talk = channel.bridge is not None and not channel.bridge.holding
    watch.see(wire.chan, wire.at)
    if channel.bridge is not None and channel.bridge.uniqueid == wire.bridge:
        watch.floor.bridges.leave(channel)
    if was_in_talk and place != (channel.context, channel.exten):
        note_redirect(channel.call, channel, channel.exten, wire.at)


def on_destroyed(watch: Watch, wire: BridgeGone) -> None:
    for channel in watch.floor.bridges.destroy(wire.bridge):
        watch.touch(channel.call)
