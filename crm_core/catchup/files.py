"""Logs in files beside us: an SQLite database, or a file of comma-separated values."""

import asyncio
import csv
import io
import sqlite3
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import datetime, tzinfo
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Final

from crm_core.catchup.rotated import Part, lines_of, list_parts, open_part
from crm_core.catchup.shelf import SourceRefused
from telephony.catchup.rows import instant_or_none

BATCH: Final = 2000  # rows that a thread fetches at a time: some hundred milliseconds of work
BUSY_SECONDS: Final = 5.0
_WAL_AT: Final = 18  # in the header of an SQLite file: 2 where writers keep a WAL
_ATTEMPTS: Final = 8
_PAUSE_SECONDS: Final = 0.02
_MARGIN_BYTES: Final = 64 * 1024
_LONGEST_LINE: Final = 16 * 1024
SAMPLE_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "cel": (
        *("eventtype", "eventtime", "cid_name", "cid_num", "cid_ani", "cid_rdnis", "cid_dnid"),
        *("exten", "context", "channame", "appname", "appdata", "amaflags", "accountcode"),
        *("uniqueid", "linkedid", "peer", "userfield", "userdeftype", "extra"),
    ),
    "cdr": (
        *("accountcode", "src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp"),
        *("lastdata", "start", "answer", "end", "duration", "billsec", "disposition", "amaflags"),
        *("uniqueid", "userfield", "peeraccount", "linkedid", "sequence"),
    ),
}
"""What stands in which place of a line, by Asterisk's own samples: cel_custom.conf, cdr_csv."""

Raw = Mapping[str, Any]


class SqliteShelf:
    """A table of an SQLite file that Asterisk writes meanwhile. Its rows are found by their number,
    which grows with time: no index is needed."""

    def __init__(self, path: Path, table: str, zone: tzinfo) -> None:
        self._path = path
        self._table = table
        self._zone = zone
        self._columns: tuple[str, ...] = ()

    async def columns(self) -> tuple[str, ...]:
        """The names of its columns."""
        self._columns = await asyncio.to_thread(self._read_columns)
        return self._columns

    async def ends(self, order: str) -> list[Raw]:
        """The first and the last row."""
        return await asyncio.to_thread(self._read_ends)

    async def rows(
        self, order: str, since: datetime | None, until: datetime | None
    ) -> AsyncIterator[Raw]:
        """From the first row that is not too early, in the order in which they were written."""
        after = await asyncio.to_thread(self._place_of, order, since) if since else 0
        while batch := await asyncio.to_thread(self._read_batch, after):
            after = batch[-1][0]
            for row in batch:
                yield dict(zip(self._columns, row[1:], strict=True))
            last = dict(zip(self._columns, batch[-1][1:], strict=True))
            at = instant_or_none(last.get(order), self._zone)
            if until is not None and at is not None and at > until:
                return

    async def close(self) -> None:
        """Nothing is kept open."""

    def _open(self) -> sqlite3.Connection:
        """Without any lock, unless writers do not mind readers: Asterisk tries five times within a
        millisecond to write a row, and then drops it. It only appends, so that what is read beside
        its writing is a beginning of the table, or an error."""
        with self._path.open("rb") as file:
            header = file.read(_WAL_AT + 1)
        has_wal = header[_WAL_AT:] == b"\2"
        how = "mode=ro" if has_wal else "immutable=1"
        uri = f"{self._path.absolute().as_uri()}?{how}"
        return sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS)

    def _ask(self, query: str, *given: Any) -> list[Any]:
        if not self._path.exists():
            raise SourceRefused("no_file", path=str(self._path))
        for _ in range(_ATTEMPTS):
            try:
                with closing(self._open()) as database:
                    return database.execute(query, given).fetchall()
            except (sqlite3.Error, OSError) as error:
                failure = error
            time.sleep(_PAUSE_SECONDS)  # in a thread: Asterisk was in the middle of a row
        raise SourceRefused("unreadable", path=str(self._path), reason=str(failure)) from failure

    def _read_columns(self) -> tuple[str, ...]:
        found = self._ask(f'PRAGMA table_info("{self._table}")')
        if not found:
            raise SourceRefused("no_table", table=self._table, path=str(self._path))
        return tuple(row[1] for row in found)

    @property
    def _selected(self) -> str:
        return ", ".join('"' + name.replace('"', '""') + '"' for name in self._columns)

    def _read_ends(self) -> list[Raw]:
        query = f'SELECT {self._selected} FROM "{self._table}" ORDER BY rowid'
        rows = self._ask(f"{query} LIMIT 1") + self._ask(f"{query} DESC LIMIT 1")
        return [dict(zip(self._columns, row, strict=True)) for row in rows]

    def _read_batch(self, after: int) -> list[Any]:
        return self._ask(
            f'SELECT rowid, {self._selected} FROM "{self._table}" '
            f"WHERE rowid > ? ORDER BY rowid LIMIT {BATCH}",
            after,
        )

    def _place_of(self, order: str, since: datetime) -> int:
        """The number of a row before which all are earlier than `since`."""
        ((low, high),) = self._ask(f'SELECT min(rowid), max(rowid) FROM "{self._table}"')
        if low is None:
            return 0
        query = (
            f'SELECT "{order}" FROM "{self._table}" WHERE rowid >= ? AND "{order}" IS NOT NULL '
            "ORDER BY rowid LIMIT 1"
        )
        while low < high:
            middle = (low + high) // 2
            found = self._ask(query, middle)
            at = instant_or_none(found[0][0], self._zone) if found else None
            if at is not None and at < since:
                low = middle + 1
            else:
                high = middle
        return int(low) - 1


