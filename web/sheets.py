"""Rows as a file: CSV that Excel opens as it is meant, and XLSX; both without surprises.

A cell of text never becomes a formula: XLSX cells are strings by type; in CSV whatever begins with
= + - @ or a control character gets an apostrophe in front. A plain number (+79161234567) is left
as it is: it cannot do anything, and programs want it exact.
"""

import asyncio
import csv
import io
import re
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Final

from aiohttp import web
from xlsxwriter import Workbook

Cell = str | int | Decimal | datetime | date | None


class Format(StrEnum):
    """The ending of the file's name."""

    XLSX = "xlsx"
    CSV = "csv"


LIMITS: Final = {Format.XLSX: 100_000, Format.CSV: 500_000}
"""Rows: what a computer of an office still opens, and what our own can make beside its calls."""
TYPES: Final = {
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.CSV: "text/csv; charset=utf-8",
}
_BOM: Final = "\ufeff"  # without it Excel takes UTF-8 for the country's old code page
_PIECE: Final = 256 * 1024  # bytes of a file sent at once
_PLAIN_NUMBER: Final = re.compile(r"\+[0-9]{3,15}")
_BEGINS_A_FORMULA: Final = tuple("=+-@\t\r\n\0＝＋－＠")  # Excel reads the wide signs too


@dataclass(frozen=True, slots=True)
class Sheet:
    """`headings` with widths in characters; `rows` gives the cells in pieces, anew at each call."""

    title: str
    headings: Sequence[tuple[str, int]]
    rows: Callable[[], AsyncIterator[list[list[Cell]]]]
    parting: str

    async def send(self, request: web.Request, form: Format, name: str) -> web.StreamResponse:
        """Stream the file `name`.csv or `name`.xlsx."""
        response = web.StreamResponse(
            headers={
                "Content-Type": TYPES[form],
                "Content-Disposition": f'attachment; filename="{name}.{form}"',
            }
        )
        if form is Format.CSV:
            await response.prepare(request)
            async for text in self.csv():
                await response.write(text.encode())
        else:
            with tempfile.TemporaryDirectory(prefix="perezvon-export-") as folder:
                path = Path(folder) / f"{name}.{form}"
                await self.write_xlsx(path)
                response.content_length = path.stat().st_size
                await response.prepare(request)
                for piece in _pieces(path):
                    await response.write(piece)
        await response.write_eof()
        return response

    async def csv(self) -> AsyncIterator[str]:
        """The file in pieces; `parting` stands between the cells."""
        headings = [_csv_cell(heading) for heading, _ in self.headings]
        yield _BOM + _csv_lines([headings], self.parting)
        async for rows in self.rows():
            yield _csv_lines(([_csv_cell(cell) for cell in row] for row in rows), self.parting)

    async def write_xlsx(self, path: Path) -> None:
        """Write the workbook row by row; the memory used does not grow with the rows."""
        book = Workbook(
            str(path),
            {
                "constant_memory": True,
                "tmpdir": str(path.parent),
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
                "default_date_format": "yyyy-mm-dd hh:mm:ss",
            },
        )
        bold = book.add_format({"bold": True, "bottom": 1})
        days = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet = book.add_worksheet(self.title)
        for column, (heading, width) in enumerate(self.headings):
            sheet.set_column(column, column, width)
            sheet.write_string(0, column, heading, bold)
        sheet.freeze_panes(1, 0)
        line = 1
        async for rows in self.rows():
            # In a thread: phones ring meanwhile, and nobody's card may wait for a spreadsheet.
            await asyncio.to_thread(_write_rows, sheet, line, rows, days)
            line += len(rows)
        sheet.autofilter(0, 0, max(line - 1, 1), len(self.headings) - 1)
        await asyncio.to_thread(book.close)


def parting_of(language: str) -> str:
    """A semicolon parts the cells where the language's Excel expects it."""
    return ";" if language == "ru" else ","


def harmless(text: str) -> str:
    """`text` as a CSV cell that no spreadsheet takes for a formula."""
    if text.startswith(_BEGINS_A_FORMULA) and not _PLAIN_NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def _csv_cell(cell: Cell) -> str | int:
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, Decimal):
        return f"{cell:f}"  # a number cannot do anything, whatever its sign
    return harmless(cell) if isinstance(cell, str) else "" if cell is None else cell


def _csv_lines(rows: Iterable[Sequence[str | int]], parting: str) -> str:
    lines = io.StringIO()
    csv.writer(lines, delimiter=parting, lineterminator="\r\n").writerows(rows)
    return lines.getvalue()


def _write_rows(sheet: object, line: int, rows: Sequence[Sequence[Cell]], days: object) -> None:
    for row in rows:
        for column, cell in enumerate(row):
            if isinstance(cell, datetime):
                sheet.write_datetime(line, column, cell)  # type: ignore[attr-defined]
            elif isinstance(cell, date):
                sheet.write_datetime(line, column, cell, days)  # type: ignore[attr-defined]
            elif isinstance(cell, str):
                sheet.write_string(line, column, cell)  # type: ignore[attr-defined]
            elif cell is not None:
                sheet.write_number(line, column, cell)  # type: ignore[attr-defined]
        line += 1


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece
