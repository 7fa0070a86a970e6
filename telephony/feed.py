"""The one loop from the link to Asterisk through tracker and queue board to whoever listens."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from typing import Protocol

from telephony.errors import ActionRefused, ActionTimedOut, LinkReason, NotConnected
from telephony.events import ExchangeConnected, ExchangeLost, Fact
from telephony.queues import QueueBoard
from telephony.said import Wire
from telephony.stream import AmiMessage, LinkDown, LinkUp, StreamItem
from telephony.tracker import CallTracker
from telephony.wire import parse

log = logging.getLogger(__name__)

AUDIT_EVERY = timedelta(minutes=10)
"""How often the calls that we believe to live are compared with Asterisk's own list."""

PATIENT_ATTEMPTS = 3
"""An Asterisk so busy that its lists time out is asked again for as long as it takes, since what it
does not list would count as gone. After so many times that is said."""

Emit = Callable[[Fact], Awaitable[None]]
HangUpHeard = Callable[[str, bool], None]
"""Of a channel, and whether its hang-up is asked for (else: it came to nothing)."""


class Source(Protocol):
    """Whoever has one ordered stream of messages: an AmiClient."""

    def messages(self) -> AsyncIterator[StreamItem]: ...

    def renew_later(self) -> None: ...


class Lister(Protocol):
    """Whoever can have Asterisk tell all that is so now, into the stream, and says which channels
    agents want hung up: a Switchboard."""

    on_hang_up: HangUpHeard

    async def resync(self) -> None: ...


