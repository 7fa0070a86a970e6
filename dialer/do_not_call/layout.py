"""Where in the lines of a file the numbers stand: found by looking at the first of them (pure)."""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from crm_core.errors import Invalid
from telephony.number_lists import ListedNumbers
from telephony.numbers import normalise

LOOKED_AT: Final = 200  # lines
ENOUGH: Final = 0.5  # share of the lines looked at in which there is a number
_DELIMITERS: Final = (";", "\t", ",", "|")
_MOST_COLUMNS: Final = 50
_SIGNS: Final = re.compile(r"[\s\d+().'\"\u2010-\u2015\u00a0-]+")
_FLOAT_TAIL: Final = re.compile(r"(?<=\d{6})[.,]0$")
_EXCEL: Final = re.compile(r"\s*\"?\d(?:[.,]\d+)?E\+\d{1,2}\"?\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Layout:
    """Which cells of a line make the number: one, or two where the area code stands apart.

    Without a delimiter the line is the number.
    """

    delimiter: str = ""
    columns: tuple[int, ...] = (0,)

    def cell(self, line: str) -> str:
        """What should be the number, "" where the line is too short."""
        cells = _cells(line, self.delimiter)
        found = "".join(cells[n].strip() for n in self.columns if n < len(cells))
        return _FLOAT_TAIL.sub("", found.strip())


def find_layout(lines: Sequence[str], country: str) -> Layout:
    """The layout by which most of these lines hold a valid number; the simplest of the best.

    Invalid("file"): file_empty, excel_damaged (7.9E+10: the last digits are lost),
    file_without_numbers.
    """
    written = [line for line in lines if line.strip()]
    if not written:
        raise Invalid("file", "file_empty")
    listed = ListedNumbers(country)
    scores = {layout: _score(layout, written, country, listed) for layout in _layouts(written)}
    best = max(scores, key=lambda layout: scores[layout])  # the first of the best
    if scores[best][0] >= ENOUGH * len(written):
        return best
    damaged = sum(any(_EXCEL.fullmatch(cell) for cell in _any_cells(line)) for line in written)
    if damaged >= ENOUGH * len(written):
        raise Invalid("file", "excel_damaged")
    raise Invalid("file", "file_without_numbers")


def is_number_like(text: str) -> bool:
    """Whether nothing but digits and the signs between them is written."""
    return _SIGNS.fullmatch(text) is not None


def _layouts(lines: Sequence[str]) -> Iterator[Layout]:
    yield Layout()
    for delimiter in _DELIMITERS:
        width = min(max(len(_cells(line, delimiter)) for line in lines), _MOST_COLUMNS)
        if width > 1:
            yield from (Layout(delimiter, (n,)) for n in range(width))
            yield from (Layout(delimiter, (n, n + 1)) for n in range(width - 1))


def _score(
    layout: Layout, lines: Sequence[str], country: str, listed: ListedNumbers
) -> tuple[int, int]:
    """How many look like numbers to be, and how many are valid: the plan we know may be old."""
    cells = [cell for cell in map(layout.cell, lines) if is_number_like(cell)]
    read = [cell for cell in cells if listed.read(cell) is not None]
    return len(read), sum(normalise(cell, country).valid for cell in read)


def _cells(line: str, delimiter: str) -> list[str]:
    if not delimiter:
        return [line]
    if '"' not in line:
        return line.split(delimiter)
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def _any_cells(line: str) -> Iterator[str]:
    yield line
    for delimiter in _DELIMITERS:
        yield from _cells(line, delimiter)
