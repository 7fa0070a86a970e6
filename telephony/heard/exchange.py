"""The exchange itself starts anew, and lists what lives in it.

Its good-bye (Shutdown) tells nothing that the hang-ups before it have not told, and is not heard:
a forged one would end every call.
"""

import logging
from datetime import datetime, timedelta

from telephony.legs import Channel
from telephony.resync import CHANNELS_END, QUEUES_END
from telephony.said import ExchangeBooted, ListEnded, Wire
from telephony.watch import Watch

log = logging.getLogger(__name__)

BOOT_SLACK = timedelta(seconds=2)
"""Asterisk tells its uptime in whole seconds, and clocks differ a little."""

SHORT_GAP = timedelta(minutes=1)
"""Within it a call's end may be off by the gap's length and nobody minds."""


def on_booted(watch: Watch, wire: ExchangeBooted) -> None:
    """The first word on a new link. An Asterisk younger than a channel that we hold has never
    known that channel. Said at any other time it is a forgery."""
    if not watch.booting or wire.uptime_seconds is None:
        return
    watch.booting = False
    booted_at = wire.at - timedelta(seconds=wire.uptime_seconds) - BOOT_SLACK
    for channel in list(watch.floor.channels.by_uniqueid.values()):
        if channel.leg.started_at < booted_at:
            _vanish(watch, channel, wire.at)


def link_up(watch: Watch) -> None:
    """A new link: of the channels held only those that will be listed live."""
    watch.booting = True
    watch.snapshot.begin(set(watch.floor.channels.by_uniqueid))


def on_listed(watch: Watch, wire: Wire) -> None:
    """An item of the lists that follow a new link; at any other time nobody asked for it."""
    if watch.snapshot.open:
        watch.snapshot.take(wire)


def on_list_ended(watch: Watch, wire: ListEnded) -> None:
    if not watch.snapshot.open:
        return
    watch.snapshot.take(wire)
    if wire.name == CHANNELS_END:
        for uniqueid in watch.snapshot.vanished():
            channel = watch.floor.channels.find(uniqueid)
            if channel is not None:
                _vanish(watch, channel, wire.at)
    elif wire.name == QUEUES_END:
        watch.lists_told(wire.at)


def _vanish(watch: Watch, channel: Channel, at: datetime) -> None:
    """The channel ended while nothing was heard. After a short gap the call ends when that is
    noticed, after a long one when it was last known to live."""
    call, lost_at = channel.call, watch.lost_at
    known_until = at if lost_at is None or at - lost_at < SHORT_GAP else lost_at
    call.complete = False  # the exchange's own log may know how it ended
    watch.hang_up(channel, known_until)
    if not call.channels:
        log.warning(
            "call %s ended while nothing was heard, since %s",
            call.id,
            lost_at or at,
            extra={"call_id": call.id},
        )
        watch.cut[call] = known_until
