"""AMI messages as typed values: what the tracker and the queue board are fed.

`parse` knows the events that tell a call's story and says None to all others: an unknown event is
no error. State is never taken from Newexten or UserEvent, whose text a caller can forge.
"""

from collections.abc import Callable
from datetime import datetime

from telephony.headers import (
    MAX_NAME,
    UNKNOWN,
    Headers,
    Keys,
    clock,
    integer,
    is_holding,
    number,
    one_line,
)
from telephony.ids import Interface, Uniqueid
from telephony.said import (
    AttendedTransferred,
    BlindTransferred,
    BridgeEntered,
    BridgeGone,
    BridgeLeft,
    BridgeListed,
    BridgeMemberListed,
    ChannelBorn,
    ChannelChanged,
    ChannelGone,
    ChannelListed,
    ChannelParked,
    ChannelRenamed,
    ChannelStatus,
    DeviceState,
    DialBegan,
    DialEnded,
    EntryListed,
    ExchangeBooted,
    HangupAsked,
    HoldBegan,
    HoldEnded,
    ListEnded,
    LocalsPaired,
    MemberGone,
    MemberRung,
    MemberState,
    Originated,
    ParkingEnded,
    PickedUp,
    QueueJoined,
    QueueLeft,
    QueueListed,
    Seen,
    SpyBegan,
    VariableSet,
    Wire,
)
from telephony.stream import AmiMessage


def parse(message: AmiMessage) -> Wire | None:
    """The message as a typed value; None if it tells nothing we follow or lacks a part."""
    reader = _READERS.get(message.name)
    return None if reader is None else reader(message.at, message.headers)


_OWN = Keys("")
_DEST = Keys("dest")
_ONE, _TWO = Keys("localone"), Keys("localtwo")
_TRANSFERER, _TRANSFEREE = Keys("transferer"), Keys("transferee")
_FIRST, _SECOND = Keys("origtransferer"), Keys("secondtransferer")
_TARGET = Keys("target")
_TRANSFER_TARGET = Keys("transfertarget")
_PARKEE, _RETRIEVER = Keys("parkee"), Keys("retriever")
_SPYER = Keys("spyer")

Reader = Callable[[datetime, Headers], Wire | None]


def _of_channel(make: Callable[[datetime, Seen], Wire]) -> Reader:
    def read(at: datetime, headers: Headers) -> Wire | None:
        chan = _OWN.read(headers)
        return None if chan is None else make(at, chan)

    return read


def _renamed(at: datetime, headers: Headers) -> Wire | None:
    uniqueid, new = headers.get("uniqueid"), headers.get("newname")
    if not uniqueid or not new:
        return None
    return ChannelRenamed(at, Uniqueid(uniqueid), new)


def _gone(at: datetime, headers: Headers) -> Wire | None:
    chan = _OWN.read(headers)
    return None if chan is None else ChannelGone(at, chan, integer(headers.get("cause", ""), 0))


def _dial_began(at: datetime, headers: Headers) -> Wire | None:
    dest = _DEST.read(headers)
    if dest is None:
        return None
    return DialBegan(at, _OWN.read(headers), dest, headers.get("dialstring", ""))


def _dial_ended(at: datetime, headers: Headers) -> Wire | None:
    dest = _DEST.read(headers)
    if dest is None:
        return None
    return DialEnded(at, _OWN.read(headers), dest, headers.get("dialstatus", ""))


def _bridge_entered(at: datetime, headers: Headers) -> Wire | None:
    chan, bridge = _OWN.read(headers), headers.get("bridgeuniqueid")
    if chan is None or not bridge:
        return None
    return BridgeEntered(at, chan, bridge, is_holding(headers))


def _bridge_left(at: datetime, headers: Headers) -> Wire | None:
    chan, bridge = _OWN.read(headers), headers.get("bridgeuniqueid")
    return None if chan is None or not bridge else BridgeLeft(at, chan, bridge)


def _bridge_gone(at: datetime, headers: Headers) -> Wire | None:
    bridge = headers.get("bridgeuniqueid")
    return BridgeGone(at, bridge) if bridge else None


def _locals_paired(at: datetime, headers: Headers) -> Wire | None:
    one, two = _ONE.read(headers), _TWO.read(headers)
    return None if one is None or two is None else LocalsPaired(at, one, two)


def _blind_transferred(at: datetime, headers: Headers) -> Wire | None:
    transferer = _TRANSFERER.read(headers)
    if transferer is None or headers.get("result", "Success") != "Success":
        return None
    return BlindTransferred(at, transferer, _TRANSFEREE.read(headers), headers.get("extension", ""))


