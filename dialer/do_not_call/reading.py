"""A file of numbers, read piece by piece: the numbers, and what could not be understood (pure)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import BinaryIO, Final

from crm_core.wording import line as one_line
from dialer.do_not_call.layout import LOOKED_AT, Layout, find_layout, is_number_like
from dialer.do_not_call.unpacking import Text, readable, unpack
from telephony.number_lists import ListedNumbers

PIECE: Final = 100_000
"""Lines of a piece, which are read in some half a second and stored in order: numbers that come
in any order are then stored several times as fast."""
MOST_SAMPLES: Final = 20
_LONGEST_SAMPLE: Final = 100


@dataclass(slots=True)
class Piece:
    """Some lines: `numbers` are the digits of E.164, each once; `samples` are the first lines
    without one, with their place in the file; `bytes_read` and `lines` count from its beginning."""

    numbers: set[int] = field(default_factory=set)
    lines: int = 0
    bytes_read: int = 0
    nonsense: int = 0
    samples: list[tuple[int, str]] = field(default_factory=list)


class NumberFile:
    """A file of one country's numbers. Invalid("file", …) as `unpack` and `find_layout` say."""

    def __init__(self, stream: BinaryIO, country: str) -> None:
        unpacked = unpack(stream)
        self.bytes_total = unpacked.bytes_total
        self._texts = unpacked.texts
        self._country = country
        self._listed = ListedNumbers(country)
        self._before = 0  # bytes of the texts already read

    def pieces(self, *, skip: int = 0, size: int = PIECE) -> Iterator[Piece]:
        """All lines after the first `skip` (of earlier pieces), so many at a time."""
        with readable():
            at = 0
            for text in self._texts:
                for piece in self._of_text(text, at, skip, size):
                    at = piece.lines
                    if at > skip:
                        yield piece
                self._before += text.bytes_read()

    def _of_text(self, text: Text, at: int, skip: int, size: int) -> Iterator[Piece]:
        lines = text.lines()
        head = list(islice(lines, LOOKED_AT))
        layout = find_layout(head, self._country) if any(map(str.strip, head)) else Layout()
        first, every = at, chain(head, lines)
        while some := list(islice(every, size)):
            if at + len(some) <= skip:
                piece = Piece(lines=at + len(some))
            else:
                piece = self._read(some, at, layout, header=at == first)
            piece.bytes_read = self._before + text.bytes_read()
            at = piece.lines
            yield piece

    def _read(self, lines: list[str], at: int, layout: Layout, *, header: bool) -> Piece:
        piece = Piece(lines=at + len(lines))
        for position, line in enumerate(lines, at + 1):
            cell = layout.cell(line)
            number = self._listed.read(cell) if is_number_like(cell) else None
            if number is not None:
                piece.numbers.add(number)
            elif line.strip() and not (header and position == at + 1):
                piece.nonsense += 1
                if len(piece.samples) < MOST_SAMPLES:
                    piece.samples.append((position, _sample(line)))
        return piece


def _sample(line: str) -> str:
    return one_line("line", line, limit=len(line) + 1, required=False)[:_LONGEST_SAMPLE]
