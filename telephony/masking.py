"""Phone numbers made unrecognisable in recorded streams, the same number always the same way."""

import hashlib
import hmac
import re
from dataclasses import dataclass, field

_KEPT_HEADERS = re.compile(
    rb"(?i)^(timestamp|received|actionid|sessionid|bridgeid|last(call|pause)"
    rb"|.*(uniqueid|linkedid|time))$"
)
_NOT_NUMBERS = (
    rb"\d{9,10}\.\d+|\b\d{1,5}\.\d{1,6}\b",  # a Uniqueid, an epoch or another fraction
    rb"-[0-9a-f]{8}(?=;[12]|\b)",  # the serial of a channel name
    rb"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}",  # a bridge
    rb"\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?",  # an address
    rb"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d",  # a date
    rb"ssrc=\d+|0x[0-9a-f]+",
    rb"(?<![0-9a-z])(?=[0-9]*[a-f])(?:[0-9a-f]{8}){2,5}(?![0-9a-z])",  # a hexadecimal key
)
_PLAIN = re.compile(rb"(?i)(" + rb"|".join(_NOT_NUMBERS) + rb")|(\d{6,})")
_SPACED = re.compile(rb"\d(?:[ ()\-]{0,2}\d){5,}")
_NAMES = re.compile(rb"(?i)^(.*name|.*num|.*number|exten)$")
_HIDDEN_DIGITS = 7
_SAME_SUBSCRIBER_DIGITS = 10


@dataclass(frozen=True, slots=True)
class Mask:
    """Replaces the last seven digits of every number of six digits or more.

    A number keeps its length, its code and its punctuation; `8916...` and `+7916...` of one
    subscriber stay one. Without the key nothing can be turned back. Extensions of 2-5 digits,
    Uniqueids, channel serials, times and addresses are left alone, and so are the numbers `kept`
    (digits only): phones of the office that have long ones.
    """

    key: bytes = field(repr=False)
    kept: frozenset[bytes] = frozenset()

    def block(self, block: bytes) -> bytes:
        """One AMI block, lines ended by CR LF or LF, with every number in it masked."""
        return b"\n".join(self._line(line) for line in block.split(b"\n"))

    def _line(self, line: bytes) -> bytes:
        name, colon, value = line.partition(b":")
        if not colon or _KEPT_HEADERS.match(name.strip()):
            return line
        if _NAMES.match(name.strip()) and not name.strip().lower().endswith(b"channelname"):
            value = _SPACED.sub(self._spaced, value)
            return name + colon + value
        return name + colon + _PLAIN.sub(self._plain, value)

    def _plain(self, found: re.Match[bytes]) -> bytes:
        return found.group(1) or self._fake(found.group(2))

    def _spaced(self, found: re.Match[bytes]) -> bytes:
        digits = iter(self._fake(re.sub(rb"\D", b"", found.group())))
        return bytes(next(digits) if 48 <= byte <= 57 else byte for byte in found.group())

    def _fake(self, digits: bytes) -> bytes:
        if digits in self.kept:
            return digits
        hidden = min(_HIDDEN_DIGITS, len(digits))
        subscriber = digits[-_SAME_SUBSCRIBER_DIGITS:]
        proof = hmac.new(self.key, subscriber, hashlib.sha256).digest()
        tail = b"%0*d" % (hidden, int.from_bytes(proof[:8], "big") % 10**hidden)
        return digits[: len(digits) - hidden] + tail