def _attended_transferred(at: datetime, headers: Headers) -> Wire | None:
    first, second = _FIRST.read(headers), _SECOND.read(headers)
    if first is None or second is None or headers.get("result", "Success") != "Success":
        return None
    return AttendedTransferred(
        at, first, second, _TRANSFEREE.read(headers), _TRANSFER_TARGET.read(headers)
    )


def _parked(at: datetime, headers: Headers) -> Wire | None:
    parkee = _PARKEE.read(headers)
    if parkee is None:
        return None
    return ChannelParked(at, parkee, headers.get("parkerdialstring", ""))


def _parking_ended(at: datetime, headers: Headers) -> Wire | None:
    parkee = _PARKEE.read(headers)
    return None if parkee is None else ParkingEnded(at, parkee, _RETRIEVER.read(headers))


def _picked_up(at: datetime, headers: Headers) -> Wire | None:
    chan, target = _OWN.read(headers), _TARGET.read(headers)
    return None if chan is None or target is None else PickedUp(at, chan, target)


def _spy_began(at: datetime, headers: Headers) -> Wire | None:
    spyer = _SPYER.read(headers)
    return None if spyer is None else SpyBegan(at, spyer)


def _variable_set(at: datetime, headers: Headers) -> Wire | None:
    variable = headers.get("variable")
    if variable not in WANTED_VARIABLES:
        return None
    chan = _OWN.read(headers)
    return None if chan is None else VariableSet(at, chan, variable, headers.get("value", ""))


def _queue_joined(at: datetime, headers: Headers) -> Wire | None:
    chan, queue = _OWN.read(headers), headers.get("queue")
    if chan is None or not queue:
        return None
    return QueueJoined(at, chan, queue, integer(headers.get("position", ""), 0))


def _queue_left(at: datetime, headers: Headers) -> Wire | None:
    chan, queue = _OWN.read(headers), headers.get("queue")
    return None if chan is None or not queue else QueueLeft(at, chan, queue)


def _member_rung(at: datetime, headers: Headers) -> Wire | None:
    chan, dest = _OWN.read(headers), _DEST.read(headers)
    if chan is None or dest is None:
        return None
    return MemberRung(at, chan, dest, headers.get("queue", ""))


def _originated(at: datetime, headers: Headers) -> Wire | None:
    uniqueid = headers.get("uniqueid", "")
    if uniqueid in ("", "<null>"):
        return None
    return Originated(
        at, Uniqueid(uniqueid), headers.get("exten", ""), headers.get("application", "")
    )


def _booted(at: datetime, headers: Headers) -> Wire | None:
    return ExchangeBooted(at, number(headers.get("uptime")))


def _channel_listed(at: datetime, headers: Headers) -> Wire | None:
    chan = _OWN.read(headers)
    if chan is None:
        return None
    return ChannelListed(
        at,
        chan,
        headers.get("bridgeid", ""),
        clock(headers.get("duration", "")),
        headers.get("applicationdata") == _OUTGOING_LINE,
    )


def _channel_status(at: datetime, headers: Headers) -> Wire | None:
    chan = _OWN.read(headers)
    if chan is None:
        return None
    return ChannelStatus(
        at,
        chan,
        headers.get("bridgeid", ""),
        headers.get("data") == _OUTGOING_LINE,
        headers.get("dnid", "")[:MAX_NAME],
        number(headers.get("variable(cdr(start,u))")) or None,
        number(headers.get("variable(cdr(answer,u))")) or None,
    )


def _bridge_listed(at: datetime, headers: Headers) -> Wire | None:
    bridge = headers.get("bridgeuniqueid")
    return BridgeListed(at, bridge, is_holding(headers)) if bridge else None


def _bridge_member_listed(at: datetime, headers: Headers) -> Wire | None:
    chan, bridge = _OWN.read(headers), headers.get("bridgeuniqueid", "")
    return None if chan is None else BridgeMemberListed(at, chan, bridge)


def _list_ended(name: str) -> Reader:
    return lambda at, headers: ListEnded(at, name)


def _queue_listed(at: datetime, headers: Headers) -> Wire | None:
    queue = headers.get("queue")
    return QueueListed(at, queue) if queue else None


def _member_state(listed: bool) -> Reader:
    def read(at: datetime, headers: Headers) -> Wire | None:
        queue, interface = headers.get("queue"), _member_interface(headers)
        if not queue or not interface:
            return None
        return MemberState(
            at,
            queue,
            interface,
            headers.get("membername") or headers.get("name", ""),
            headers.get("paused", "0") == "1",
            headers.get("pausedreason", ""),
            headers.get("incall", "0") == "1",
            integer(headers.get("penalty", ""), 0),
            headers.get("membership", "") == "dynamic",
            _DEVICE_STATES.get(headers.get("status", ""), "UNKNOWN"),
            listed,
        )

    return read