class Feed:
    """Runs until cancelled. A message that fails is logged, and the next one is taken.

    `ExchangeConnected` comes after everything that was going on has been told; `simulated` is
    passed on with it. An exchange that cannot tell it in time is `ExchangeLost` (unreadable) until
    it can, one that will not tell us (forbidden) until our account may ask; its events are taken
    all the same.
    """

    def __init__(
        self,
        client: Source,
        switchboard: Lister,
        tracker: CallTracker,
        board: QueueBoard,
        emit: Emit,
        *,
        simulated: bool = False,
    ) -> None:
        self._client = client
        self._switchboard = switchboard
        switchboard.on_hang_up = tracker.hang_up_asked
        self._tracker = tracker
        self._board = board
        self._emit = emit
        self._simulated = simulated
        self._next: asyncio.Task[StreamItem] | None = None
        self._lists: asyncio.Task[None] | None = None
        self._attempts = 0
        self._connecting_to: str | None = None
        self._heard_at: datetime | None = None
        self._audited_at: datetime | None = None

    @property
    def heard_at(self) -> datetime | None:
        """When the message being taken, or else the last one, arrived."""
        return self._heard_at

    async def run(self) -> None:
        """Take the stream item by item, for ever."""
        stream = self._client.messages()
        try:
            while True:
                item = await self._item(stream)
                if item is None:
                    await self._lists_told()
                elif isinstance(item, AmiMessage):
                    await self._take(item)
                elif isinstance(item, LinkUp):
                    await self._on_up(item)
                else:
                    await self._on_down(item)
        except StopAsyncIteration:
            return
        finally:
            for task in (self._next, self._lists):
                if task is not None:
                    task.cancel()

    # --- the stream ------------------------------------------------------------------------------

    async def _item(self, stream: AsyncIterator[StreamItem]) -> StreamItem | None:
        """The next item; None when the lists we asked for have been told to their end."""
        if self._lists is None and self._next is None:
            return await anext(stream)
        if self._next is None:
            self._next = asyncio.ensure_future(_following(stream))
        waiting: set[asyncio.Future[None] | asyncio.Future[StreamItem]] = {self._next}
        if self._lists is None:
            await asyncio.wait(waiting)  # the lists are told, and this item was being waited for
        elif not self._lists.done():
            await asyncio.wait({*waiting, self._lists}, return_when=asyncio.FIRST_COMPLETED)
        if not self._next.done():
            # What arrived before the lists' end is taken first: one turn of the loop brings it.
            await asyncio.wait(waiting, timeout=0)
        if not self._next.done():
            return None
        following, self._next = self._next, None
        return following.result()

    async def _take(self, message: AmiMessage) -> None:
        self._heard_at = message.received_at
        try:
            wire = parse(message)
        except Exception:
            log.exception("an AMI message was not understood: %s", message.name)
            return
        if wire is not None:
            await self._tell(self._facts(wire))
        if self._lists is None:
            self._audit(message.received_at)

    def _facts(self, wire: Wire) -> list[Fact]:
        facts = self._tracker.feed(wire)
        try:
            facts += self._board.feed(wire)
        except Exception:
            log.exception("%s was not understood by the queue board", type(wire).__name__)
        return facts

    async def _tell(self, facts: Iterable[Fact]) -> None:
        for fact in facts:
            try:
                await self._emit(fact)
            except Exception:
                about = {"call_id": getattr(fact, "call_id", None)}
                log.exception("a fact was not taken: %s", type(fact).__name__, extra=about)

    # --- the link --------------------------------------------------------------------------------

    async def _on_up(self, item: LinkUp) -> None:
        self._connecting_to = item.version
        self._heard_at = item.at
        self._attempts = 0
        self._ask_for_lists()

    async def _on_down(self, item: LinkDown) -> None:
        if self._lists is not None:
            self._lists.cancel()
            self._lists = None
        self._connecting_to = None
        self._tracker.link_lost(item.at)
        await self._tell([ExchangeLost(at=item.at, reason=item.reason, details=item.details)])

    def _ask_for_lists(self) -> None:
        if self._lists is not None:
            self._lists.cancel()
        self._audited_at = self._heard_at
        self._attempts += 1
        self._tracker.link_up()
        self._board.link_up()
        self._lists = asyncio.ensure_future(self._switchboard.resync())

    async def _lists_told(self) -> None:
        """Everything asked for has come through the stream, or the asking failed."""
        lists, self._lists = self._lists, None
        assert lists is not None
        assert self._heard_at is not None
        fault = None if lists.cancelled() else lists.exception()
        if isinstance(fault, ActionRefused):
            log.error("our account may not ask which calls are going on: %s", fault.message)
        elif fault is not None:
            log.error("the state of the exchange could not be read whole", exc_info=fault)
        if isinstance(fault, NotConnected):
            return
        if isinstance(fault, ActionTimedOut) and self._connecting_to is not None:
            await self._ask_again(self._heard_at)
            return
        if isinstance(fault, ActionRefused) and self._connecting_to is not None:
            self._client.renew_later()  # rights given meanwhile are those of a new login
            reason, details = LinkReason.FORBIDDEN, fault.message
            await self._tell([ExchangeLost(at=self._heard_at, reason=reason, details=details)])
            return
        await self._tell(self._tracker.resynced(self._heard_at))
        version, self._connecting_to = self._connecting_to, None
        if version is not None:
            await self._tell(
                [ExchangeConnected(at=self._heard_at, version=version, simulated=self._simulated)]
            )

    async def _ask_again(self, at: datetime) -> None:
        """The time-out was pause enough."""
        if self._attempts == PATIENT_ATTEMPTS:
            await self._tell([ExchangeLost(at=at, reason=LinkReason.UNREADABLE)])
        self._ask_for_lists()

    # --- the audit -------------------------------------------------------------------------------

    def _audit(self, now: datetime) -> None:
        """Now and then: a call whose end was lost must not stay open."""
        if self._audited_at is None or now - self._audited_at < AUDIT_EVERY:
            return
        self._audited_at = now
        if self._tracker.live():
            self._ask_for_lists()


async def _following(stream: AsyncIterator[StreamItem]) -> StreamItem:
    return await anext(stream)
