"""The tracker's view of the floor while it handles one message: whom it knows, whom it touched."""

from collections.abc import Iterable
from datetime import datetime

from telephony import holds, offers, transfers
from telephony.call import Call
from telephony.endings import Endings
from telephony.events import CallLeft
from telephony.floor import Floor
from telephony.ids import Uniqueid, born_at
from telephony.legs import Channel
from telephony.resync import Snapshot, adopt
from telephony.said import Seen


class Watch:
    """Shared by all handlers. `touched` are the calls whose state has to be looked at afterwards;
    `cut` those that ended while nothing was heard."""

    def __init__(self, floor: Floor, endings: Endings) -> None:
        self.floor = floor
        self._endings = endings
        self.snapshot = Snapshot()
        self.touched: dict[Call, None] = {}
        self.adopted: dict[Call, None] = {}
        self.cut: dict[Call, datetime] = {}
        self.orphans: dict[Uniqueid, str] = {}
        self.lost_at: datetime | None = None
        self.booting = True
        self.meets_strangers = False

    def touch(self, call: Call) -> None:
        self.touched[call] = None

    def see(self, seen: Seen | None, at: datetime) -> Channel | None:
        """The known channel as it is now, its call touched; None for None and for strangers."""
        if seen is None:
            return None
        if self.snapshot.complete and seen.uniqueid in self.snapshot.channels:
            self.adopt(at)
        channel = self.floor.see(seen, at)
        if channel is not None:
            self.touched[channel.call] = None
            channel.call.touched_at = at
        return channel

    def meet(self, seen: Seen | None, at: datetime) -> Channel | None:
        """The same, for an event in which a channel does something with another. Where no lists
        will tell of it, a stranger who does so was there before we listened: he is taken in."""
        channel = self.see(seen, at)
        if channel is not None or seen is None or not self.meets_strangers:
            return channel
        if self.floor.has_ended(seen) or self.floor.channels.named(seen.channel) is not None:
            return None
        self.floor.meet(seen, born_at(seen.uniqueid, at))
        return self.see(seen, at)

    def find(self, uniqueid: Uniqueid) -> Channel | None:
        """The known channel, its call touched."""
        channel = self.floor.channels.find(uniqueid)
        if channel is not None:
            self.touched[channel.call] = None
        return channel

    def join(self, channels: Iterable[Channel | None], at: datetime) -> Call | None:
        """Make one call of those channels that are known; None if none is."""
        known = [channel for channel in channels if channel is not None]
        calls = dict.fromkeys(channel.call for channel in known)
        if len(calls) > 1:
            for old in calls:
                self._endings.make_way(old)
        call: Call | None = None
        for channel in known:
            call = channel.call if call is None else self.floor.join(call, channel.call, at)
        if call is not None:
            self.touched[call] = None
        return call

    def hang_up(self, channel: Channel, at: datetime, cause: int | None = None) -> None:
        """The channel is gone, and with it its ringing, its holds and its place in a bridge."""
        call, leg = channel.call, channel.leg
        self.touched[call] = None
        leg.ended_at, leg.cause = at, cause
        if leg.hang_up_asked:
            leg.quit_at = leg.quit_at or at
        offers.close_unanswered(call, leg, at)
        holds.end_all(call, channel, at)
        self.floor.forget(channel)
        others = [other.interface for other in call.living_legs()]
        talked = leg.interface in call.present | call.consulted
        if (talked or offers.was_picked_up(leg)) and leg.interface not in others:
            call.present.discard(leg.interface)
            call.consulted.discard(leg.interface)
            call.say(CallLeft(at=at, call_id=call.id, interface=leg.interface))

    def seek(self, call: Call) -> None:
        """Somebody is being sought for the call: earlier failures are history, and an open transfer
        has led somewhere."""
        self.touched[call] = None
        call.dial_status = ""
        transfers.settle(call)

    def adopt(self, at: datetime) -> None:
        """Take in the channels that were listed: unknown ones, and after a time without a link the
        known ones as they are now."""
        for call in adopt(self.snapshot, self.floor, at, refresh=self.lost_at is not None):
            call.touched_at = at
            self.adopted[call] = None

    def lists_told(self, at: datetime) -> None:
        """Everything that was asked for after connecting has been told."""
        self.adopt(at)
        self.snapshot.open = False
        self.lost_at = None
