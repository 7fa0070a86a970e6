"""Where Asterisk keeps its own logs: CEL and CDR in SQLite, CSV files or PostgreSQL, read only.

`open_cel(url, zone)` and `open_cdr(url, zone)`; `sqlite:///path?table=cel`,
`csv:///path?columns=eventtype,eventtime,…` and `postgresql://user:password@host/name?table=cel`.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any, Final, Generic, TypeVar
from urllib.parse import parse_qs, urlsplit, urlunsplit

from crm_core.catchup.files import SAMPLE_COLUMNS, CsvShelf, SqliteShelf
from crm_core.catchup.servers import PostgresShelf
from crm_core.catchup.shelf import Shelf, SourceRefused
from crm_core.catchup.zones import zone_named
from telephony.catchup.rows import (
    CDR_NAMES,
    CDR_NEEDED,
    CEL_NAMES,
    CEL_NEEDED,
    CdrRow,
    CelRow,
    NotARow,
    cdr_row,
    cel_row,
    instant_or_none,
)

RowT = TypeVar("RowT", bound=CelRow | CdrRow)

ZONE_SLACK: Final = timedelta(hours=26)
"""A log without zones is asked for so much more on either side; what is too much is left out."""

TWICE: Final = timedelta(hours=2)
"""In the hour that clocks go through twice the first time is assumed before the row is known."""


@dataclass(frozen=True, slots=True)
class Probed:
    """A look at a log: when its first and last rows are of (None: it is empty), and whether its
    times are finer than whole seconds."""

    oldest_at: datetime | None
    newest_at: datetime | None
    is_fine: bool


class Source(Generic[RowT]):
    """One log. Every method raises SourceRefused where it cannot be read."""

    def __init__(
        self,
        shelf: Shelf,
        zone: tzinfo,
        names: Mapping[str, tuple[str, ...]],
        needed: tuple[str, ...],
        read: Callable[[Mapping[str, Any], tzinfo], RowT],
        when: str,
        *,
        shown: str,
    ) -> None:
        self._shelf = shelf
        self._zone = zone
        self._names = names
        self._needed = needed
        self._read: Callable[[Mapping[str, Any], tzinfo], RowT] = read
        self._when = when
        self.shown = shown
        """The address, without its password."""
        self._columns: dict[str, str] | None = None

    async def probe(self) -> Probed:
        """Whether it can be read at all, and how old and how exact it is."""
        columns = await self._known()
        ends = [
            getattr(self._row(raw, columns), _moment(self._when))
            for raw in await self._shelf.ends(columns[self._when])
        ]
        return Probed(
            min(ends, default=None), max(ends, default=None), any(at.microsecond for at in ends)
        )

    async def rows(
        self, since: datetime | None = None, until: datetime | None = None
    ) -> AsyncIterator[RowT]:
        """The rows from `since` to `until` in the log's own order; lines that are none are left
        out."""
        columns = await self._known()
        early = since - ZONE_SLACK if since else None
        late = until + ZONE_SLACK if until else None
        async for raw in self._shelf.rows(columns[self._when], early, late):
            if self._is_outside(raw.get(columns[self._when]), since, until):
                continue
            try:
                row = self._row(raw, columns)
            except NotARow:
                continue
            at: datetime = getattr(row, _moment(self._when))
            if (since is None or at >= since) and (until is None or at <= until):
                yield row

    async def close(self) -> None:
        """Let go of the file or the connection."""
        await self._shelf.close()

    async def _known(self) -> dict[str, str]:
        """Our names of the columns to theirs."""
        if self._columns is None:
            there = {name.lower(): name for name in await self._shelf.columns()}
            found = {
                key: there[name]
                for key, names in self._names.items()
                for name in names[::-1]
                if name in there
            }
            missing = [self._names[key][0] for key in self._needed if key not in found]
            if missing:
                raise SourceRefused("columns", missing=", ".join(missing))
            self._columns = found
        return self._columns

    def _is_outside(self, when: Any, since: datetime | None, until: datetime | None) -> bool:
        """By a look at its time alone: most of the slack is not worth making rows of."""
        at = instant_or_none(when, self._zone)
        if at is None:
            return True
        is_early = since is not None and self._when == "at" and at < since - TWICE
        return is_early or (until is not None and at > until)

    def _row(self, raw: Mapping[str, Any], columns: Mapping[str, str]) -> RowT:
        return self._read({key: raw.get(name) for key, name in columns.items()}, self._zone)


def _moment(when: str) -> str:
    return "at" if when == "at" else "ended_at"


def open_cel(url: str, zone_name: str = "") -> Source[CelRow]:
    """The log of channel events at `url`. Raises SourceRefused for an address that is none."""
    shelf = _open(url, "cel", zone_named(zone_name))
    return Source(
        shelf, zone_named(zone_name), CEL_NAMES, CEL_NEEDED, cel_row, "at", shown=shown(url)
    )


def open_cdr(url: str, zone_name: str = "") -> Source[CdrRow]:
    """The log of calls at `url`. Raises SourceRefused for an address that is none."""
    shelf = _open(url, "cdr", zone_named(zone_name))
    return Source(
        shelf, zone_named(zone_name), CDR_NAMES, CDR_NEEDED, cdr_row, "started", shown=shown(url)
    )


def shown(url: str) -> str:
    """The address as it may be shown: without its password."""
    parts = urlsplit(url)
    if not parts.password:
        return url
    user, _, host = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{user.partition(':')[0]}:***@{host}"))


def _open(url: str, kind: str, zone: tzinfo) -> Shelf:
    parts = urlsplit(url)
    asked = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    table = asked.get("table", kind)
    if not table.replace("_", "").replace(".", "").isalnum():
        raise SourceRefused("no_table", table=table)
    match parts.scheme:
        case "sqlite":
            return SqliteShelf(_file(parts.path), table, zone)
        case "csv":
            columns = tuple(filter(None, asked.get("columns", "").split(",")))
            return CsvShelf(_file(parts.path), columns or SAMPLE_COLUMNS[kind], zone)
        case "postgresql" | "postgres":
            return PostgresShelf(urlunsplit(parts._replace(query="")), table, zone)
        case _:
            raise SourceRefused("scheme", scheme=parts.scheme or url[:40])


def _file(path: str) -> Path:
    """Three slashes are beside us, four from the root, as with our own database; where the first
    is not there and the second is, that was meant. Of a file that comes later the folder tells."""
    beside, absolute = Path(path.removeprefix("/")), Path(path)
    for one, other in ((beside, absolute), (beside.parent, absolute.parent)):
        if one.exists() or other.exists():
            return beside if one.exists() else absolute
    return beside
