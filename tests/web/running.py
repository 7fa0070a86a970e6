"""`perezvon` as a process of its own: what it says, and how it ends."""

import asyncio
import os
import re
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

PATIENCE_SECONDS = 40
PEREZVON = "from web.cli import main; main()"


class Running:
    """One process; `said` grows as it speaks."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.said: list[str] = []
        self._hearing = asyncio.create_task(self._hear())
        self._news = asyncio.Event()

    async def until_said(self, pattern: str) -> re.Match[str]:
        """The first line like `pattern`; TimeoutError with all that was said if none comes."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while True:
                    self._news.clear()
                    for line in self.said:
                        if found := re.search(pattern, line):
                            return found
                    assert not self._hearing.done(), f"it ended: {self.said}"
                    await self._news.wait()
        except TimeoutError:
            raise TimeoutError(f"{pattern} was not said: {self.said}") from None

    async def ended(self) -> int:
        """Its exit code."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            code = await self.process.wait()
            await self._hearing
        return code

    async def _hear(self) -> None:
        assert self.process.stdout is not None
        while line := await self.process.stdout.readline():
            self.said.append(line.decode(errors="replace").rstrip())
            self._news.set()
        self._news.set()


@asynccontextmanager
async def perezvon(*arguments: str, folder: Path, **settings: str) -> AsyncIterator[Running]:
    """Started in `folder` with no settings but these (`DATABASE_URL="…"`); killed at the end."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PEREZVON_")}
    named = {f"PEREZVON_{key}": value for key, value in settings.items() if key != "NOTIFY_SOCKET"}
    others = {key: value for key, value in settings.items() if key == "NOTIFY_SOCKET"}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PEREZVON, *arguments),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=PIPE,
        stderr=STDOUT,
        cwd=folder,
        env={**kept, "PEREZVON_LANGUAGE": "en", **named, **others},
    )
    running = Running(process)
    try:
        yield running
    finally:
        if process.returncode is None:
            process.kill()
        await running.ended()
