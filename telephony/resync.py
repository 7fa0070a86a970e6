"""After connecting: what Asterisk lists, against what we hold.

A `Snapshot` gathers the answers to CoreShowChannels, Status, BridgeList and QueueStatus, in the
order in which they come among the events. Channels that we held and that are not listed are gone.
Channels that are listed and unknown are adopted into calls: with parties, bridge, queue and the
answer's exact time where Status tells it. Holds and transfers of the time before are lost.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from telephony import offers
from telephony.call import Call
from telephony.events import CallQueued, OfferResult
from telephony.floor import Floor
from telephony.ids import Uniqueid
from telephony.legs import STATE_UP, Channel
from telephony.said import (
    BridgeListed,
    BridgeMemberListed,
    ChannelListed,
    ChannelStatus,
    EntryListed,
    ListEnded,
    Seen,
    Wire,
)

CHANNELS_END = "CoreShowChannelsComplete"
QUEUES_END = "QueueStatusComplete"


@dataclass(slots=True)
class Listed:
    """One living channel as the lists show it."""

    chan: Seen
    started_at: datetime
    outgoing: bool
    bridge: str = ""
    dialled: str = ""
    answered_at: datetime | None = None


@dataclass(slots=True)
class Snapshot:
    """What the lists have told so far. `complete` once all channels have been listed; no longer
    `open` once the answers to one link's questions are in."""

    open: bool = True
    complete: bool = False
    channels: dict[Uniqueid, Listed] = field(default_factory=dict)
    seen: set[Uniqueid] = field(default_factory=set)
    holding: set[str] = field(default_factory=set)
    queues: dict[Uniqueid, tuple[str, int]] = field(default_factory=dict)
    held_before: set[Uniqueid] = field(default_factory=set)

    def begin(self, held: set[Uniqueid]) -> None:
        """A new link: of `held` only what is listed lives."""
        self.__init__()  # type: ignore[misc]
        self.held_before = held

    def take(self, wire: Wire) -> None:
        """One list item."""
        if isinstance(wire, ChannelListed):
            started = wire.at - timedelta(seconds=wire.duration_seconds)
            self.seen.add(wire.chan.uniqueid)
            self.channels[wire.chan.uniqueid] = Listed(
                wire.chan, started, wire.outgoing, wire.bridge
            )
        elif isinstance(wire, ChannelStatus):
            self._take_status(wire)
        elif isinstance(wire, BridgeListed) and wire.holding:
            self.holding.add(wire.bridge)
        elif isinstance(wire, BridgeMemberListed):
            listed = self.channels.get(wire.chan.uniqueid)
            if listed is not None and wire.bridge:
                listed.bridge = wire.bridge
        elif isinstance(wire, EntryListed):
            self.queues[wire.uniqueid] = (wire.queue, wire.position)
        elif isinstance(wire, ListEnded) and wire.name == CHANNELS_END:
            self.complete = True
        elif isinstance(wire, ListEnded) and wire.name == QUEUES_END:
            self.open = False

    def forget(self, uniqueid: Uniqueid) -> None:
        """The channel hung up while the lists were being told."""
        self.channels.pop(uniqueid, None)

    def vanished(self) -> set[Uniqueid]:
        """The channels that we held and that are no more."""
        gone = self.held_before - self.seen
        self.held_before = set()
        return gone

    def _take_status(self, wire: ChannelStatus) -> None:
        listed = self.channels.get(wire.chan.uniqueid)
        if listed is None:
            return
        listed.outgoing = listed.outgoing or wire.outgoing
        listed.bridge = listed.bridge or wire.bridge
        listed.dialled = wire.dialled
        if wire.started_epoch is not None:
            listed.started_at = datetime.fromtimestamp(wire.started_epoch, UTC)
        if wire.answered_epoch is not None:
            listed.answered_at = datetime.fromtimestamp(wire.answered_epoch, UTC)


def adopt(snapshot: Snapshot, floor: Floor, at: datetime, *, refresh: bool = False) -> list[Call]:
    """Take in the listed channels that are unknown, and with `refresh` bring the known ones up to
    date; the calls that they are in."""
    listed = sorted(snapshot.channels.values(), key=lambda one: (one.outgoing, one.started_at))
    snapshot.channels = {}
    taken: list[Channel] = []
    fresh: list[tuple[Listed, Channel]] = []
    for one in listed:
        channel = floor.channels.find(one.chan.uniqueid)
        if channel is None and not floor.has_ended(one.chan):
            fresh.append((one, _admit(one, floor)))
        elif channel is not None and refresh:
            _refresh(one, channel, snapshot, floor, at)
            taken.append(channel)
    for one, channel in fresh:
        _place(one, channel, snapshot, floor, at)
        taken.append(channel)
    return list(dict.fromkeys(channel.call for channel in taken))


def _refresh(one: Listed, channel: Channel, snapshot: Snapshot, floor: Floor, at: datetime) -> None:
    channel.call.complete = False  # who came and went meanwhile, and who was held, is not listed
    if channel.leg.answered_at is None and one.chan.state == STATE_UP:
        channel.leg.answered_at = one.answered_at or at
    floor.see(one.chan, at)
    if not one.bridge:
        floor.bridges.leave(channel)
    else:
        _enter(one, channel, snapshot, floor, at)


def _admit(one: Listed, floor: Floor) -> Channel:
    channel = floor.admit(one.chan, one.started_at, incoming=not one.outgoing)
    call, leg = channel.call, channel.leg
    call.complete = False
    if one.chan.state == STATE_UP:
        leg.answered_at = one.answered_at or one.started_at
    if call.first is leg and one.dialled:
        call.exten = one.dialled
    return channel


def _place(one: Listed, channel: Channel, snapshot: Snapshot, floor: Floor, at: datetime) -> None:
    call, leg = channel.call, channel.leg
    if channel.uniqueid in snapshot.queues:
        queue, position = snapshot.queues[channel.uniqueid]
        call.queue = call.waiting_in = queue
        call.say(CallQueued(at=at, call_id=call.id, queue=queue, position=position))
    if one.outgoing:
        offers.ring(call, leg, one.started_at)
    if leg.answered_at is not None:
        offers.close(call, leg, OfferResult.ANSWERED, leg.answered_at)
    if one.bridge:
        _enter(one, channel, snapshot, floor, at)


def _enter(one: Listed, channel: Channel, snapshot: Snapshot, floor: Floor, at: datetime) -> None:
    bridge = floor.bridges.enter(channel, one.bridge, one.bridge in snapshot.holding)
    if not bridge.holding:
        for member in list(bridge.members.values()):
            floor.join(channel.call, member.call, at)
