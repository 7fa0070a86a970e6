"""One header's value, or one channel's headers, read out of an AMI message."""

from collections.abc import Mapping

from telephony.ids import Linkedid, Uniqueid
from telephony.said import Seen

Headers = Mapping[str, str]

UNKNOWN = "<unknown>"
_ESCAPES = str.maketrans({"\r": " ", "\n": " ", "\t": " ", "\0": " ", "\v": " ", "\f": " "})
_ESCAPED = {"a": "", "b": "", "f": " ", "n": " ", "r": " ", "t": " ", "v": " "}
MAX_NAME = 200  # a longer name is a prank; Asterisk itself keeps 80


class Keys:
    """The header names of one channel under one prefix (`dest`, `transferee` ...)."""

    __slots__ = ("channel", "context", "exten", "linkedid", "name", "number", "state", "uniqueid")

    def __init__(self, prefix: str) -> None:
        self.uniqueid = prefix + "uniqueid"
        self.channel = prefix + "channel"
        self.linkedid = prefix + "linkedid"
        self.state = prefix + "channelstate"
        self.number = prefix + "calleridnum"
        self.name = prefix + "calleridname"
        self.context = prefix + "context"
        self.exten = prefix + "exten"

    def read(self, headers: Headers) -> Seen | None:
        """The channel, None if this event shows none under the prefix."""
        get = headers.get
        uniqueid = get(self.uniqueid)
        if not uniqueid:
            return None
        digits = get(self.number, "")
        name = get(self.name, "")
        return Seen(
            Uniqueid(uniqueid),
            get(self.channel, ""),
            Linkedid(get(self.linkedid, "")),
            integer(get(self.state, "")),
            "" if digits == UNKNOWN else digits[:MAX_NAME],
            "" if name == UNKNOWN else one_line(name),
            get(self.context, ""),
            get(self.exten, ""),
        )


def one_line(text: str) -> str:
    """A caller's name as it was before Asterisk escaped it; line breaks become spaces."""
    if "\\" in text:
        text = _unescape(text)
    return text.translate(_ESCAPES).strip()[:MAX_NAME]


def _unescape(text: str) -> str:
    parts: list[str] = []
    chars = iter(text)
    for char in chars:
        if char != "\\":
            parts.append(char)
            continue
        escaped = next(chars, "")
        parts.append(_ESCAPED.get(escaped, escaped))
    return "".join(parts)


def integer(text: str, otherwise: int = -1) -> int:
    """A decimal number from a header, `otherwise` if it is none or absurd."""
    if not text.isascii() or len(text) > 12:
        return otherwise
    try:
        return int(text)
    except ValueError:
        return otherwise


def number(text: str | None) -> float | None:
    if not text or not text.isascii() or len(text) > 24:
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value < 1e11 else None


def clock(text: str) -> float:
    """`01:02:03` in seconds, 0.0 if it is no such thing."""
    parts = text.split(":")
    values = [number(part) for part in parts]
    if len(parts) != 3 or None in values:
        return 0.0
    hours, minutes, seconds = (value or 0.0 for value in values)
    return hours * 3600 + minutes * 60 + seconds


def is_holding(headers: Headers) -> bool:
    """A holding bridge (parking, agents waiting) is a place to wait in, no conversation."""
    return (
        headers.get("bridgetechnology") == "holding_bridge"
        or headers.get("bridgetype") == "parking"
    )
