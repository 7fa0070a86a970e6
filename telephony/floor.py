"""The exchange's floor as we see it: living channels, bridges, and the calls they belong to."""

from collections import deque
from collections.abc import Callable
from datetime import datetime

from telephony import joins
from telephony.bridges import Bridges
from telephony.call import Call
from telephony.events import Fact, LegRole
from telephony.ids import CallId, Linkedid, interface_of, is_local, other_half
from telephony.legs import STATE_DOWN, STATE_UP, Channel, Channels, Leg, is_plumbing
from telephony.said import Seen

ENDED_REMEMBERED = 4096
"""How many hung-up channels are remembered: a late copy of their birth makes no new call."""


class Floor:
    """Knows which channel is whose call, and joins calls that share one."""

    def __init__(self, is_phone: Callable[[str], bool], out: list[Fact]) -> None:
        self.channels = Channels()
        self.bridges = Bridges()
        self.calls: dict[CallId, Call] = {}
        self._is_phone = is_phone
        self._out = out
        self._by_linkedid: dict[Linkedid, Call] = {}
        self._ended: set[str] = set()
        self._ended_in_order: deque[str] = deque()

    # --- channels --------------------------------------------------------------------------------

    def has_ended(self, seen: Seen) -> bool:
        """Whether this channel has hung up already, or its call is over: then its birth is told too
        late to begin another. As far back as is remembered."""
        if seen.linkedid in self._ended and seen.linkedid not in self._by_linkedid:
            return True
        return seen.uniqueid in self._ended

    def admit(self, seen: Seen, at: datetime, *, incoming: bool | None = None) -> Channel:
        """A new channel, in the call of its linkedid or in a new one. `incoming`: it calls us (told
        by its state unless given: what we dial begins Down)."""
        if incoming is None:
            incoming = seen.state != STATE_DOWN
        leg = self._leg(seen, at, incoming)
        call = self._by_linkedid.get(seen.linkedid)
        if call is None:
            call = self._open(seen, leg, at)
        elif call.first.role is None and leg.role is not None:
            self._make_first(call, seen, leg)
        leg.stand_in = self._stands_in(call, leg)
        leg.for_agent = leg.stand_in and not call.answers
        channel = Channel(
            seen.uniqueid, seen.linkedid, seen.channel, leg, call, seen.context, seen.exten
        )
        self.channels.add(channel)
        call.channels[seen.uniqueid] = channel
        call.legs.append(leg)
        self._link(channel, seen.linkedid, at)
        self._pair_by_name(channel, at)
        return channel

    def meet(self, seen: Seen, started_at: datetime) -> None:
        """Take in a channel that was there before anything was heard. The one whose uniqueid is the
        linkedid began the call: it is taken for its caller."""
        is_first = str(seen.uniqueid) == seen.linkedid
        channel = self.admit(seen, started_at, incoming=is_first)
        call, leg = channel.call, channel.leg
        call.complete = False
        call.began_at = min(call.began_at, started_at)
        if is_first and leg.role is not None:
            self._make_first(call, seen, leg)

    def see(self, seen: Seen, at: datetime) -> Channel | None:
        """The channel as an event shows it now; None, and nothing is believed, if it is unknown."""
        channel = self.channels.find(seen.uniqueid)
        if channel is None:
            return None
        if seen.linkedid != channel.linkedid:
            self._link(channel, seen.linkedid, at)
        leg = channel.leg
        if seen.state == STATE_UP and leg.answered_at is None and not channel.zombie:
            leg.answered_at = at
        channel.context, channel.exten = seen.context, seen.exten
        if seen.number and not channel.call.number and leg is channel.call.first:
            self._show_number(channel.call, leg, seen)
        return channel

    def _show_number(self, call: Call, leg: Leg, seen: Seen) -> None:
        """The number that we show to a client whom the exchange dials: set before it rings."""
        dialled = leg.role is LegRole.TRUNK and not leg.incoming and seen.state == STATE_DOWN
        if dialled and seen.number != call.dialled():
            call.number = seen.number

    def forget(self, channel: Channel) -> None:
        """The channel has hung up."""
        self.bridges.leave(channel)
        self.channels.remove(channel)
        channel.call.channels.pop(channel.uniqueid, None)
        self._remember_end(channel.uniqueid)

    def _remember_end(self, key: str) -> None:
        if key in self._ended:
            return
        self._ended.add(key)
        self._ended_in_order.append(key)
        if len(self._ended_in_order) > ENDED_REMEMBERED:
            self._ended.discard(self._ended_in_order.popleft())

    def pair(self, one: Channel, two: Channel, at: datetime) -> None:
        """The two halves of a Local channel."""
        one.other_half, two.other_half = two, one
        self.join(one.call, two.call, at)

    def _leg(self, seen: Seen, at: datetime, incoming: bool) -> Leg:
        interface = interface_of(seen.channel)
        role = None
        if not is_plumbing(seen.channel):
            role = LegRole.PHONE if self._is_phone(interface) else LegRole.TRUNK
        leg = Leg(seen.uniqueid, seen.channel, interface, role, at, incoming)
        leg.dialled = seen.exten if leg.incoming else ""
        return leg

    def _stands_in(self, call: Call, leg: Leg) -> bool:
        if leg.role is not LegRole.TRUNK or leg.incoming:
            return False
        return any(
            other is not leg and (other.incoming or other.answered_at)
            for other in call.outside_legs()
        )

    def _pair_by_name(self, channel: Channel, at: datetime) -> None:
        if not is_local(channel.name):
            return
        other = self.channels.named(other_half(channel.name))
        if other is not None and other is not channel and other.other_half is None:
            self.pair(channel, other, at)

    # --- calls -----------------------------------------------------------------------------------

    def _open(self, seen: Seen, leg: Leg, at: datetime) -> Call:
        key = CallId(seen.linkedid or seen.uniqueid)
        if key in self.calls:
            key = CallId(seen.uniqueid)
        call = Call(key, at, leg, self._out, touched_at=at)
        self._make_first(call, seen, leg)
        self.calls[key] = call
        return call

    def _make_first(self, call: Call, seen: Seen, leg: Leg) -> None:
        call.first = leg
        if leg.role is None:
            return
        call.name = seen.name
        if leg.incoming:
            call.number, call.exten = seen.number, seen.exten

    def join(self, one: Call, two: Call, at: datetime) -> Call:
        """One conversation: the call that lives on."""
        if one is two:
            return one
        call, absorbed = joins.survivor_of(one, two)
        joins.join(call, absorbed, at)
        for linkedid in absorbed.linkedids:
            self._by_linkedid[linkedid] = call
        self.calls.pop(absorbed.id, None)
        return call

    def close(self, call: Call) -> None:
        """The call is over: nothing of it is kept."""
        call.ended = True
        self.calls.pop(call.id, None)
        for linkedid in call.linkedids:
            if self._by_linkedid.get(linkedid) is call:
                del self._by_linkedid[linkedid]
                self._remember_end(linkedid)

    def part(self, call: Call, at: datetime) -> None:
        """The call is over but channels of it live on, and may begin something of their own."""
        left = list(call.channels.values())
        call.channels = {}
        self.close(call)
        for channel in left:
            self._reopen(channel, at)

    def _reopen(self, channel: Channel, at: datetime) -> None:
        call = self._by_linkedid.get(channel.linkedid)
        if call is None:
            key = CallId(f"{channel.uniqueid}/{at.timestamp():.0f}")
            call = self.calls[key] = Call(key, at, channel.leg, self._out, touched_at=at)
        channel.call = call
        channel.leg.offer = None
        call.channels[channel.uniqueid] = channel
        call.legs.append(channel.leg)
        self._link(channel, channel.linkedid, at)

    def _link(self, channel: Channel, linkedid: Linkedid, at: datetime) -> None:
        channel.linkedid = linkedid
        if not linkedid:
            return
        other = self._by_linkedid.get(linkedid)
        if other is None:
            self._by_linkedid[linkedid] = channel.call
        channel.call.linkedids[linkedid] = None
        if other is not None:
            self.join(other, channel.call, at)
