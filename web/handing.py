"""Handovers in the background: a form starts one, a page watches it, a stop breaks it off and the
next start goes on; and who hears of it when it is done."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import structlog

from crm_core.events import HandedOver
from crm_core.handing_over.records import Handovers
from screenpop.hub import FLOOR, Hub, workplace_of
from screenpop.messages import Notice, Refresh
from web.boards_live import BOARD_TOPICS, RECORDS
from web.screens import DAY, DAY_TOPIC, LATE_CALLBACKS

log = structlog.get_logger(__name__)

AT_ONCE_SECONDS: Final = 1.5
"""So long a form waits for its result: enough for some thousand clients."""


class HandingOver:
    """Carries handovers out, and keeps them until they end or the service stops."""

    def __init__(self, handovers: Handovers, hub: Hub) -> None:
        self._handovers = handovers
        self._hub = hub
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Go on with what an earlier start left, then stay."""
        await self._handovers.resume()
        await asyncio.Event().wait()

    async def start(self, handover_id: int) -> None:
        """Carry it out, and return soon: done or not."""
        task = asyncio.create_task(self._handovers.carry_out(handover_id))
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        await asyncio.wait({task}, timeout=AT_ONCE_SECONDS)

    async def close(self) -> None:
        """Break off what goes on: the next start goes on with it."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def handlers(self) -> Mapping[type, Callable[[Any], Awaitable[None]]]:
        """What it hears, under a name of its own."""
        return {HandedOver: self._on_handed_over}

    async def _on_handed_over(self, fact: HandedOver) -> None:
        for topic in BOARD_TOPICS:
            self._hub.send(topic, Refresh(RECORDS))
        self._hub.send(FLOOR, Refresh(LATE_CALLBACKS))
        self._hub.send(DAY_TOPIC, Refresh(DAY))
        for agent_id in fact.agent_ids:
            self._hub.send(workplace_of(agent_id), Refresh("tasks"))
        receiver = fact.to_agent_id
        if receiver is not None and receiver != fact.by_agent_id and fact.counts:
            count = sum(fact.counts.values())
            notice = Notice("given_to_you", {"count": count}, is_good=True)
            self._hub.send(workplace_of(receiver), notice)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("handover_broke_off", exc_info=error)
