"""Carries committed facts to those who listen: one ordered mailbox per subscriber.

A slow subscriber delays nobody else, a failing handler is logged and stops nobody.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

import structlog

from crm_core.handling import HANDLED, HEARD_AT
from telephony.events import Fact

log = structlog.get_logger(__name__)

Handler = Callable[[Any], Awaitable[None]]


class _Mark:
    """Put behind what waits: reached when all of that has been handled."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()

    async def reach(self) -> None:
        self.reached.set()


class _Mailbox:
    """One subscriber: its handlers by event type, what waits, and the task that empties it."""

    def __init__(self, name: str, handlers: Mapping[type, Handler]) -> None:
        self.name = name
        self._handlers: dict[type, Handler] = {**handlers, _Mark: _Mark.reach}
        self._waiting: asyncio.Queue[tuple[object, datetime | None]] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self._is_closed = False
        self.unfinished = 0  # waiting or being handled

    @property
    def depth(self) -> int:
        return self._waiting.qsize()

    def put(self, event: object) -> None:
        if self._is_closed or type(event) not in self._handlers:
            return
        # What handlers announce is their own news: only a fact has its moment from the exchange.
        self._waiting.put_nowait((event, HEARD_AT.get() if isinstance(event, Fact) else None))
        self.unfinished += 1
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._empty(), name=f"bus:{self.name}")

    async def _empty(self) -> None:
        while not self._waiting.empty():
            event, heard_at = self._waiting.get_nowait()
            HANDLED.set(event)
            HEARD_AT.set(heard_at)
            try:
                await self._handlers[type(event)](event)
            except asyncio.CancelledError:
                if _is_being_cancelled():
                    raise
                self._complain(event)  # something the handler waited for was cancelled, not we
            except Exception:
                self._complain(event)
            finally:
                self.unfinished -= 1
                self._waiting.task_done()

    def _complain(self, event: object) -> None:
        log.exception(
            "handler_failed",
            subscriber=self.name,
            fact=type(event).__name__,
            call_id=getattr(event, "call_id", None),
        )

    async def settled(self) -> None:
        await self._waiting.join()

    async def close(self) -> None:
        self._is_closed = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)


def _is_being_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


class Bus:
    """Publish after commit; `settled()` waits for all handlers and for what they published."""

    def __init__(self) -> None:
        self._mailboxes: list[_Mailbox] = []

    def subscribe(self, name: str, handlers: Mapping[type, Handler]) -> None:
        """Register a subscriber and its handlers; its events are handled one by one, in order."""
        self._mailboxes.append(_Mailbox(name, handlers))

    def publish(self, event: object) -> None:
        """Put a committed fact into every mailbox that wants it; never waits."""
        for mailbox in self._mailboxes:
            mailbox.put(event)

    def publish_all(self, events: Iterable[object]) -> None:
        for event in events:
            self.publish(event)

    def depths(self) -> dict[str, int]:
        """How much waits for each subscriber: what health looks at."""
        return {mailbox.name: mailbox.depth for mailbox in self._mailboxes}

    async def caught_up(self, name: str) -> None:
        """Return once this subscriber has handled all that was published so far."""
        for mailbox in self._mailboxes:
            if mailbox.name == name:
                mark = _Mark()
                mailbox.put(mark)
                await mark.reached.wait()

    async def settled(self) -> None:
        """Return once nothing waits anywhere (handlers may publish further facts meanwhile)."""
        while True:
            for mailbox in self._mailboxes:
                await mailbox.settled()
            if not any(mailbox.unfinished for mailbox in self._mailboxes):
                return

    async def close(self) -> None:
        """Stop every handler where it is; what is published afterwards reaches nobody."""
        for mailbox in self._mailboxes:
            await mailbox.close()
