"""Files of numbers put into lists: piece by piece, going on after a stop, in force when complete.

A national list is always whole: the new file takes the place of the old one in the moment in which
its last number is there, and till then the old one holds. Into the other lists a file only adds.
"""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import func, insert, select, update

from crm_core.agents.people import Agent
from crm_core.agents.roles import id_of
from crm_core.clock import Clock
from crm_core.errors import Conflict, Invalid
from crm_core.storage.engine import Storage, Write
from crm_core.wording import line
from dialer.do_not_call.access import require_keeper
from dialer.do_not_call.generations import (
    Generations,
    Progress,
    end,
    get_import,
    note,
    progress_of,
    replace_present,
)
from dialer.do_not_call.kinds import ImportState, ListKind
from dialer.do_not_call.lists import DoNotCallList, get_list
from dialer.do_not_call.reading import MOST_SAMPLES, NumberFile, Piece
from dialer.do_not_call.shelving import Portion, shelve, take_off
from dialer.do_not_call.tables import do_not_call_imported, do_not_call_imports

MOST_NONSENSE: Final = 0.1
"""Share of the lines without a number: a list with more is not the list it should be."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file on this machine, and where the office had it from; `obtained_at`: when (now)."""

    path: Path
    file_name: str = ""
    told_by: str = ""
    obtained_at: datetime | None = None