class CsvShelf:
    """A file that Asterisk appends to, one line a row, without a heading; and what logrotate has
    put beside it."""

    def __init__(self, path: Path, columns: tuple[str, ...], zone: tzinfo) -> None:
        self._path = path
        self._columns = columns
        self._zone = zone

    async def columns(self) -> tuple[str, ...]:
        """The columns that the settings, or Asterisk's sample, give it."""
        await asyncio.to_thread(self._parts, None)
        return self._columns

    async def ends(self, order: str) -> list[Raw]:
        """The first and the last line that are rows."""
        return await asyncio.to_thread(self._read_ends, order)

    async def rows(
        self, order: str, since: datetime | None, until: datetime | None
    ) -> AsyncIterator[Raw]:
        """From the first line that is not too early, to the first that is too late."""
        lines = self._lines(order, since)
        while batch := await asyncio.to_thread(lambda: list(islice(lines, BATCH))):
            for row in batch:
                yield row
            at = instant_or_none(batch[-1].get(order), self._zone)
            if until is not None and at is not None and at > until:
                return

    async def close(self) -> None:
        """Nothing is kept open."""

    def _parts(self, since: datetime | None) -> list[Part]:
        with _refusing(self._path):
            parts = list_parts(self._path, since)
        # Turned away and not written to since, the file is not there: the rest is.
        if not parts and (since is None or not list_parts(self._path)):
            raise SourceRefused("no_file", path=str(self._path))
        return parts

    def _lines(self, order: str, since: datetime | None) -> Iterator[Raw]:
        for part in self._parts(since):
            yield from self._rows_in(part, order, since)

    def _rows_in(self, part: Part, order: str, since: datetime | None) -> Iterator[Raw]:
        with _refusing(self._path), open_part(self._path, part) as file:
            if since is not None and not part.is_packed:
                file.seek(self._place_of(file, order, since))
            yield from self._rows_of(lines_of(file))

    def _rows_of(self, lines: Iterable[bytes]) -> Iterator[Raw]:
        """A line with a quote left open goes on in the next one, unless that is a row by itself: a
        line torn by a crash takes no other with it."""
        begun = ""
        for line in lines:
            # A NUL or a byte that is no text spoils its line, not the file.
            text = line.decode("utf-8", "replace").replace("\0", "")
            if begun and (_is_begun(text) or not self._is_full(_values(text))):
                text = begun + text
            elif begun:
                yield from self._row_of(begun)
            begun = text if _is_begun(text) and len(text) < _LONGEST_LINE else ""
            if not begun:
                yield from self._row_of(text)
        yield from self._row_of(begun)

    def _row_of(self, text: str) -> Iterator[Raw]:
        """What is not written to its end may miss a half of its last column, or have lost some."""
        values = _values(text)
        is_whole = text.endswith("\n") and not _is_begun(text)
        if is_whole or self._is_full(values):
            yield dict(zip(self._columns, values, strict=False))

    def _is_full(self, values: Sequence[str]) -> bool:
        return len(values) >= len(self._columns)

    def _read_ends(self, order: str) -> list[Raw]:
        def is_row(row: Raw) -> bool:
            return instant_or_none(row.get(order), self._zone) is not None

        parts = self._parts(None)
        first = next((row for row in self._lines(order, None) if is_row(row)), None)
        if first is None:
            return []
        for part in reversed(parts):
            *_, last = [None, *filter(is_row, self._last_rows(part))]
            if last is not None:
                return [first, last]
        return [first]

    def _last_rows(self, part: Part) -> Iterator[Raw]:
        with _refusing(self._path), open_part(self._path, part) as file:
            if not part.is_packed:
                size = file.seek(0, io.SEEK_END)
                file.seek(_line_after(file, max(0, size - _MARGIN_BYTES)))
            yield from self._rows_of(lines_of(file))

    def _place_of(self, file: BinaryIO, order: str, since: datetime) -> int:
        """The beginning of a line before which all are earlier than `since`, by halving."""
        low, high = 0, file.seek(0, io.SEEK_END)
        while high - low > _MARGIN_BYTES:
            middle = _line_after(file, (low + high) // 2)
            row = next(self._rows_of(lines_of(file)), {})
            at = instant_or_none(row.get(order), self._zone)
            if at is not None and at < since and middle < high:
                low = middle
            else:
                high = (low + high) // 2
        return low


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SourceRefused("unreadable", path=str(path), reason=str(error)) from error


def _values(line: str) -> list[str]:
    try:
        (values,) = csv.reader([line])
    except (csv.Error, ValueError):
        return []
    return values


def _is_begun(line: str) -> bool:
    return line.count('"') % 2 == 1


def _line_after(file: BinaryIO, offset: int) -> int:
    file.seek(max(0, offset - 1))
    if offset:
        file.readline()
    return file.tell()
