"""A table of consents as text: rows by the names of their columns."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from dialer.consents.importing import COLUMNS
from web.i18n import LANGUAGES, Reader
from web.words import word

MOST_ROWS: Final = 10_000
NEEDED: Final = ("number", "given_at")
_PARTINGS: Final = (";", "\t", ",")


@dataclass(frozen=True, slots=True)
class TextTable:
    """`rows` by column; `missing` columns that the first line should have named; `is_named`: it
    names the columns at all, else they stand in the order of `COLUMNS`."""

    rows: list[Mapping[str, object]]
    is_named: bool
    missing: tuple[str, ...] = ()


def table_of(text: str) -> TextTable:
    """The rows of a CSV text (`;`, tab or `,`). The first line names the columns, in any of our
    languages."""
    lines = text.lstrip("\ufeff").replace("\0", "").splitlines()
    first = lines[0] if lines else ""
    parting = max(_PARTINGS, key=first.count)
    read = csv.reader(io.StringIO("\n".join(lines)), delimiter=parting)
    cells = [row for row in _readable(read) if any(cell.strip() for cell in row)][: MOST_ROWS + 1]
    if not cells:
        return TextTable([], is_named=False)
    named = [_column(cell) for cell in cells[0]]
    if not any(named):
        return TextTable(_by_column(COLUMNS, cells), is_named=False)
    missing = tuple(each for each in NEEDED if each not in named)
    return TextTable(_by_column(named, cells[1:]), is_named=True, missing=missing)


def _by_column(columns: Sequence[str], cells: list[list[str]]) -> list[Mapping[str, object]]:
    return [dict(zip(columns, row, strict=False)) for row in cells]


def _readable(read: Iterable[list[str]]) -> Iterable[list[str]]:
    """Rows up to the first that is no CSV at all: a cell longer than the reader takes."""
    rows = iter(read)
    while True:
        try:
            yield next(rows)
        except (StopIteration, csv.Error):
            return


def _column(heading: str) -> str:
    """The column that a heading names, "" for none."""
    said = heading.strip().casefold()
    for column in COLUMNS:
        words = {word(Reader(language), column, "consent_column") for language in LANGUAGES}
        if said in {column, *(each.casefold() for each in words)}:
            return column
    return ""
