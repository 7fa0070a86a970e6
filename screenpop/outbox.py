"""What waits for one browser: bounded, coalesced by element, never waited for."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from crm_core.handling import HEARD_AT
from screenpop.messages import Message, Notice


class Closing(IntEnum):
    """Why the server ends a connection; sent as the WebSocket close code."""

    SESSION_OVER = 4401
    ROLE_CHANGED = 4403
    STALLED = 4408
    RESTARTING = 1012


@dataclass(frozen=True, slots=True)
class Delivery:
    """What to send next: `stale` asks for a snapshot first; `closing` ends the connection.

    `heard_at`: when the exchange said what the first of the messages shows, if it did.
    """

    messages: tuple[Message, ...] = ()
    stale: bool = False
    closing: Closing | None = None
    heard_at: datetime | None = None


class Outbox:
    """One connection's waiting messages. `put` never waits; one writer takes.

    A newer message for an element replaces the one that waits; when more than `limit` elements wait
    all are dropped and the browser takes a snapshot instead. It starts stale: that comes first.
    """

    def __init__(self, agent_id: int, session_id: str = "", limit: int = 64) -> None:
        self.agent_id = agent_id
        self.session_id = session_id
        self.overflows = 0
        self.merged = 0
        self._limit = limit
        self._waiting: dict[str, Message] = {}
        self._stale = True
        self._closing: Closing | None = None
        self._heard_at: datetime | None = None
        self._something = asyncio.Event()
        self._something.set()

    @property
    def depth(self) -> int:
        return len(self._waiting)

    def put(self, message: Message) -> None:
        """Have `message` sent; the newest for its element wins and goes to the end of the line."""
        if self._stale and not isinstance(message, Notice):
            return  # the snapshot that is due will show it
        if self._waiting.pop(message.key, None) is not None:
            self.merged += 1
        self._heard_at = self._heard_at or HEARD_AT.get()
        self._waiting[message.key] = message
        if len(self._waiting) > self._limit:
            self.overflows += 1
            self.renew()
        self._something.set()

    def renew(self) -> None:
        """The browser asks for a snapshot: it may have slept."""
        self._waiting = {key: told for key, told in self._waiting.items() if _is_told_once(told)}
        self._stale = True
        self._something.set()

    def close(self, reason: Closing) -> None:
        """End the connection; the first reason given is the one that counts."""
        self._closing = self._closing or reason
        self._something.set()

    async def take(self) -> Delivery:
        """Wait until there is something to send and hand over all of it."""
        await self._something.wait()
        self._something.clear()
        waiting = tuple(self._waiting.values())
        delivery = Delivery(waiting, self._stale, self._closing, self._heard_at)
        self._heard_at = None
        self._waiting.clear()
        self._stale = False
        return delivery


def _is_told_once(message: Message) -> bool:
    return isinstance(message, Notice)
