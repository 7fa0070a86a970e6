"""The call list as a file: CSV that Excel opens as it is meant, and XLSX; both without surprises.

A cell of text never becomes a formula: XLSX cells are strings by type; in CSV whatever begins with
= + - @ or a control character gets an apostrophe in front. A plain number (+79161234567) is left
as it is: it cannot do anything, and programs want it exact.
"""

import asyncio
import csv
import io
import re
import tempfile
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from aiohttp import web
from xlsxwriter import Workbook

from crm_core import audit
from crm_core.agents.people import Agent
from crm_core.calls.filtering import CallFilter
from crm_core.calls.queries import CallRow, iterate_calls
from web.i18n import N_, Reader
from web.wiring import Services
from web.words import word

Cell = str | int | datetime | None


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
COLUMNS: Final = (
    (N_("Began"), 17),
    (N_("Direction"), 13),
    (N_("Number"), 16),
    (N_("Caller's name"), 22),
    (N_("Client"), 30),
    (N_("Dialled"), 16),
    (N_("Queue"), 16),
    (N_("Operators"), 26),
    (N_("Outcome"), 14),
    (N_("Waiting, s"), 12),
    (N_("Talk, s"), 12),
    (N_("On hold, s"), 12),
    (N_("Hung up"), 14),
    (N_("Cause"), 24),
    (N_("Disposition"), 22),
    (N_("Ended"), 17),
    (N_("Call id"), 24),
)
"""Headings and widths in characters."""
GOES_ON: Final = N_("Live")
"""The outcome of a call that has none yet, as the list calls it."""
_BOM: Final = "\ufeff"  # without it Excel takes UTF-8 for the country's old code page
_PIECE: Final = 256 * 1024  # bytes of a file sent at once
_PLAIN_NUMBER: Final = re.compile(r"\+[0-9]{3,15}")
_BEGINS_A_FORMULA: Final = tuple("=+-@\t\r\n\0＝＋－＠")  # Excel reads the wide signs too


class Export:
    """One export for one person: his rights, his language, his time zone."""

    def __init__(
        self,
        built: Services,
        actor: Agent,
        reader: Reader,
        asked: CallFilter,
        queue_titles: Mapping[str, str],
    ) -> None:
        self._built = built
        self._actor = actor
        self._reader = reader
        self._asked = asked
        self._titles = queue_titles

    async def send(
        self, request: web.Request, form: Format, total: int, address: str
    ) -> web.StreamResponse:
        """Note the export, then stream the file. `address` is the filter as it was asked."""
        now = self._built.clock.now()
        async with self._built.storage.write() as tx:
            await audit.record(
                tx,
                now,
                self._actor.id,
                "exported",
                "calls",
                form.value,
                count=total,
                filter=address[:1000],
            )
        name = f"calls-{now.astimezone(self._reader.zone):%Y-%m-%d-%H%M}.{form}"
        response = web.StreamResponse(
            headers={
                "Content-Type": TYPES[form],
                "Content-Disposition": f'attachment; filename="{name}"',
            }
        )
        if form is Format.CSV:
            await response.prepare(request)
            async for text in self.csv():
                await response.write(text.encode())
        else:
            with tempfile.TemporaryDirectory(prefix="perezvon-export-") as folder:
                path = Path(folder) / name
                await self.write_xlsx(path)
                response.content_length = path.stat().st_size
                await response.prepare(request)
                for piece in _pieces(path):
                    await response.write(piece)
        await response.write_eof()
        return response

    async def csv(self) -> AsyncIterator[str]:
        """The file in pieces; a semicolon parts the cells where the language's Excel expects it."""
        parting = ";" if self._reader.language == "ru" else ","
        yield _BOM + _csv_lines([self._headings()], parting)
        async for rows in self._rows():
            yield _csv_lines(([_csv_cell(cell) for cell in row] for row in rows), parting)

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
        sheet = book.add_worksheet(self._reader.gettext("Calls"))
        for column, (heading, width) in enumerate(zip(self._headings(), _widths(), strict=True)):
            sheet.set_column(column, column, width)
            sheet.write_string(0, column, heading, bold)
        sheet.freeze_panes(1, 0)
        line = 1
        async for rows in self._rows():
            # In a thread: phones ring meanwhile, and nobody's card may wait for a spreadsheet.
            await asyncio.to_thread(_write_rows, sheet, line, rows)
            line += len(rows)
        sheet.autofilter(0, 0, max(line - 1, 1), len(COLUMNS) - 1)
        await asyncio.to_thread(book.close)

    async def _rows(self) -> AsyncIterator[list[list[Cell]]]:
        country = self._built.settings.exchange.country
        chunks = iterate_calls(self._built.storage, self._actor, self._asked, country=country)
        async for calls in chunks:
            yield [self._row(call) for call in calls]

    def _row(self, call: CallRow) -> list[Cell]:
        reader, over = self._reader, call.ended_at is not None
        return [
            self._local(call.started_at),
            word(reader, call.direction, "direction"),
            call.number or call.caller,
            call.caller_name,
            call.client_name,
            call.dialled,
            self._titles.get(call.queue, call.queue) if call.queue else None,
            ", ".join(call.agents),
            word(reader, call.outcome, "outcome") if over else reader.gettext(GOES_ON),
            round(call.wait_seconds) if over else None,  # not known before the end
            round(call.talk_seconds) if over else None,
            round(call.hold_seconds) if over else None,
            word(reader, call.ended_by, "ended_by"),
            word(reader, call.hangup_cause, "cause"),
            ", ".join(call.dispositions),
            self._local(call.ended_at),
            call.call_id,
        ]

    def _local(self, at: datetime | None) -> datetime | None:
        """As the reader's wall clock shows it: a spreadsheet knows no zones."""
        return at.astimezone(self._reader.zone).replace(tzinfo=None, microsecond=0) if at else None

    def _headings(self) -> list[str]:
        return [self._reader.gettext(heading) for heading, _ in COLUMNS]


def harmless(text: str) -> str:
    """`text` as a CSV cell that no spreadsheet takes for a formula."""
    if text.startswith(_BEGINS_A_FORMULA) and not _PLAIN_NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def _csv_cell(cell: Cell) -> str | int:
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    return harmless(cell) if isinstance(cell, str) else "" if cell is None else cell


def _csv_lines(rows: Iterable[Sequence[str | int]], parting: str) -> str:
    lines = io.StringIO()
    csv.writer(lines, delimiter=parting, lineterminator="\r\n").writerows(rows)
    return lines.getvalue()


def _write_rows(sheet: object, line: int, rows: Sequence[Sequence[Cell]]) -> None:
    for row in rows:
        for column, cell in enumerate(row):
            if isinstance(cell, datetime):
                sheet.write_datetime(line, column, cell)  # type: ignore[attr-defined]
            elif isinstance(cell, str):
                sheet.write_string(line, column, cell)  # type: ignore[attr-defined]
            elif cell is not None:
                sheet.write_number(line, column, cell)  # type: ignore[attr-defined]
        line += 1


def _widths() -> list[int]:
    return [width for _, width in COLUMNS]


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece
