"""A file that is written at its end, together with what logrotate has put beside it.

`Master.csv`, and `Master.csv.1`, `Master.csv.2.gz`, `Master.csv-20260301`: one story, oldest first.
Files are known by their inodes, since their names change while they are read.
"""

import errno
import gzip
import os
import re
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final, cast

_ATTEMPTS: Final = 5
_HEAD_BYTES: Final = 512
_TURN: Final = r"[.-]\d[\d.-]*"
PACKED: Final = ".gz"


@dataclass(frozen=True, slots=True)
class Part:
    """One file of the story; `last_at` is when it was written to last."""

    path: Path
    inode: int
    last_at: datetime

    @property
    def is_packed(self) -> bool:
        return self.path.suffix == PACKED


def list_parts(path: Path, since: datetime | None = None) -> list[Part]:
    """Oldest first, the file itself last, without those of which all is older than `since`. Of two
    that begin alike one is a copy of the other: it counts once. Raises OSError."""
    found = _all_parts(path)
    for _ in range(_ATTEMPTS):
        again = _all_parts(path)
        if [part.inode for part in again] == [part.inode for part in found]:
            break
        found = again
    late = [part for part in found if since is None or part.last_at >= since or part.path == path]
    if len(late) < 2:
        return late
    # The file itself before its copies, and what is plain before what is still being packed.
    heads: dict[bytes, Part] = {}
    for part in sorted(late, key=lambda one: (one.path != path, one.is_packed)):
        heads.setdefault(_head(path, part), part)
    kept = {part.inode for head, part in heads.items() if head or part.path == path}
    return [part for part in late if part.inode in kept]


@contextmanager
def open_part(path: Path, part: Part) -> Iterator[BinaryIO]:
    """The part, whatever it is called by now. Raises OSError when it is there no more."""
    with ExitStack() as stack:
        file = stack.enter_context(_found(path, part))
        if part.is_packed:
            file = cast(BinaryIO, stack.enter_context(gzip.open(file)))
        yield file


def _found(path: Path, part: Part) -> BinaryIO:
    for candidate in (part.path, *(one.path for one in _all_parts(path))):
        with suppress(FileNotFoundError):
            file = candidate.open("rb")
            if os.fstat(file.fileno()).st_ino == part.inode:
                return file
            file.close()
    raise OSError(errno.ESTALE, os.strerror(errno.ESTALE), str(part.path))


def lines_of(file: BinaryIO) -> Iterator[bytes]:
    """Line by line. A packed file that ends too soon is read so far; raises OSError for a file that
    was emptied meanwhile, as logrotate's copytruncate does."""
    try:
        yield from iter(file.readline, b"")
    except (EOFError, zlib.error):
        return
    if not isinstance(file, gzip.GzipFile) and os.fstat(file.fileno()).st_size < file.tell():
        raise OSError(errno.ESTALE, "emptied while it was read")


def _all_parts(path: Path) -> list[Part]:
    name, stem, suffix = map(re.escape, (path.name, path.stem, path.suffix))
    turned = re.compile(rf"(?:{name}(?:{_TURN})?|{stem}{_TURN}{suffix})(?:\.gz)?")
    parts: dict[int, Part] = {}
    for name in _names_beside(path):
        if name != path.name and not turned.fullmatch(name):
            continue
        with suppress(FileNotFoundError):
            status = (path.parent / name).stat()
            last_at = datetime.fromtimestamp(status.st_mtime, UTC)
            parts[status.st_ino] = Part(path.parent / name, status.st_ino, last_at)
    return sorted(parts.values(), key=lambda part: (part.path == path, part.last_at))


def _names_beside(path: Path) -> list[str]:
    try:
        return [beside.name for beside in path.parent.iterdir()]
    except FileNotFoundError:
        return []
    except PermissionError:  # the folder may be passed through, and not looked into
        return [path.name]


def _head(path: Path, part: Part) -> bytes:
    with suppress(OSError, EOFError, zlib.error), open_part(path, part) as file:
        return file.read(_HEAD_BYTES)
    return b""
