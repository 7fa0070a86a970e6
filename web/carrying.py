"""Steps of many records in the background: a form starts one, a page watches it, a stop breaks it
off and the next start goes on."""

import asyncio
from typing import Final, Protocol

import structlog

log = structlog.get_logger(__name__)

AT_ONCE_SECONDS: Final = 1.5
"""So long a form waits for its result: enough for some thousand records."""


class Steps(Protocol):
    """Those who can do what is left of a step, at any time and as often as one likes."""

    async def carry_out(self, step_id: int, /) -> None: ...

    async def resume(self) -> None: ...


class Carrying:
    """Carries steps out, and keeps them until they end or the service stops."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Go on with what an earlier start left, then stay."""
        await self._steps.resume()
        await asyncio.Event().wait()

    async def start(self, step_id: int) -> None:
        """Carry it out, and return soon: done or not."""
        task = asyncio.create_task(self._steps.carry_out(step_id))
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        await asyncio.wait({task}, timeout=AT_ONCE_SECONDS)

    async def close(self) -> None:
        """Break off what goes on: the next start goes on with it."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("step_broke_off", steps=type(self._steps).__name__, exc_info=error)
