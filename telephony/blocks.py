"""AMI bytes cut into blocks, and a block read into headers. Pure: no socket, no clock."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime

from telephony.stream import AmiMessage

log = logging.getLogger(__name__)

BLOCK_END = b"\r\n\r\n"
GREETING = b"Asterisk Call Manager"
MAX_BLOCK_BYTES = 256 * 1024  # the largest honest block (a Status with variables) is under 16 KiB
MAX_GREETING_BYTES = 256
KEYS_REMEMBERED = 1000  # Asterisk has about 500 header names
_known_keys: dict[str, str] = {}
_REPEATABLE = ("variable", "chanvariable", "destchanvariable")


class NotAsterisk(Exception):
    """The peer's first line is no AMI greeting."""


class BlockReader:
    """Bytes in, whole blocks out, whatever the cuts between reads; memory stays bounded.

    `version` is the AMI version of the greeting once that has come. A block over the limit is
    dropped with a log line and reading goes on behind it.
    """

    def __init__(self, limit: int = MAX_BLOCK_BYTES) -> None:
        self.version: str | None = None
        self.dropped_blocks = 0
        self._limit = limit
        self._rest = b""
        self._skipped = 0

    def feed(self, data: bytes) -> list[bytes]:
        """The blocks that `data` completes, without the empty line; NotAsterisk on a bad start."""
        if self._rest:
            data = self._rest + data
            self._rest = b""
        if self.version is None:
            data = self._greeting(data)
        if self._skipped:
            data = self._skip(data)
        if not data:
            return []
        blocks = data.split(BLOCK_END)
        rest = blocks.pop()
        if len(data) > self._limit:
            blocks = [block for block in blocks if self._fits(block)]
        if len(rest) > self._limit:
            rest = self._begin_skipping(rest)
        self._rest = rest
        return blocks

    def _greeting(self, data: bytes) -> bytes:
        line, end, behind = data.partition(b"\n")
        if not line.startswith(GREETING) and (end or not GREETING.startswith(line)):
            raise NotAsterisk(line[:80].decode("ascii", "replace"))
        if len(line) > MAX_GREETING_BYTES:
            raise NotAsterisk("endless greeting")
        if not end:
            self._rest = data
            return b""
        self.version = line.partition(b"/")[2].strip().decode("ascii", "replace")
        return behind

    def _fits(self, block: bytes) -> bool:
        if len(block) <= self._limit:
            return True
        self._note_drop(len(block))
        return False

    def _begin_skipping(self, rest: bytes) -> bytes:
        tail = rest[-3:]  # the end mark itself may be cut in two
        self._skipped = len(rest) - len(tail)
        return tail

    def _skip(self, data: bytes) -> bytes:
        skipped, end, behind = data.partition(BLOCK_END)
        if not end:
            return self._keep_skipping(data)
        self._note_drop(self._skipped + len(skipped))
        self._skipped = 0
        return behind

    def _keep_skipping(self, data: bytes) -> bytes:
        self._rest = data[-3:]
        self._skipped += len(data) - len(self._rest)
        return b""

    def _note_drop(self, size: int) -> None:
        self.dropped_blocks += 1
        log.warning("an AMI block of %d bytes was dropped, %d are allowed", size, self._limit)


def shedding(
    wanted: frozenset[str] | None, variables: frozenset[str] | None
) -> Callable[[bytes], bool]:
    """A test on a block's bytes: is it noise? Events not named in `wanted` are, and VarSet of a
    variable not named in `variables`; None wants everything. A response is never noise."""
    if wanted is None and variables is None:
        return lambda block: False
    names = None if wanted is None else frozenset(name.encode() for name in wanted)
    kept = None if variables is None else frozenset(name.encode() for name in variables)

    def is_noise(block: bytes) -> bool:
        if not block.startswith(b"Event: "):
            return False
        end = block.find(b"\r\n", 7)
        name = block[7:end] if end > 0 else block[7:]
        if name == b"VarSet" and kept is not None:
            return _variable(block) not in kept
        return names is not None and name not in names

    return is_noise


def _variable(block: bytes) -> bytes:
    start = block.find(b"\r\nVariable: ") + 12
    if start < 12:
        return b""
    end = block.find(b"\r\n", start)
    return block[start:end] if end > 0 else block[start:]


def read_headers(block: bytes) -> dict[str, str]:
    """Headers by lower-case name, the first of equals; bytes that are no UTF-8 become U+FFFD."""
    headers: dict[str, str] = {}
    repeated: list[tuple[str, str]] = []
    known = _known_keys
    for line in block.decode("utf-8", "replace").split("\r\n"):
        key, colon, value = line.partition(": ")
        if not colon:
            key, colon, value = line.partition(":")
            if not colon:
                continue
        key = known.get(key) or _lower(key)
        if key not in headers:
            headers[key] = value
        elif key in _REPEATABLE:
            repeated.append((key, value))
    if "variable" in headers or "chanvariable" in headers or "destchanvariable" in headers:
        _name_variables(headers, repeated)
    return headers


def _lower(key: str) -> str:
    """The key in lower case, one string for all messages; a stranger's keys are not collected."""
    lower = key.lower()
    if len(_known_keys) < KEYS_REMEMBERED and len(key) <= 64:
        _known_keys[key] = lower
    return lower


def _name_variables(headers: dict[str, str], repeated: list[tuple[str, str]]) -> None:
    first = [(key, headers[key]) for key in _REPEATABLE if key in headers]
    for key, assignment in first + repeated:
        name, equals, value = assignment.partition("=")
        if equals:
            headers.setdefault(f"{key}({name.lower()})", value)


def read_message(block: bytes, received_at: datetime) -> AmiMessage | None:
    """The block as a message, or None if it is neither event nor response."""
    return as_message(read_headers(block), received_at)


def as_message(headers: dict[str, str], received_at: datetime) -> AmiMessage | None:
    """Headers as a message, or None if they are neither an event's nor a response's."""
    name = headers.get("event")
    if name is None:
        if "response" not in headers:
            return None
        name = ""
    stamp = headers.get("timestamp")
    at = received_at if stamp is None else instant_of(stamp, received_at)
    return AmiMessage(name, headers, at, received_at)


def instant_of(stamp: str, otherwise: datetime) -> datetime:
    """`1763771234.123456` as an aware UTC instant; `otherwise` where it is no sane epoch."""
    try:
        return datetime.fromtimestamp(float(stamp), UTC)
    except (ValueError, OverflowError, OSError):
        return otherwise
