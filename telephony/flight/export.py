"""One call out of the flight recorder, without the people in it: a stream for `perezvon replay`."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from telephony.flight.hiding import Hiding, long_numbers, phones_in
from telephony.flight.reading import read_blocks
from telephony.flight.segments import between, gaps, list_segments
from telephony.flight.selecting import Kinship, is_told, select
from telephony.masking import Mask

MARGIN: Final = timedelta(minutes=1)
"""Around a call: channels are made a little before it and go a little after."""
SILENCE: Final = timedelta(minutes=1)
"""A link is never as quiet as that: we ask for a sign of life more often."""
HEADER: Final = b"Perezvon-Export: 1"
NO_PHONES: Final = r"(?!)"


@dataclass(frozen=True, slots=True)
class AskedCall:
    """Which call: any of its Linkedids and Uniqueids, and when it was (`ended_at` None: it goes
    on)."""

    call_id: str
    ids: tuple[str, ...]
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Export:
    """`stream` is empty where nothing of the call was kept; `missing` are the stretches of the call
    of which nothing was kept."""

    stream: bytes
    blocks: int
    missing: tuple[tuple[datetime, datetime], ...] = ()


def missing_of(folder: Path, call: AskedCall, now: datetime) -> list[tuple[datetime, datetime]]:
    """The stretches of the call of which the folder has nothing."""
    until = call.ended_at or max(call.started_at, now - SILENCE)
    return gaps(list_segments(folder), call.started_at, until, SILENCE)


class CallExtract:
    """One call out of what the folder holds; made and used off the loop, it reads files twice."""

    def __init__(self, folder: Path, call: AskedCall, now: datetime) -> None:
        self._call = call
        self._missing = tuple(missing_of(folder, call, now))
        since, until = call.started_at - MARGIN, (call.ended_at or now) + MARGIN
        self._segments = between(list_segments(folder), since, until)
        self._kinship = Kinship()

    def kin(self) -> frozenset[str]:
        """The ids of all channels that Asterisk put together with the call's."""
        for block in self._told():
            self._kinship.hear(block)
        return self._kinship.of(self._call.ids)

    def export(
        self, strangers: Iterable[str], is_phone: Callable[[str], bool], key: bytes
    ) -> Export:
        """After `kin`: the call without the `strangers` among them, numbers masked by `key`."""
        chosen = list(select(self._told(), self._kinship.of(self._call.ids, strangers)))
        stream = written(self._call.call_id, chosen, is_phone, key) if chosen else b""
        return Export(stream, len(chosen), self._missing)

    def _told(self) -> Iterator[bytes]:
        return (block for block in read_blocks(self._segments) if is_told(block))


def written(
    call_id: str, blocks: Sequence[bytes], is_phone: Callable[[str], bool], key: bytes
) -> bytes:
    """The blocks of one call as a file; its head says which call and which phones."""
    phones = phones_in(blocks, is_phone)
    hiding = Hiding(Mask(key, long_numbers(phones)), phones)
    head = b"\r\n".join([HEADER, b"Call: " + _one_line(call_id), b"Phones: " + _pattern(phones)])
    return b"".join(_ended(block) for block in [head, *map(hiding.block, blocks)])


def phones_of_export(path: Path) -> str:
    """Which endpoints are phones, as the head of an exported file says; "" in any other file."""
    if not path.is_file():  # a pipe can be read only once
        return ""
    with path.open("rb") as file:
        head = file.read(1 << 16).partition(b"\r\n\r\n")[0]
    if not head.startswith(HEADER):
        return ""
    found = re.search(rb"(?m)^Phones: ([^\r\n]*)", head)
    return found[1].decode("utf-8", "replace") if found else ""


def _pattern(phones: Iterable[str]) -> bytes:
    """A regular expression for exactly these endpoints."""
    return ("|".join(re.escape(phone) for phone in sorted(phones)) or NO_PHONES).encode()


def _one_line(text: str) -> bytes:
    return re.sub(r"[^\x20-\x7e]", "?", text).encode()


def _ended(block: bytes) -> bytes:
    """A greeting is one line, as on the wire; everything else ends with an empty one."""
    return block + (b"\r\n" if b"\r\n" not in block else b"\r\n\r\n")
