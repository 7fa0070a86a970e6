"""Channels are born, change, are renamed, are asked to hang up, and go."""

from telephony import offers
from telephony.events import OfferResult
from telephony.heard.moves import note_redirect
from telephony.legs import STATE_BUSY
from telephony.said import (
    ChannelBorn,
    ChannelChanged,
    ChannelGone,
    ChannelRenamed,
    HangupAsked,
    LocalsPaired,
    SpyBegan,
)
from telephony.watch import Watch


def on_born(watch: Watch, wire: ChannelBorn) -> None:
    """A copy of a birth already heard makes nothing new; a name heard again means that its former
    bearer is gone."""
    seen = wire.chan
    if watch.see(seen, wire.at) is not None or watch.floor.has_ended(seen):
        return
    namesake = watch.floor.channels.named(seen.channel)
    if namesake is not None:
        watch.hang_up(namesake, wire.at)
    channel = watch.floor.admit(seen, wire.at)
    channel.call.touched_at = wire.at
    watch.touch(channel.call)


def on_changed(watch: Watch, wire: ChannelChanged) -> None:
    watch.see(wire.chan, wire.at)


def on_renamed(watch: Watch, wire: ChannelRenamed) -> None:
    """A masquerade: two channels change lines, so they are of one call."""
    channel = watch.find(wire.uniqueid)
    if channel is None:
        return
    other = watch.floor.channels.rename(channel, wire.new)
    if other is None:
        return
    call = watch.join((channel, other), wire.at)
    assert call is not None
    if other.leg.channel.startswith("AsyncGoto/"):
        note_redirect(call, channel, channel.exten, wire.at)
    offers.close(call, other.leg, OfferResult.ANSWERED_ELSEWHERE, wire.at)


def on_hangup_asked(watch: Watch, wire: HangupAsked) -> None:
    """The far end hung up. Busy and congestion played to a caller are the exchange's doing."""
    channel = watch.see(wire.chan, wire.at)
    if channel is None or channel.leg.quit_at is not None or channel.zombie:
        return
    if wire.chan.state != STATE_BUSY:
        channel.leg.quit_at = wire.at


def on_gone(watch: Watch, wire: ChannelGone) -> None:
    channel = watch.see(wire.chan, wire.at)
    if channel is not None:
        watch.hang_up(channel, wire.at, wire.cause)
    watch.snapshot.forget(wire.chan.uniqueid)


def on_locals_paired(watch: Watch, wire: LocalsPaired) -> None:
    one, two = watch.see(wire.one, wire.at), watch.see(wire.two, wire.at)
    if one is not None and two is not None:
        watch.floor.pair(one, two, wire.at)
        watch.touch(one.call)


def on_spy(watch: Watch, wire: SpyBegan) -> None:
    """Who listens in is no party, and makes no call."""
    spyer = watch.see(wire.spyer, wire.at)
    if spyer is not None:
        spyer.leg.role = None
