"""Blocks out of segments, whatever has happened to the files."""

import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from telephony.blocks import BLOCK_END, GREETING
from telephony.flight.segments import Segment

_CHUNK_BYTES: Final = 1 << 16
_GZIP: Final = 31


def read_blocks(segments: Iterable[Segment]) -> Iterator[bytes]:
    """Every whole block of the segments in their order, without its empty line; a greeting stands
    alone. A file that is cut is read to the cut, one that is gone is passed over."""
    for segment in segments:
        try:
            yield from _whole(_inflated(segment.path))
        except OSError:
            continue


def _inflated(path: Path) -> Iterator[bytes]:
    inflate = zlib.decompressobj(_GZIP)
    with path.open("rb") as file:
        while not inflate.eof and (chunk := file.read(_CHUNK_BYTES)):
            try:
                yield inflate.decompress(chunk)
            except zlib.error:
                return


def _whole(pieces: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        *blocks, rest = (rest + piece).split(BLOCK_END)
        for block in blocks:
            if block.startswith(GREETING):
                greeting, _, block = block.partition(b"\r\n")
                yield greeting
            if block:
                yield block
