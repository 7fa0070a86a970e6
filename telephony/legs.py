"""Channels and legs.

A channel is Asterisk's object, known by its uniqueid; a leg is the line behind it, known by the
channel's name. Mostly they are one. In a masquerade (pickup, some transfers, AMI redirect) Asterisk
moves a line under another uniqueid: it renames both, and the leg moves along with its name.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from telephony.events import LegRecord, LegRole, OfferResult
from telephony.ids import Interface, Linkedid, Uniqueid, interface_of

if TYPE_CHECKING:
    from telephony.bridges import Bridge
    from telephony.call import Call

STATE_DOWN = 0
STATE_UP = 6
STATE_BUSY = 7  # the exchange plays busy or congestion to the channel

_PLUMBING = frozenset(
    {
        "Announcer",
        "AsyncGoto",
        "Bridge",
        "CBAnn",
        "CBRec",
        "Local",
        "Message",
        "MulticastRTP",
        "OutgoingSpoolFailed",
        "Parked",
        "Recorder",
        "Snoop",
        "Surrogate",
        "UnicastRTP",
    }
)
"""Channel kinds that Asterisk makes for itself: nobody sits at them."""

_MASQUERADING = "<MASQ>"
_ZOMBIE = "<ZOMBIE>"


def is_plumbing(channel: str) -> bool:
    """Whether the channel is Asterisk's own, never a person."""
    return channel.partition("/")[0] in _PLUMBING


@dataclass(slots=True, eq=False)
class LiveOffer:
    """One phone's ringing. `own_request`: it rings for its owner's own click-to-call."""

    interface: Interface
    offered_at: datetime
    queue: str | None = None
    own_request: bool = False
    result: OfferResult | None = None
    ended_at: datetime | None = None


@dataclass(slots=True, eq=False)
class Leg:
    """One line in a call. `role` None is plumbing or a supervisor listening: no party."""

    uniqueid: Uniqueid
    channel: str
    interface: Interface
    role: LegRole | None
    started_at: datetime
    incoming: bool
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    cause: int | None = None
    held_since: datetime | None = None
    quit_at: datetime | None = None
    hang_up_asked: bool = False
    stand_in: bool = False
    for_agent: bool = False
    handed_over: bool = False
    dialled: str = ""
    offer: LiveOffer | None = None

    def record(self) -> LegRecord:
        """The leg as the journal keeps it; only for a leg with a role."""
        assert self.role is not None
        return LegRecord(
            self.uniqueid,
            self.channel,
            self.interface,
            self.role,
            self.started_at,
            self.answered_at,
            self.ended_at,
            self.cause,
        )


@dataclass(slots=True, eq=False)
class Channel:
    """A living channel of Asterisk."""

    uniqueid: Uniqueid
    linkedid: Linkedid
    name: str
    leg: Leg
    call: "Call"
    context: str
    exten: str
    bridge: "Bridge | None" = None
    other_half: "Channel | None" = None
    parked: bool = False
    zombie: bool = False


@dataclass(slots=True)
class Channels:
    """All living channels, found by uniqueid, and their legs, found by channel name."""

    by_uniqueid: dict[Uniqueid, Channel] = field(default_factory=dict)
    _by_name: dict[str, Channel] = field(default_factory=dict)

    def add(self, channel: Channel) -> None:
        self.by_uniqueid[channel.uniqueid] = channel
        self._by_name[channel.name] = channel

    def find(self, uniqueid: Uniqueid) -> Channel | None:
        return self.by_uniqueid.get(uniqueid)

    def named(self, name: str) -> Channel | None:
        """The channel that goes by this name now."""
        return self._by_name.get(name)

    def remove(self, channel: Channel) -> None:
        self.by_uniqueid.pop(channel.uniqueid, None)
        if self._by_name.get(channel.name) is channel:
            del self._by_name[channel.name]
        if channel.other_half is not None:
            channel.other_half.other_half = None
            channel.other_half = None

    def rename(self, channel: Channel, new: str) -> Channel | None:
        """Give `channel` a new name; the other channel if this made the two change lines.

        Asterisk says a swap of A and B in three steps: A to A<MASQ>, B to A, A<MASQ> to B<ZOMBIE>.
        The legs change places in the second step, when B takes over the name of A.
        """
        if new.endswith(_MASQUERADING):
            return None
        channel.zombie = new.endswith(_ZOMBIE)
        name = new.removesuffix(_ZOMBIE)
        if name == channel.name:
            return None
        other = self._by_name.get(name)
        if other is None or other is channel:
            self._call_by(channel, name)
            return None
        channel.leg, other.leg = other.leg, channel.leg
        channel.name, other.name = name, channel.name
        self._by_name[channel.name] = channel
        self._by_name[other.name] = other
        return other

    def _call_by(self, channel: Channel, name: str) -> None:
        if self._by_name.get(channel.name) is channel:
            del self._by_name[channel.name]
        channel.name = name
        channel.leg.channel = name
        channel.leg.interface = interface_of(name)
        self._by_name[name] = channel
