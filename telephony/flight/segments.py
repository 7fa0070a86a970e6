"""The folder of the flight recorder: compressed segments, named by their order and their start.

`00000042-20260302T090000Z.ami.gz` is an ordinary gzip file of an ordinary recording. A file's time
of modification is when the last bytes in it were heard, so names and times are the index.
"""

import contextlib
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

EDGE = timedelta(seconds=2)
"""Names of segments tell whole seconds, and the exchange's clock is not quite ours."""

_NAME = re.compile(r"(\d{8})-(\d{8}T\d{6}Z)\.ami\.gz")
_STAMP = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True)
class Segment:
    """One file: `number` orders them, whatever the clock did; what it holds was heard between
    `started_at` and `last_at`."""

    path: Path
    number: int
    started_at: datetime
    last_at: datetime
    size: int


def segment_path(folder: Path, number: int, started_at: datetime) -> Path:
    return folder / f"{number:08}-{started_at.astimezone(UTC):{_STAMP}}.ami.gz"


def list_segments(folder: Path) -> list[Segment]:
    """Every segment, oldest first; none where there is no folder, or none that we may read."""
    found: list[Segment] = []
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            segment = _segment(entry)
            if segment is not None:
                found.append(segment)
    return sorted(found, key=lambda segment: segment.number)


def _segment(entry: os.DirEntry[str]) -> Segment | None:
    matched = _NAME.fullmatch(entry.name)
    if matched is None:
        return None
    try:
        started_at = datetime.strptime(matched[2], _STAMP).replace(tzinfo=UTC)
        status = entry.stat()
    except (ValueError, OSError):  # no such day; or removed while we look
        return None
    last_at = max(started_at, datetime.fromtimestamp(status.st_mtime, UTC))
    return Segment(Path(entry.path), int(matched[1]), started_at, last_at, status.st_size)


def between(segments: Iterable[Segment], since: datetime, until: datetime) -> list[Segment]:
    """Those in which something of that time may be."""
    return [one for one in segments if one.started_at <= until and one.last_at >= since]


def superfluous(segments: Sequence[Segment], *, before: datetime, most_bytes: int) -> list[Segment]:
    """Those to remove: whatever ended `before`, and the oldest of what is over `most_bytes`."""
    old = [one for one in segments if one.last_at < before]
    kept = [one for one in segments if one.last_at >= before]
    total = sum(one.size for one in kept)
    while kept and total > most_bytes:
        total -= kept[0].size
        old.append(kept.pop(0))
    return old


def gaps(
    segments: Sequence[Segment], since: datetime, until: datetime, silence: timedelta
) -> list[tuple[datetime, datetime]]:
    """The stretches between `since` and `until` of which nothing was kept. Between two segments
    the link may have been quiet for as long as `silence`."""
    missing: list[tuple[datetime, datetime]] = []
    heard_until: datetime | None = None
    for one in sorted(segments, key=lambda each: each.started_at):
        if one.last_at < since - silence or one.started_at > until:
            continue
        is_on = heard_until is not None and one.started_at - heard_until <= silence
        reached = max(since, heard_until or since)
        if not is_on and one.started_at - reached > EDGE:
            missing.append((reached, one.started_at))
        heard_until = max(heard_until or one.last_at, one.last_at)
    reached = max(since, heard_until or since)
    if until - reached > EDGE or (heard_until is None and until > since):
        missing.append((reached, until))
    return missing
