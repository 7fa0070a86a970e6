"""Handovers in the background, and who hears of one when it is done."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from crm_core.events import HandedOver
from crm_core.handing_over.records import Handovers
from screenpop.hub import FLOOR, Hub, workplace_of
from screenpop.messages import Notice, Refresh
from web.boards_live import BOARD_TOPICS, RECORDS
from web.carrying import Carrying
from web.screens import DAY, DAY_TOPIC, LATE_CALLBACKS


class HandingOver(Carrying):
    """Carries handovers out, and tells the pages that look at what changed hands."""

    def __init__(self, handovers: Handovers, hub: Hub) -> None:
        super().__init__(handovers)
        self._hub = hub

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
