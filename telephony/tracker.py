"""The call tracker: what Asterisk says, event by event, becomes facts about conversations (pure).

A call is a set of channels that share a linkedid, a uniqueid, a dial, a bridge, a Local pair, a
transfer, a pickup or a parking space, joined transitively. What is said of an unknown channel is
not believed, unless nobody will list what was there before. A failure over one message is logged
with its call, ends that call as best known, and stops nothing else.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from telephony import said
from telephony.endings import Endings
from telephony.events import CallRecord, Fact
from telephony.floor import Floor
from telephony.heard import bridges, channels, dialling, exchange, moves, queues
from telephony.said import Wire
from telephony.settling import settle
from telephony.watch import Watch

log = logging.getLogger(__name__)

Handler = Callable[[Watch, Any], None]

HANDLERS: Mapping[type[Wire], Handler] = MappingProxyType(
    {
        said.ChannelBorn: channels.on_born,
        said.ChannelChanged: channels.on_changed,
        said.ChannelRenamed: channels.on_renamed,
        said.HangupAsked: channels.on_hangup_asked,
        said.ChannelGone: channels.on_gone,
        said.LocalsPaired: channels.on_locals_paired,
        said.SpyBegan: channels.on_spy,
        said.DialBegan: dialling.on_dial_began,
        said.DialEnded: dialling.on_dial_ended,
        said.MemberRung: dialling.on_member_rung,
        said.Originated: dialling.on_originated,
        said.VariableSet: dialling.on_variable,
        said.BridgeEntered: bridges.on_entered,
        said.BridgeLeft: bridges.on_left,
        said.BridgeGone: bridges.on_destroyed,
        said.HoldBegan: moves.on_hold,
        said.HoldEnded: moves.on_unhold,
        said.BlindTransferred: moves.on_blind_transfer,
        said.AttendedTransferred: moves.on_attended_transfer,
        said.ChannelParked: moves.on_parked,
        said.ParkingEnded: moves.on_parking_ended,
        said.PickedUp: moves.on_picked_up,
        said.QueueJoined: queues.on_joined,
        said.QueueLeft: queues.on_left,
        said.ExchangeBooted: exchange.on_booted,
        said.ChannelListed: exchange.on_listed,
        said.ChannelStatus: exchange.on_listed,
        said.BridgeListed: exchange.on_listed,
        said.BridgeMemberListed: exchange.on_listed,
        said.EntryListed: exchange.on_listed,
        said.ListEnded: exchange.on_list_ended,
    }
)


class CallTracker:
    """Feed it in order; it answers with facts. No clock, no I/O; `is_phone` judges interfaces.

    Without `lists_follow` nobody will list what was there before the first event: channels of that
    time are met when they dial, queue or come into a bridge.
    """

    def __init__(self, is_phone: Callable[[str], bool], *, lists_follow: bool = True) -> None:
        self._out: list[Fact] = []
        self._floor = Floor(is_phone, self._out)
        self._endings = Endings(self._floor)
        self._watch = Watch(self._floor, self._endings)
        self._watch.meets_strangers = not lists_follow

    def feed(self, wire: Wire) -> list[Fact]:
        """The facts that follow from one thing Asterisk said, in true order."""
        handler = HANDLERS.get(type(wire))
        if handler is not None:
            self._handle(handler, wire)
        if self._endings.pending:
            self._endings.look(wire.at)
        return self._taken()

    def hang_up_asked(self, channel: str, asked: bool) -> None:
        """An agent wants this line hung up by the exchange (or, not `asked`, that came to nothing):
        its end is then his own doing."""
        known = self._floor.channels.named(channel)
        if known is not None:
            known.leg.hang_up_asked = asked

    def live(self) -> tuple[CallRecord, ...]:
        """The calls that are going on, as known now, in order of their start."""
        calls = [call for call in self._floor.calls.values() if call.started]
        calls.sort(key=lambda call: (call.began_at, call.id))
        return tuple(call.record(call.touched_at or call.began_at) for call in calls)

    def link_up(self) -> None:
        """A new link: of what is held only what the lists will name still lives."""
        exchange.link_up(self._watch)

    def link_lost(self, at: datetime) -> None:
        """Nothing is heard any more; the calls may well go on."""
        self._watch.lost_at = self._watch.lost_at or at

    def resynced(self, at: datetime) -> list[Fact]:
        """All lists have been told: what was unknown is adopted."""
        self._handle(lambda watch, _: watch.lists_told(at), Wire(at))
        return self._taken()

    def sweep(self, now: datetime) -> list[Fact]:
        """End what has been silent for longer than any call lasts: its end was lost."""
        self._endings.sweep(now)
        return self._taken()

    def finish(self, at: datetime) -> list[Fact]:
        """Nothing more will come: calls that only waited for a last word are ended."""
        self._endings.finish(at)
        return self._taken()

    def cut(self, at: datetime) -> list[Fact]:
        """The exchange has stopped: what still goes on was over at `at`, by nobody's wish."""
        self._endings.cut(at)
        return self._taken()

    def _taken(self) -> list[Fact]:
        facts = self._out.copy()
        self._out.clear()
        return facts

    def _handle(self, handler: Handler, wire: Wire) -> None:
        watch = self._watch
        watch.touched.clear()
        try:
            handler(watch, wire)
            self._follow_up(wire.at)
        except Exception:
            ids = ", ".join(call.id for call in watch.touched) or "no call yet"
            log.exception("%s was not understood (%s)", type(wire).__name__, ids)
            for call in list(watch.touched):
                self._endings.give_up(call, wire.at)

    def _follow_up(self, at: datetime) -> None:
        watch = self._watch
        for call in list(watch.adopted):
            told = [leg.answered_at for leg in call.living_legs() if leg.answered_at is not None]
            settle(call, max(told, default=at))
        for call, cut_at in list(watch.cut.items()):
            settle(call, cut_at)
            self._endings.end(call, cut_at, cut=True)
        for call in list(watch.touched):
            if not call.ended:
                settle(call, at)
                self._endings.consider(call, at)
        for uniqueid, exten in watch.orphans.items():
            self._endings.name_dialled(uniqueid, exten)
        watch.adopted.clear()
        watch.cut.clear()
        watch.orphans.clear()