class NumberImports:
    """Reads files into lists; for those who keep the lists, audited. `country` is the office's."""

    def __init__(self, storage: Storage, clock: Clock, country: str) -> None:
        self._storage = storage
        self._clock = clock
        self._country = country
        self._generations = Generations(storage, clock)
        self._portion = Portion()
        self._reading: set[int] = set()  # lists into which this process reads a file

    async def load(
        self,
        actor: Agent | None,
        list_id: int,
        source: Source,
        on_progress: Callable[[Progress], None] = lambda progress: None,
    ) -> Progress:
        """Read a file into a list, to its end; where the same file was broken off, from there on.

        NotFound; Conflict("import_running"); Invalid("file"): file_empty, file_broken, file_locked,
        file_is_workbook, file_binary, excel_damaged, file_without_numbers, too_much_nonsense (of
        a national list): then nothing has changed. Invalid("obtained_at", "in_future").
        """
        require_keeper(actor)
        if source.obtained_at is not None and source.obtained_at > self._clock.now():
            raise Invalid("obtained_at", "in_future")
        async with self._storage.read() as connection:
            into = await get_list(connection, list_id)
        if list_id in self._reading:
            raise Conflict("import_running")
        self._reading.add(list_id)
        try:
            return await self._load(actor, into, source, on_progress)
        finally:
            self._reading.discard(list_id)

    async def _load(
        self,
        actor: Agent | None,
        into: DoNotCallList,
        source: Source,
        on_progress: Callable[[Progress], None],
    ) -> Progress:
        digest = await asyncio.to_thread(_digest, source.path)
        with source.path.open("rb") as stream:
            file = await asyncio.to_thread(NumberFile, stream, into.country or self._country)
            named = {**_named(source), "sha256": digest, "bytes_total": file.bytes_total}
            progress = await self._begin(actor, into, named)
            try:
                pieces = file.pieces(skip=progress.lines)
                while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
                    progress = await self._keep(into, progress, piece)
                    on_progress(progress)
                done = await self._complete(actor, into, source, progress)
            except Invalid:
                await self._give_up(actor, progress.import_id)
                raise
        await self._generations.clean()
        return done

    async def _begin(
        self, actor: Agent | None, into: DoNotCallList, named: dict[str, Any]
    ) -> Progress:
        """Go on with the same file, or begin: then what else was begun is given up."""
        imports, now = do_not_call_imports, self._clock.now()
        begun = select(imports).where(
            imports.c.list_id == into.id, imports.c.state == ImportState.READING
        )
        async with self._storage.write() as tx:
            await get_list(tx.connection, into.id)
            for row in (await tx.execute(begun)).mappings().all():
                if row["sha256"] == named["sha256"]:
                    return progress_of(row)
                await end(tx, actor, now, row["id"], ImportState.BROKEN_OFF)
            row = {**named, "list_id": into.id, "state": ImportState.READING.value}
            row |= {"began_at": now, "imported_by": id_of(actor)}
            made = await tx.execute(insert(imports).values(**row))
            import_id = int(made.inserted_primary_key[0])
            details = {"import_id": import_id, "file": named["file_name"]}
            await note(tx, actor, now, "import_began", into.id, details)
            return progress_of(await get_import(tx, import_id))

    async def _keep(self, into: DoNotCallList, progress: Progress, piece: Piece) -> Progress:
        """One piece, in as many writes as it takes; with the last of them, how far we are. What is
        broken off before that is done again, which changes nothing."""
        numbers = sorted(piece.numbers)
        while len(numbers) > self._portion.size:
            some, numbers = numbers[: self._portion.size], numbers[self._portion.size :]
            async with self._storage.write() as tx:
                began = self._clock.monotonic()
                await self._shelve(tx, into, progress, some)
            self._portion.took(self._clock.monotonic() - began)
        async with self._storage.write() as tx:
            row = await self._shelve(tx, into, progress, numbers)
            values = {
                "lines": piece.lines,
                "bytes_read": piece.bytes_read,
                "numbers": row["numbers"] + len(piece.numbers),
                "nonsense": row["nonsense"] + piece.nonsense,
                "samples": [*row["samples"], *map(list, piece.samples)][:MOST_SAMPLES],
            }
            mine = do_not_call_imports.c.id == progress.import_id
            await tx.execute(update(do_not_call_imports).where(mine).values(**values))
            return progress_of({**row, **values})

    async def _shelve(
        self, tx: Write, into: DoNotCallList, progress: Progress, numbers: Sequence[int]
    ) -> dict[str, Any]:
        row = await get_import(tx, progress.import_id)
        if row["state"] != ImportState.READING or row["lines"] != progress.lines:
            raise Conflict("import_running")  # another process has taken it over, or given up
        national, now = into.kind == ListKind.NATIONAL, self._clock.now()
        await shelve(tx, now, row, numbers, national=national)
        return row

    async def _complete(
        self, actor: Agent | None, into: DoNotCallList, source: Source, progress: Progress
    ) -> Progress:
        """From here on it holds, unless it is nonsense."""
        national = into.kind == ListKind.NATIONAL
        if not progress.numbers:
            raise Invalid("file", "file_without_numbers")
        if national and progress.nonsense > MOST_NONSENSE * progress.lines:
            lines = [list(each) for each in progress.samples]
            raise Invalid("file", "too_much_nonsense", count=progress.nonsense, lines=lines)
        values: dict[str, Any] = {"bytes_read": progress.bytes_total}
        values["numbers"] = await self._count(progress) if national else progress.numbers
        now, imports = self._clock.now(), do_not_call_imports
        async with self._storage.write() as tx:
            row = await get_import(tx, progress.import_id)
            if row["state"] != ImportState.READING:
                raise Conflict("import_running")
            if national:
                await replace_present(tx, actor, now, into.id)
            values |= {"state": ImportState.IN_FORCE.value, "in_force_at": now}
            values["expires_at"] = _expiry(source.obtained_at or now, into.fresh_days)
            await tx.execute(update(imports).where(imports.c.id == row["id"]).values(**values))
            details = {"import_id": row["id"], "count": values["numbers"]}
            details["nonsense"] = row["nonsense"]
            await note(tx, actor, now, "imported", into.id, details)
            return progress_of({**row, **values})

    async def _give_up(self, actor: Agent | None, import_id: int) -> None:
        now = self._clock.now()
        async with self._storage.write() as tx:
            await end(tx, actor, now, import_id, ImportState.BROKEN_OFF)
        await take_off(self._storage, now, None, import_id)
        await self._generations.clean()

    async def _count(self, progress: Progress) -> int:
        mine = do_not_call_imported.c.import_id == progress.import_id
        counted = select(func.count()).select_from(do_not_call_imported).where(mine)
        async with self._storage.read() as connection:
            return int((await connection.execute(counted)).scalar_one())


def _named(source: Source) -> dict[str, Any]:
    name = line("file", source.file_name or source.path.name, limit=5_000, required=False)
    told_by = line("source", source.told_by, limit=500, required=False)
    return {"file_name": name[-255:], "source": told_by}


def _expiry(obtained_at: datetime, fresh_days: int | None) -> datetime | None:
    return None if fresh_days is None else obtained_at + timedelta(days=fresh_days)


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
