"""The lines of a file that somebody hands in: a text, or texts in a ZIP or gzip."""

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO, BinaryIO, Final

from crm_core.errors import Invalid

LONGEST_LINE: Final = 10_000  # characters; the rest of a longer one is not looked at
_HEAD: Final = 4096
_BROKEN: Final = (
    *(zipfile.BadZipFile, zlib.error, gzip.BadGzipFile, EOFError, UnicodeError),
    *(NotImplementedError, RuntimeError, ValueError),
)
_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")
_WORKBOOKS: Final = {"[Content_Types].xml", "mimetype"}  # of xlsx and of ods


class Text:
    """One text of a file. A line may end as on any system."""

    def __init__(self, stream: IO[bytes], counted: IO[bytes]) -> None:
        self._buffered = buffered = io.BufferedReader(stream)  # type: ignore[type-var]
        head = buffered.peek(2)[:2]
        encoding = "utf-16" if head in _UTF_16 else "utf-8-sig"
        self._text = io.TextIOWrapper(buffered, encoding, errors="replace")
        self._counted = counted

    def __enter__(self) -> "Text":
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the stream to whoever opened it, who may have closed it."""
        with suppress(ValueError):
            self._text.detach()
            self._buffered.detach()

    def bytes_read(self) -> int:
        """How far it is, in the bytes that `Unpacked.bytes_total` counts."""
        return self._counted.tell()

    def lines(self) -> Iterator[str]:
        """Without their ends; what is beyond the longest is passed over."""
        while line := self._text.readline(LONGEST_LINE):
            rest = line
            while not rest.endswith("\n") and (rest := self._text.readline(LONGEST_LINE)):
                pass
            yield line.rstrip("\n")


@dataclass(frozen=True, slots=True)
class Unpacked:
    """The texts of a file, one after the other; `bytes_total` as unpacked, where that is known."""

    texts: Iterator[Text]
    bytes_total: int


def unpack(stream: BinaryIO) -> Unpacked:
    """Open whatever it is. Invalid("file"): file_empty, file_broken, file_locked (a password),
    file_is_workbook, file_binary."""
    with readable():
        head = stream.read(_HEAD)
        stream.seek(0)
        if not head.strip(b"\x00\xef\xbb\xbf\xff\xfe \t\r\n"):
            raise Invalid("file", "file_empty")
        if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
            return _unzip(stream)
        if head.startswith(b"\xd0\xcf\x11\xe0"):
            raise Invalid("file", "file_is_workbook")
        if head.startswith(b"\x1f\x8b"):
            with gzip.GzipFile(fileobj=stream) as packed:
                _refuse_binary(packed.read(_HEAD))
            stream.seek(0)
            return Unpacked(_packed(stream), _size(stream))
        _refuse_binary(head)
        return Unpacked(_plain(stream), _size(stream))


@contextmanager
def readable() -> Iterator[None]:
    """What breaks off while it is unpacked is Invalid("file", "file_broken")."""
    try:
        yield
    except _BROKEN as broken:
        raise Invalid("file", "file_broken") from broken


def _plain(stream: BinaryIO) -> Iterator[Text]:
    with Text(stream, stream) as text:
        yield text


def _packed(stream: BinaryIO) -> Iterator[Text]:
    with gzip.GzipFile(fileobj=stream) as packed:
        with Text(packed, stream) as text:  # type: ignore[arg-type]
            yield text


def _unzip(stream: BinaryIO) -> Unpacked:
    whole = zipfile.ZipFile(stream)
    found = [each for each in whole.infolist() if _is_text(each)]
    if _WORKBOOKS & set(whole.namelist()):
        raise Invalid("file", "file_is_workbook")
    if any(each.flag_bits & 1 for each in found):
        raise Invalid("file", "file_locked")
    if not found:
        raise Invalid("file", "file_empty")
    with whole.open(found[0]) as first:
        _refuse_binary(first.read(_HEAD))

    def texts() -> Iterator[Text]:
        for each in found:
            with whole.open(each) as part:
                with Text(part, part) as text:
                    yield text

    return Unpacked(texts(), sum(each.file_size for each in found))


def _is_text(entry: zipfile.ZipInfo) -> bool:
    parts = entry.filename.split("/")
    hidden = any(part.startswith((".", "__MACOSX")) for part in parts)
    return not entry.is_dir() and not hidden and entry.file_size > 0


def _refuse_binary(head: bytes) -> None:
    if b"\x00" in head and not head.startswith(_UTF_16):
        raise Invalid("file", "file_binary")


def _size(stream: BinaryIO) -> int:
    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    return size
