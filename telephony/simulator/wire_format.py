"""Blocks of the manager protocol as Asterisk writes them."""

from collections.abc import Iterable
from datetime import datetime

Header = tuple[str, str]

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
VERSION = "22.10.1 (simulated exchange)"

_AGENT = frozenset(
    {
        "AgentCalled",
        "AgentConnect",
        "AgentComplete",
        "AgentRingNoAnswer",
        "QueueCallerJoin",
        "QueueCallerLeave",
        "QueueCallerAbandon",
        "QueueMemberAdded",
        "QueueMemberRemoved",
        "QueueMemberPause",
        "QueueMemberPenalty",
        "QueueMemberStatus",
    }
)
_DIALPLAN = frozenset({"Newexten", "VarSet"})
_ONE_LINE = str.maketrans("\r\n\0", "   ")


def block(headers: Iterable[Header]) -> bytes:
    """One block; what could forge a header (CR, LF, NUL) becomes a space."""
    lines = [f"{key}: {value.translate(_ONE_LINE)}\r\n" for key, value in headers]
    return ("".join(lines) + "\r\n").encode(errors="replace")


def event(name: str, at: datetime, headers: Iterable[Header]) -> bytes:
    """An event with its privilege class and the `Timestamp` of `timestampevents = yes`."""
    head = (("Event", name), ("Privilege", privilege(name)), ("Timestamp", stamp(at)))
    return block((*head, *headers))


def privilege(name: str) -> str:
    if name in _AGENT:
        return "agent,all"
    if name == "UserEvent":
        return "user,all"
    if name in _DIALPLAN:
        return "dialplan,all"
    return "call,all"


def stamp(at: datetime) -> str:
    """Seconds since the epoch with six decimals: `1795308359.845182`."""
    return f"{at.timestamp():.6f}"


def epoch(at: datetime | None) -> str:
    """Whole seconds since the epoch; `0` for never."""
    return "0" if at is None else str(int(at.timestamp()))
