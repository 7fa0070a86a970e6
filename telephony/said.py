"""What Asterisk says of channels, bridges and queues, as typed values."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from telephony.ids import Interface, Linkedid, Uniqueid


class Seen(NamedTuple):
    """A channel as one event shows it. `number` and `name` are the caller id, "" if withheld."""

    uniqueid: Uniqueid
    channel: str
    linkedid: Linkedid
    state: int
    number: str
    name: str
    context: str
    exten: str


@dataclass(frozen=True, slots=True)
class Wire:
    """Something Asterisk said; `at` is aware UTC."""

    at: datetime


@dataclass(frozen=True, slots=True)
class ChannelBorn(Wire):
    chan: Seen


@dataclass(frozen=True, slots=True)
class ChannelChanged(Wire):
    chan: Seen


@dataclass(frozen=True, slots=True)
class ChannelRenamed(Wire):
    uniqueid: Uniqueid
    new: str


@dataclass(frozen=True, slots=True)
class HangupAsked(Wire):
    """The far end of the channel hung up."""

    chan: Seen


@dataclass(frozen=True, slots=True)
class ChannelGone(Wire):
    chan: Seen
    cause: int


@dataclass(frozen=True, slots=True)
class DialBegan(Wire):
    """`source` is None when nobody's channel dials: an Originate."""

    source: Seen | None
    dest: Seen
    dial_string: str


@dataclass(frozen=True, slots=True)
class DialEnded(Wire):
    source: Seen | None
    dest: Seen
    status: str


@dataclass(frozen=True, slots=True)
class BridgeEntered(Wire):
    chan: Seen
    bridge: str
    holding: bool


@dataclass(frozen=True, slots=True)
class BridgeLeft(Wire):
    chan: Seen
    bridge: str


@dataclass(frozen=True, slots=True)
class BridgeGone(Wire):
    bridge: str


@dataclass(frozen=True, slots=True)
class LocalsPaired(Wire):
    one: Seen
    two: Seen


@dataclass(frozen=True, slots=True)
class HoldBegan(Wire):
    chan: Seen


@dataclass(frozen=True, slots=True)
class HoldEnded(Wire):
    chan: Seen


@dataclass(frozen=True, slots=True)
class BlindTransferred(Wire):
    transferer: Seen
    transferee: Seen | None
    exten: str


@dataclass(frozen=True, slots=True)
class AttendedTransferred(Wire):
    """`first` talks with `transferee`, `second` with `target`; both are the transferer's."""

    first: Seen
    second: Seen
    transferee: Seen | None
    target: Seen | None


@dataclass(frozen=True, slots=True)
class ChannelParked(Wire):
    parkee: Seen
    parker_dial_string: str


@dataclass(frozen=True, slots=True)
class ParkingEnded(Wire):
    """The parkee left its space: fetched by `retriever`, or None after a time-out or hang-up."""

    parkee: Seen
    retriever: Seen | None


@dataclass(frozen=True, slots=True)
class PickedUp(Wire):
    chan: Seen
    target: Seen


@dataclass(frozen=True, slots=True)
class SpyBegan(Wire):
    spyer: Seen


@dataclass(frozen=True, slots=True)
class VariableSet(Wire):
    chan: Seen
    variable: str
    value: str


@dataclass(frozen=True, slots=True)
class QueueJoined(Wire):
    chan: Seen
    queue: str
    position: int


@dataclass(frozen=True, slots=True)
class QueueLeft(Wire):
    chan: Seen
    queue: str


@dataclass(frozen=True, slots=True)
class MemberRung(Wire):
    chan: Seen
    dest: Seen
    queue: str


@dataclass(frozen=True, slots=True)
class Originated(Wire):
    """An Originate has reached its channel, or not: where it was to be connected with, an extension
    or an application ("" if not said)."""

    uniqueid: Uniqueid
    exten: str
    application: str


@dataclass(frozen=True, slots=True)
class ExchangeBooted(Wire):
    """Sent after each login; `uptime_seconds` is how long Asterisk has run, None if not said."""

    uptime_seconds: float | None


@dataclass(frozen=True, slots=True)
class ChannelListed(Wire):
    """One living channel of CoreShowChannels; `bridge` is "" when it is in none. `outgoing`: the
    exchange dialled it."""

    chan: Seen
    bridge: str
    duration_seconds: float
    outgoing: bool


@dataclass(frozen=True, slots=True)
class ChannelStatus(Wire):
    """One living channel of Status; the epochs are its CDR's, None if they were not asked for."""

    chan: Seen
    bridge: str
    outgoing: bool
    dialled: str
    started_epoch: float | None
    answered_epoch: float | None


@dataclass(frozen=True, slots=True)
class BridgeListed(Wire):
    bridge: str
    holding: bool


@dataclass(frozen=True, slots=True)
class BridgeMemberListed(Wire):
    chan: Seen
    bridge: str


@dataclass(frozen=True, slots=True)
class ListEnded(Wire):
    """The end of a list answer, by the name of its closing event."""

    name: str


@dataclass(frozen=True, slots=True)
class QueueListed(Wire):
    """A queue's own line in QueueStatus: its members and callers follow."""

    queue: str


@dataclass(frozen=True, slots=True)
class MemberState(Wire):
    """A member as it is now; `interface` is the phone itself. `listed`: from QueueStatus."""

    queue: str
    interface: Interface
    name: str
    paused: bool
    reason: str
    in_call: bool
    penalty: int
    dynamic: bool
    device_state: str
    listed: bool


@dataclass(frozen=True, slots=True)
class MemberGone(Wire):
    queue: str
    interface: Interface


@dataclass(frozen=True, slots=True)
class EntryListed(Wire):
    """A caller standing in a queue, from QueueStatus."""

    queue: str
    uniqueid: Uniqueid
    position: int
    number: str
    name: str
    wait_seconds: float


@dataclass(frozen=True, slots=True)
class DeviceState(Wire):
    interface: Interface
    state: str
