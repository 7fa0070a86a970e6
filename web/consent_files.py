"""A table of consents as text: rows by the names of their columns."""

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Final

from dialer.consents.importing import COLUMNS
from web.i18n import LANGUAGES, Reader
from web.words import word

MOST_ROWS: Final = 10_000
_PARTINGS: Final = (";", "\t", ",")


def rows_of(text: str) -> list[Mapping[str, object]]:
    """The rows of a CSV text (`;`, tab or `,`). The first line names the columns, in any of our
    languages; where it does not, they stand in the order of `COLUMNS`."""
    lines = text.lstrip("\ufeff").replace("\0", "").splitlines()
    first = lines[0] if lines else ""
    parting = max(_PARTINGS, key=first.count)
    read = csv.reader(io.StringIO("\n".join(lines)), delimiter=parting)
    cells = [row for row in _readable(read) if any(cell.strip() for cell in row)][: MOST_ROWS + 1]
    if not cells:
        return []
    named = [_column(cell) for cell in cells[0]]
    columns = named if "number" in named else list(COLUMNS)
    data = cells[1:] if "number" in named else cells
    return [dict(zip(columns, row, strict=False)) for row in data]


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
