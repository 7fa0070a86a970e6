"""Comparing and mending in the background: a form starts it, a page watches it, a stop ends it."""

import asyncio
from collections.abc import Callable, Collection, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import structlog

from crm_core.agents.people import Agent
from crm_core.catchup.reconciliation import Begun, Reconciler
from crm_core.catchup.shelf import SourceRefused
from crm_core.errors import CrmError

log = structlog.get_logger(__name__)

AT_ONCE_SECONDS: Final = 0.7
"""So long a form waits for its result: most of the time that is enough."""
BROKE: Final = "broke"
"""The trouble of a mending that failed for a reason of our own."""


@dataclass(frozen=True, slots=True)
class LastMending:
    """How mending ended: so many of those `asked` for; `trouble` is BROKE or a code of
    SourceRefused, with its values."""

    reconciliation_id: int
    asked: int = 0
    mended: int = 0
    trouble: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)


class Reconciling:
    """Starts what the reconciler does, and keeps it until it ends or the service stops."""

    def __init__(self, reconciler: Reconciler) -> None:
        self._reconciler = reconciler
        self._tasks: set[asyncio.Task[Any]] = set()
        self.last_mending: LastMending | None = None

    async def compare(self, actor: Agent, since: datetime, until: datetime) -> int:
        """Begin, and return the reconciliation's id: soon, ended or not. Raises what
        Reconciler.compare refuses."""

        async def work(begun: Begun) -> None:
            await self._reconciler.compare(actor, since, until, begun)

        begun = await self._start(work)
        assert begun is not None
        return begun

    async def mend(self, actor: Agent, reconciliation_id: int, ids: Collection[int] | None) -> None:
        """Begin, and return soon; `last_mending` tells how it ended. Raises what Reconciler.mend
        refuses."""

        async def work(begun: Begun) -> None:
            did_begin = False

            def note(row_id: int) -> None:
                nonlocal did_begin
                did_begin = True
                self.last_mending = None
                begun(row_id)

            try:
                done = await self._reconciler.mend(actor, reconciliation_id, ids, note)
                if not done.asked:
                    return
                ended = LastMending(reconciliation_id, done.asked, done.mended)
            except SourceRefused as refused:
                log.error("mending_failed", code=refused.code, **refused.values)
                values = refused.values
                ended = LastMending(reconciliation_id, trouble=refused.code, values=values)
            except Exception:
                if did_begin:
                    self.last_mending = LastMending(reconciliation_id, trouble=BROKE)
                raise
            self.last_mending = ended

        await self._start(work)

    async def close(self) -> None:
        """Break off what goes on. What is mended by then is mended."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _start(self, work: Callable[[Begun], Coroutine[Any, Any, None]]) -> int | None:
        """What the work said when it began; None where there was nothing to do."""
        begun: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(work(begun.set_result))
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        both: set[asyncio.Future[Any]] = {task, begun}
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if not begun.done():
            await task  # it was refused: that is raised here
            return None
        await asyncio.wait({task}, timeout=AT_ONCE_SECONDS)
        return begun.result()

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None and not isinstance(error, CrmError):
            log.warning("reconciliation_ended", error=repr(error))
