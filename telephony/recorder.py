"""The raw AMI stream in a file, as `perezvon record` keeps it and `perezvon replay` reads it."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import BinaryIO

from telephony.masking import Mask

_BLOCK_END = re.compile(rb"\r?\n\r?\n")
_HAS_TIME = re.compile(rb"(?im)^(?:timestamp|received):[ \t]*\d")
_USUAL_TIME = b"\r\nTimestamp: "  # looked for first: the expression takes eight times as long
_BANNER_WORD = b"Asterisk Call Manager/"
_BANNER = re.compile(_BANNER_WORD + rb"[^\r\n]*\r?\n")
_BIGGEST_BLOCK_BYTES = 4 * 1024 * 1024
"""A block that never ends (no Asterisk writes one) is dropped rather than kept in memory."""


class Recorder:
    """Writes blocks as they came to `file`; its `write` is a `raw` callback of AmiClient.

    A block without a `Timestamp` gets a last header `Received: <epoch.micros>`. `secrets` are
    never written, wherever they turn up. With a `mask` the numbers are unrecognisable.
    A block cut off by a lost link is dropped.
    """

    def __init__(
        self, file: BinaryIO, *, secrets: Sequence[str] = (), mask: Mask | None = None
    ) -> None:
        self._file = file
        self._secrets = [secret.encode() for secret in secrets if secret]
        self._mask = mask
        self._rest = b""

    def write(self, data: bytes, at: datetime) -> None:
        """Take bytes that arrived at `at`; whole blocks go to the file at once."""
        if data.startswith(_BANNER_WORD):
            self.link_lost()
        buffered = self._rest + data
        banner = _BANNER.match(buffered)
        if banner:
            self._file.write(banner.group())
            buffered = buffered[banner.end() :]
        *blocks, self._rest = _split(buffered)
        for block in blocks:
            if block.strip():
                self._write_block(block.strip(b"\r\n"), at)
        if len(self._rest) > _BIGGEST_BLOCK_BYTES:
            self._rest = b""

    def link_lost(self) -> None:
        """The connection has gone: what is left of a block will never be completed."""
        self._rest = b""

    def flush(self) -> None:
        self._file.flush()

    def _write_block(self, block: bytes, at: datetime) -> None:
        ending = b"\r\n" if b"\r\n" in block or b"\n" not in block else b"\n"
        if _USUAL_TIME not in block and not _HAS_TIME.search(block):
            block += ending + b"Received: %.6f" % at.timestamp()
        for secret in self._secrets:
            block = block.replace(secret, b"********")
        if self._mask is not None:
            block = self._mask.block(block)
        self._file.write(block + ending * 2)


def _split(buffered: bytes) -> list[bytes]:
    """Asterisk's own line ends are split without the expression, which takes most of the time."""
    return buffered.split(b"\r\n\r\n") if b"\r\n" in buffered else _BLOCK_END.split(buffered)