def _member_interface(headers: Headers) -> Interface:
    """The phone of a member: its StateInterface where it has one, else what the queue dials."""
    dialled = headers.get("interface") or headers.get("location", "")
    state = headers.get("stateinterface", "")
    is_device = state and not state.startswith(("hint:", "Custom:", "Local/"))
    return Interface(state if is_device else dialled)


def _member_gone(at: datetime, headers: Headers) -> Wire | None:
    queue, interface = headers.get("queue"), _member_interface(headers)
    return MemberGone(at, queue, interface) if queue and interface else None


def _entry_listed(at: datetime, headers: Headers) -> Wire | None:
    queue, uniqueid = headers.get("queue"), headers.get("uniqueid")
    if not queue or not uniqueid:
        return None
    digits = headers.get("calleridnum", "")
    name = headers.get("calleridname", "")
    return EntryListed(
        at,
        queue,
        Uniqueid(uniqueid),
        integer(headers.get("position", ""), 0),
        "" if digits in (UNKNOWN, "unknown") else digits[:MAX_NAME],
        "" if name in (UNKNOWN, "unknown") else one_line(name),
        number(headers.get("wait")) or 0.0,
    )


def _device_state(at: datetime, headers: Headers) -> Wire | None:
    device, state = headers.get("device"), headers.get("state")
    if not device or not state or "/" not in device:
        return None
    return DeviceState(at, Interface(device), state)


_OUTGOING_LINE = "(Outgoing Line)"

_DEVICE_STATES = {
    "0": "UNKNOWN",
    "1": "NOT_INUSE",
    "2": "INUSE",
    "3": "BUSY",
    "4": "INVALID",
    "5": "UNAVAILABLE",
    "6": "RINGING",
    "7": "RINGINUSE",
    "8": "ONHOLD",
}

_READERS: dict[str, Reader] = {
    "Newchannel": _of_channel(ChannelBorn),
    "Newstate": _of_channel(ChannelChanged),
    "NewCallerid": _of_channel(ChannelChanged),
    "Rename": _renamed,
    "HangupRequest": _of_channel(HangupAsked),
    "Hangup": _gone,
    "DialBegin": _dial_began,
    "DialEnd": _dial_ended,
    "BridgeEnter": _bridge_entered,
    "BridgeLeave": _bridge_left,
    "BridgeDestroy": _bridge_gone,
    "LocalBridge": _locals_paired,
    "Hold": _of_channel(HoldBegan),
    "Unhold": _of_channel(HoldEnded),
    "BlindTransfer": _blind_transferred,
    "AttendedTransfer": _attended_transferred,
    "ParkedCall": _parked,
    "UnParkedCall": _parking_ended,
    "ParkedCallTimeOut": _parking_ended,
    "ParkedCallGiveUp": _parking_ended,
    "Pickup": _picked_up,
    "ChanSpyStart": _spy_began,
    "VarSet": _variable_set,
    "QueueCallerJoin": _queue_joined,
    "QueueCallerLeave": _queue_left,
    "QueueCallerAbandon": _queue_left,
    "AgentCalled": _member_rung,
    "OriginateResponse": _originated,
    "FullyBooted": _booted,
    "CoreShowChannel": _channel_listed,
    "CoreShowChannelsComplete": _list_ended("CoreShowChannelsComplete"),
    "Status": _channel_status,
    "StatusComplete": _list_ended("StatusComplete"),
    "BridgeListItem": _bridge_listed,
    "BridgeListComplete": _list_ended("BridgeListComplete"),
    "BridgeInfoChannel": _bridge_member_listed,
    "BridgeInfoComplete": _list_ended("BridgeInfoComplete"),
    "QueueParams": _queue_listed,
    "QueueMember": _member_state(True),
    "QueueEntry": _entry_listed,
    "QueueStatusComplete": _list_ended("QueueStatusComplete"),
    "QueueMemberAdded": _member_state(False),
    "QueueMemberStatus": _member_state(False),
    "QueueMemberPause": _member_state(False),
    "QueueMemberPenalty": _member_state(False),
    "QueueMemberRemoved": _member_gone,
    "DeviceStateChange": _device_state,
}

WANTED: frozenset[str] = frozenset(_READERS)
"""The event names that `parse` reads; all others may be shed on the bytes."""

DIALLED_VARIABLE = "PEREZVON_DIALLED"
"""Set by our own Originate on the agent's channel: the number that the agent wants to call."""

WANTED_VARIABLES: frozenset[str] = frozenset(
    {"DIALSTATUS", "QUEUESTATUS", "VMSTATUS", "AMDSTATUS", DIALLED_VARIABLE}
)
"""The only variables whose VarSet is read."""
