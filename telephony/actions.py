"""Typed builders of AMI actions. Every value is checked: what could forge a header is refused."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from telephony.errors import UnsafeValue

MAX_VALUE_BYTES = 512  # Asterisk cuts a line at 1024 bytes: a longer one would run on as garbage
_CHANNEL_ID = re.compile(r"[A-Za-z0-9_.-]{1,147}")  # 149 with the ";2" of a Local's other half


@dataclass(frozen=True, slots=True)
class Expect:
    """How the answer ends: one response (`list_end` is ""), or a list to the event `list_end`."""

    list_end: str = ""


ONE_REPLY = Expect()


@dataclass(frozen=True, slots=True)
class Action:
    """One request, ready for the wire. UnsafeValue if a header or value holds CR, LF or NUL."""

    name: str
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    expects: Expect = ONE_REPLY

    def __post_init__(self) -> None:
        _check("Action", self.name)
        for key, value in self.headers:
            _check(key, key)
            _check(key, value)


def _check(header: str, value: str) -> None:
    if any(char in value for char in "\r\n\0"):
        raise UnsafeValue(header)
    try:
        encoded = value.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        raise UnsafeValue(header) from None
    if len(encoded) > MAX_VALUE_BYTES:
        raise UnsafeValue(header)


def _action(name: str, expects: Expect = ONE_REPLY, /, **headers: str | int | None) -> Action:
    given = tuple((key, str(value)) for key, value in headers.items() if value is not None)
    return Action(name, given, expects)


def login(username: str, secret: str) -> Action:
    return _action("Login", Username=username, Secret=secret, Events="on")


def logoff() -> Action:
    return _action("Logoff")


def ping() -> Action:
    return _action("Ping")


def core_settings() -> Action:
    """Which Asterisk is this: `AsteriskVersion`, `SystemName`."""
    return _action("CoreSettings")


def core_status() -> Action:
    """How many calls there are and, from a newer Asterisk, have been: `CoreCurrentCalls`."""
    return _action("CoreStatus")


def core_show_channels() -> Action:
    return _action("CoreShowChannels", Expect("CoreShowChannelsComplete"))


def status(variables: tuple[str, ...] = ()) -> Action:
    """Every channel's status, each with the values of `variables` (dialplan functions too)."""
    names = ",".join(variables) or None
    return _action("Status", Expect("StatusComplete"), Variables=names)


def bridge_list() -> Action:
    return _action("BridgeList", Expect("BridgeListComplete"))


def bridge_info(bridge_uniqueid: str) -> Action:
    return _action("BridgeInfo", Expect("BridgeInfoComplete"), BridgeUniqueid=bridge_uniqueid)


def queue_status(queue: str | None = None) -> Action:
    return _action("QueueStatus", Expect("QueueStatusComplete"), Queue=queue)


def parked_calls() -> Action:
    return _action("ParkedCalls", Expect("ParkedCallsComplete"))


def queue_add(
    queue: str,
    interface: str,
    *,
    member_name: str,
    penalty: int = 0,
    state_interface: str = "",
    paused: bool = False,
) -> Action:
    """A member added `paused` is offered nothing, not even the caller who waits already."""
    return _action(
        "QueueAdd",
        Queue=queue,
        Interface=interface,
        MemberName=member_name,
        Penalty=penalty,
        StateInterface=state_interface or None,
        Paused="true" if paused else None,
    )


def queue_remove(queue: str, interface: str) -> Action:
    return _action("QueueRemove", Queue=queue, Interface=interface)


def queue_pause(
    interface: str, *, paused: bool, reason: str = "", queue: str | None = None
) -> Action:
    """Without `queue`: in every queue the interface is a member of."""
    return _action(
        "QueuePause",
        Interface=interface,
        Paused="true" if paused else "false",
        Reason=reason or None,
        Queue=queue,
    )


def originate_to_extension(
    channel: str,
    *,
    context: str,
    exten: str,
    channel_id: str,
    timeout_seconds: float,
    variables: Mapping[str, str] | None = None,
) -> Action:
    """Ring `channel`; when it answers it enters the dialplan at `exten`@`context`."""
    headers = _origin(channel, channel_id, timeout_seconds, variables or {})
    target = (("Context", context), ("Exten", exten), ("Priority", "1"))
    return Action("Originate", headers + target)


def originate_to_application(
    channel: str,
    *,
    application: str,
    data: str,
    channel_id: str,
    timeout_seconds: float,
    variables: Mapping[str, str] | None = None,
) -> Action:
    """Ring `channel`; when it answers it runs `application`(`data`), no dialplan needed."""
    headers = _origin(channel, channel_id, timeout_seconds, variables or {})
    return Action("Originate", (*headers, ("Application", application), ("Data", data)))


def _origin(
    channel: str, channel_id: str, timeout_seconds: float, variables: Mapping[str, str]
) -> tuple[tuple[str, str], ...]:
    """`Async` always: without it Asterisk holds the connection's other actions until the answer."""
    if _CHANNEL_ID.fullmatch(channel_id) is None:
        raise UnsafeValue("ChannelId")
    return (
        ("Channel", channel),
        ("Timeout", str(round(timeout_seconds * 1000))),
        ("Async", "true"),
        ("ChannelId", channel_id),
        ("OtherChannelId", f"{channel_id};2"),
        *(("Variable", _assignment(name, value)) for name, value in variables.items()),
    )


def _assignment(name: str, value: str) -> str:
    """`NAME=value`; a comma in the value would begin another assignment, so it is refused."""
    if any(char in value for char in ',"\\()'):
        raise UnsafeValue(name)
    return f"{name}={value}"


def hang_up(channel: str, cause: int = 16) -> Action:
    """`cause` is the Q.850 code told to the other side; 16 is a normal end."""
    return _action("Hangup", Channel=channel, Cause=cause)


def redirect(channel: str, *, context: str, exten: str) -> Action:
    return _action("Redirect", Channel=channel, Context=context, Exten=exten, Priority=1)


def blind_transfer(channel: str, *, context: str, exten: str) -> Action:
    """`channel` is the transferring phone's; its peer is sent to `exten`."""
    return _action("BlindTransfer", Channel=channel, Context=context, Exten=exten)


def attended_transfer(channel: str, *, context: str, exten: str) -> Action:
    """`channel` is the transferring phone's; its peer is held while it calls `exten`."""
    return _action("Atxfer", Channel=channel, Context=context, Exten=exten)


def cancel_attended_transfer(channel: str) -> Action:
    return _action("CancelAtxfer", Channel=channel)


def park(
    channel: str, *, parked_for: str, timeout_seconds: float, lot: str | None = None
) -> Action:
    """Move `channel` to a parking space; not fetched in time, it rings back at `parked_for`.

    `parked_for` is an interface: a channel's name would hear the space announced for seconds.
    """
    return _action(
        "Park",
        Channel=channel,
        TimeoutChannel=parked_for,
        Timeout=round(timeout_seconds * 1000),
        Parkinglot=lot,
    )
