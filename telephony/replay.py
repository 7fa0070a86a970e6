"""A recorded AMI stream, fed through the same tracker as the live one (pure but for the file).

Tolerant of what files go through: no banner, responses in between, LF instead of CRLF, a cut-off
end, bytes that are no UTF-8, NUL, absurdly long headers. What is no event is skipped.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import Path
from typing import Any

from telephony.blocks import (
    GREETING,
    MAX_BLOCK_BYTES,
    as_message,
    instant_of,
    read_headers,
    shedding,
)
from telephony.events import CallEnded, CallRecord
from telephony.ids import EPOCH_IN_UNIQUEID
from telephony.phones import phones_matching
from telephony.resync import CHANNELS_END
from telephony.stream import AmiMessage, LinkUp
from telephony.tracker import CallTracker
from telephony.wire import WANTED, WANTED_VARIABLES, parse

CHUNK_BYTES = 1 << 20
OPENING_MESSAGES = 2000
"""Whoever records with lists asks for them first: they stand among so many messages."""
_START = datetime.fromtimestamp(0, UTC)


def read_stream(source: bytes | Path) -> Iterator[AmiMessage | LinkUp]:
    """The messages of a recorded stream, noise left out, each with the best time there is for it:
    its Timestamp, else Received, else the time inside its Uniqueid, never earlier than before.
    A greeting line is a new link."""
    chunks = _chunks(source)
    is_noise = shedding(WANTED, WANTED_VARIABLES)
    latest = _START
    for block in _blocks(chunks):
        if is_noise(block):
            continue
        if block.startswith(GREETING):
            yield LinkUp(latest, block.partition(b"/")[2].decode("ascii", "replace").strip())
            continue
        headers = read_headers(block)
        at = _instant(headers, latest)
        message = as_message(headers, at)
        if message is None:
            continue
        latest = max(latest, message.at)
        yield message


def replay(
    items: Iterable[AmiMessage | LinkUp], phones: str | Callable[[str], bool]
) -> list[CallRecord]:
    """The calls that the messages tell of, in order of their start; unfinished ones as far as
    known. `phones` is a regular expression for endpoint names, or a test on interfaces."""
    is_phone = phones_matching(phones) if isinstance(phones, str) else phones
    rest = iter(items)
    opening = list(islice(rest, OPENING_MESSAGES))
    tracker = CallTracker(is_phone, lists_follow=any(map(_ends_list, opening)))
    ended: list[CallRecord] = []
    latest = _START
    for message in chain(opening, rest):
        latest = max(latest, message.at)
        if isinstance(message, LinkUp):
            if latest > _START:
                tracker.link_lost(latest)
            tracker.link_up()
            continue
        wire = parse(message)
        if wire is not None:
            ended.extend(fact.record for fact in tracker.feed(wire) if isinstance(fact, CallEnded))
    ended.extend(fact.record for fact in tracker.finish(latest) if isinstance(fact, CallEnded))
    return sorted([*ended, *tracker.live()], key=lambda record: (record.started_at, record.call_id))


def _ends_list(item: AmiMessage | LinkUp) -> bool:
    return isinstance(item, AmiMessage) and item.name == CHANNELS_END


def replay_file(path: Path, phones: str) -> Iterator[bytes]:
    """One line of JSON (without its line end) for each call in the file, in order of start."""
    for record in replay(read_stream(path), phones):
        yield as_json(record)


def as_json(record: CallRecord) -> bytes:
    """The call as one JSON object in UTF-8: times ISO 8601 UTC with milliseconds, seconds to 3
    decimals."""
    told: dict[str, Any] = {
        "call_id": record.call_id,
        "linkedids": list(record.linkedids),
        "direction": record.direction,
        "caller": record.caller,
        "caller_name": record.caller_name,
        "dialled": record.dialled,
        "queue": record.queue,
        "outcome": record.outcome,
        "answered_by": list(record.answered_by),
        "offered": [
            {
                "interface": offer.interface,
                "offered_at": _stamp(offer.offered_at),
                "result": offer.result,
            }
            for offer in record.offered
        ],
        "started_at": _stamp(record.started_at),
        "answered_at": _stamp(record.answered_at),
        "ended_at": _stamp(record.ended_at),
        "wait_seconds": round(record.wait_seconds, 3),
        "talk_seconds": round(record.talk_seconds, 3),
        "hold_seconds": round(record.hold_seconds, 3),
        "transfers": [
            {"kind": moved.kind, "from": moved.from_interface, "to": moved.to}
            for moved in record.transfers
        ],
        "ended_by": record.ended_by,
        "hangup_cause": record.hangup_cause,
    }
    return json.dumps(told, ensure_ascii=False).encode("utf-8", "replace")


def _stamp(at: datetime | None) -> str | None:
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _chunks(source: bytes | Path) -> Iterator[bytes]:
    if isinstance(source, bytes):
        yield source
        return
    with source.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


def _blocks(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Whole blocks with CRLF line ends. A file without any CRLF is taken to be an LF file; in any
    other a lone LF is part of a value, where somebody tried to smuggle in a header."""
    rest = b""
    plain: bool | None = None
    for chunk in chunks:
        data = rest + chunk
        if plain is None:
            plain = b"\r\n" not in data
        *blocks, rest = data.split(b"\n\n" if plain else b"\r\n\r\n")
        for block in blocks:
            yield from _honest(block, plain)
        if len(rest) > MAX_BLOCK_BYTES:
            rest = b"Event: Oversized" + rest[-3:]
    yield from _honest(rest, bool(plain))


def _honest(block: bytes, plain: bool) -> Iterator[bytes]:
    if len(block) > MAX_BLOCK_BYTES:
        return
    if plain:
        block = block.replace(b"\n", b"\r\n")
    block = block.lstrip(b"\r\n")
    if block.startswith(GREETING):
        greeting, _, block = block.partition(b"\r\n")
        yield greeting
    if block:
        yield block


def _instant(headers: dict[str, str], latest: datetime) -> datetime:
    received = headers.get("received")
    if received is not None:
        return max(latest, instant_of(received, latest))
    born = EPOCH_IN_UNIQUEID.search(headers.get("uniqueid", ""))
    if born is None:
        return latest
    return max(latest, instant_of(born.group(1), latest))
