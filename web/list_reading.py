"""National lists read in the background: a form sends the file, a page watches how far it is."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

import structlog

from crm_core.agents.people import Agent
from crm_core.errors import Conflict, CrmError, Invalid
from dialer.do_not_call.generations import Progress
from dialer.do_not_call.importing import NumberImports, Source

log = structlog.get_logger(__name__)

MOST_BYTES: Final = 4 * 1024**3
"""The whole list of the United States has some 3 GB."""
AT_ONCE_SECONDS: Final = 1.5
"""So long the form waits for its result: enough for a hundred thousand numbers."""
_PREFIX: Final = "perezvon-list-"


@dataclass(slots=True)
class ReadingOfList:
    """A file that is being read, or was: `refusal` says why it was not."""

    list_id: int
    file_name: str
    progress: Progress | None = None
    refusal: CrmError | None = None
    is_over: bool = False
    task: asyncio.Task[None] | None = field(default=None, repr=False)


class ListReading:
    """One file for each list at a time; `folder` has room for them while they are read."""

    def __init__(self, imports: NumberImports, folder: Path) -> None:
        self._imports = imports
        self._folder = folder
        self._of_lists: dict[int, ReadingOfList] = {}

    def find(self, list_id: int) -> ReadingOfList | None:
        """What is being read into the list, or was last since the start."""
        return self._of_lists.get(list_id)

    async def receive(self, pieces: AsyncIterator[bytes]) -> Path:
        """Keep what arrives, until it is read. Invalid("file"): file_empty, file_too_large."""
        with tempfile.NamedTemporaryFile(dir=self._folder, prefix=_PREFIX, delete=False) as file:
            path, size = Path(file.name), 0
            try:
                async for piece in pieces:
                    size += len(piece)
                    if size > MOST_BYTES:
                        raise Invalid("file", "file_too_large", most=MOST_BYTES // 1024**2)
                    await asyncio.to_thread(file.write, piece)
            except BaseException:
                _remove(path)
                raise
        if not size:
            _remove(path)
            raise Invalid("file", "file_empty")
        return path

    async def start(
        self, actor: Agent, list_id: int, path: Path, file_name: str, told_by: str, at: datetime
    ) -> ReadingOfList:
        """Read a received file, which is removed then; return soon: done or not.
        Conflict("import_running")."""
        before = self._of_lists.get(list_id)
        if before is not None and not before.is_over:
            _remove(path)
            raise Conflict("import_running")
        reading = self._of_lists[list_id] = ReadingOfList(list_id, file_name)
        source = Source(path, file_name, told_by, at)
        reading.task = asyncio.create_task(self._read(actor, reading, source))
        await asyncio.wait({reading.task}, timeout=AT_ONCE_SECONDS)
        return reading

    async def close(self) -> None:
        """Break off what goes on: the same file, given again, goes on where it was."""
        tasks = [each.task for each in self._of_lists.values() if each.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def discard(self, path: Path) -> None:
        """Forget a received file that nobody will read."""
        _remove(path)

    def clear(self) -> None:
        """Remove what a process that was killed has left of files."""
        for path in self._folder.glob(f"{_PREFIX}*"):
            _remove(path)

    async def _read(self, actor: Agent, reading: ReadingOfList, source: Source) -> None:
        def note(progress: Progress) -> None:
            reading.progress = progress

        try:
            note(await self._imports.load(actor, reading.list_id, source, note))
        except CrmError as refused:
            reading.refusal = refused
        except Exception:
            log.exception("list_reading_broke_off", list_id=reading.list_id)
            reading.refusal = Invalid("file", "file_broken")
        finally:
            reading.is_over = True
            _remove(source.path)


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
