"""Logs in files beside us: an SQLite database, or a file of comma-separated values."""

import asyncio
import csv
import io
import sqlite3
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import closing
from datetime import datetime, tzinfo
from itertools import islice
from pathlib import Path
from typing import Any, Final

from crm_core.catchup.shelf import SourceRefused
from telephony.catchup.rows import instant_or_none

BATCH: Final = 2000  # rows that a thread fetches at a time: some hundred milliseconds of work
BUSY_SECONDS: Final = 5.0
_WAL_AT: Final = 18  # in the header of an SQLite file: 2 where writers keep a WAL
_ATTEMPTS: Final = 8
_PAUSE_SECONDS: Final = 0.02
_MARGIN_BYTES: Final = 64 * 1024
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
    """A file that Asterisk appends to, one line a row, without a heading."""

    def __init__(self, path: Path, columns: tuple[str, ...], zone: tzinfo) -> None:
        self._path = path
        self._columns = columns
        self._zone = zone

    async def columns(self) -> tuple[str, ...]:
        """The columns that the settings, or Asterisk's sample, give it."""
        if not self._path.exists():
            raise SourceRefused("no_file", path=str(self._path))
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

    def _lines(self, order: str, since: datetime | None, start: int | None = None) -> Iterator[Raw]:
        try:
            if start is None:
                start = self._place_of(order, since) if since else 0
            with self._path.open("rb") as file:
                file.seek(start)
                # A NUL or a byte that is no text spoils its line, not the file.
                text = io.TextIOWrapper(file, "utf-8", "replace", newline="")
                yield from self._rows_of(line.replace("\0", "") for line in text)
        except OSError as error:
            raise SourceRefused("unreadable", path=str(self._path), reason=str(error)) from error

    def _rows_of(self, lines: Iterable[str]) -> Iterator[Raw]:
        for line in lines:  # each for itself: a line torn by a crash takes no other with it
            try:
                (values,) = csv.reader([line])
            except (csv.Error, ValueError):
                continue
            yield dict(zip(self._columns, values, strict=False))

    def _read_ends(self, order: str) -> list[Raw]:
        def is_row(row: Raw) -> bool:
            return instant_or_none(row.get(order), self._zone) is not None

        first = next(filter(is_row, self._lines(order, None)), None)
        if first is None:
            return []
        start = self._line_after(max(0, self._path.stat().st_size - _MARGIN_BYTES))
        *_, last = [first, *filter(is_row, self._lines(order, None, start))]
        return [first, last]

    def _place_of(self, order: str, since: datetime) -> int:
        """The beginning of a line before which all are earlier than `since`, by halving."""
        low, high = 0, self._path.stat().st_size
        while high - low > _MARGIN_BYTES:
            middle = self._line_after((low + high) // 2)
            row = next(self._lines(order, None, middle), {})
            at = instant_or_none(row.get(order), self._zone)
            if at is not None and at < since and middle < high:
                low = middle
            else:
                high = (low + high) // 2
        return low

    def _line_after(self, offset: int) -> int:
        with self._path.open("rb") as file:
            if offset:
                file.seek(offset - 1)
                file.readline()
            return file.tell()
