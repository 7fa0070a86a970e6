"""What leaves the house: blocks without the people in them.

Numbers are masked as `perezvon record --mask` does; names of callers and members become made-up
ones, the same name always the same one. ConnectedLine is left out: on the line of an operator who
stays on it that is the client before. Headers that nobody needs to follow a call, and free text
in the others, are left out: what is not known to be harmless does not go.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from telephony.ids import endpoint_of
from telephony.masking import Mask

_LONG_NUMBER = re.compile(r"\D*(\d{6,})\D*")
_INTERFACES = re.compile(
    rb"(?im)^(?:\w*channel|newname|oldname|interface|stateinterface|location|device): "
    rb"([^\r\n;]+?)(?:-[0-9a-f]{8})?(?:;[12])?\r?$"
)
_KEPT = re.compile(
    rb"(?i)\w*(?:channel(?:state(?:desc)?)?|callerid(?:num|name)"
    rb"|context|exten|priority|uniqueid|linkedid)"
    rb"|event|response|ping|timestamp|received|cause(?:-txt)?|result|reason|state|status"
    rb"|bridge(?:id|type|technology|creator|numchannels)|swapuniqueid"
    rb"|dialstatus|dialstring|forward|dnid|duration|oldname|newname"
    rb"|queue|position|originalposition|count|wait|holdtime|talktime|ringtime|ringinuse|wrapuptime"
    rb"|interface|stateinterface|location|membername|name|membership|penalty|callstaken"
    rb"|lastcall|lastpause|incall|paused|pausedreason|device"
    rb"|isexternal|extension|transfertype|desttype|parkinglot|parkingspace|parkerdialstring"
    rb"|parkingduration|parkingtimeout|application|variable|value|class"
    rb"|eventlist|listitems|uptime|lastreload"
)
_PEOPLE = re.compile(rb"(?i)\w*calleridname|membername|name")
_NUMBERS = re.compile(rb"(?i)\w*calleridnum")
"""Where SIP brings the part before the @, which may be anything."""
_ADDRESS = re.compile(
    rb"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])|\[[0-9a-fA-F:]*:[0-9a-fA-F:]*\]"
)
_FREE = re.compile(rb"(?i)(?:application)?data")
_OUTGOING: Final = b"(Outgoing Line)"
_NOBODY: Final = frozenset(("", "<unknown>", "unknown", "anonymous"))
_LETTERS: Final = str.maketrans("0123456789", "ghijklmnop")
"""A made-up name has no digits: they would be masked once more."""
_HAS_LETTERS = re.compile(r"[^\W\d_]")
_BETWEEN_DIGITS = re.compile(rb"(?<=\d)[ ()\-]+(?=\d)")
_CDR_TIME = re.compile(rb"CDR\((?:start|answer),u\)=[\d.]*")


@dataclass(frozen=True, slots=True)
class Hiding:
    """One export's way of hiding: `mask` for the numbers, its key for the names too. `phones` are
    endpoints of ours: as somebody's number they stay."""

    mask: Mask
    phones: frozenset[str] = frozenset()

    def block(self, block: bytes) -> bytes:
        """The block as it may be shown to strangers; a greeting is as it was."""
        lines = block.split(b"\r\n")
        if len(lines) == 1:
            return block
        return self.mask.block(b"\r\n".join(self._lines(lines)))

    def _lines(self, lines: Sequence[bytes]) -> Iterator[bytes]:
        is_status = lines[0].lower() == b"event: status"
        for line in lines:
            header, colon, value = line.partition(b":")
            value = value.strip()
            if _FREE.fullmatch(header):
                if value == _OUTGOING:
                    yield line
            elif is_status and header.lower() == b"variable":
                if _CDR_TIME.fullmatch(value):
                    yield line
            elif colon and _KEPT.fullmatch(header):
                yield header + b": " + self._value(header, value)

    def _value(self, header: bytes, value: bytes) -> bytes:
        """The value without a person's name; its digits are left to the mask."""
        if _PEOPLE.fullmatch(header):
            return self._name(value.decode("utf-8", "replace"), "Name ").encode()
        if _NUMBERS.fullmatch(header) and value.decode("utf-8", "replace") not in self.phones:
            return self._name(value.decode("utf-8", "replace"), "number-").encode()
        if header.lower() == b"value":
            return _BETWEEN_DIGITS.sub(b"", value)
        return _ADDRESS.sub(b"192.0.2.1", value)

    def _name(self, text: str, word: str) -> str:
        if text.lower() in _NOBODY or not _HAS_LETTERS.search(text):
            return text
        proof = hmac.new(self.mask.key, text.encode(), hashlib.sha256)
        return f"{word}{proof.hexdigest()[:6].translate(_LETTERS)}"


def phones_in(blocks: Iterable[bytes], is_phone: Callable[[str], bool]) -> frozenset[str]:
    """The endpoints of the office's phones that the blocks name: `101` of `PJSIP/101-0000001f`."""
    named = {found for block in blocks for found in _INTERFACES.findall(block)}
    interfaces = (found.decode("utf-8", "replace") for found in named)
    return frozenset(endpoint_of(one) for one in interfaces if "/" in one and is_phone(one))


def long_numbers(endpoints: Iterable[str]) -> frozenset[bytes]:
    """Of these endpoints the numbers in their names that a mask would change."""
    found = (_LONG_NUMBER.fullmatch(endpoint) for endpoint in endpoints)
    return frozenset(matched[1].encode() for matched in found if matched)
