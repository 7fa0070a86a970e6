"""Whoever has a board, a lead or a deal open sees what others do to it: it is fetched anew."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from crm_core.errors import NotFound
from crm_core.events import DealChanged, LeadChanged, TaskChanged, TaskDone
from crm_core.storage.engine import Storage
from crm_core.tasks.queries import get_task
from screenpop.hub import Hub
from screenpop.messages import Refresh

DEALS_TOPIC: Final = "deals"
LEADS_TOPIC: Final = "leads"
BOARD_TOPICS: Final = (DEALS_TOPIC, LEADS_TOPIC)
RECORDS: Final = "records"
"""The element that holds a board or a list; a page has one."""


class BoardsLive:
    """Tells the pages that look at deals or leads, and nobody else."""

    def __init__(self, hub: Hub, storage: Storage) -> None:
        self._hub = hub
        self._storage = storage

    def handlers(self) -> Mapping[type, Callable[[Any], Awaitable[None]]]:
        """What it hears, under a name of its own."""
        return {
            DealChanged: self._on_deal_changed,
            LeadChanged: self._on_lead_changed,
            TaskChanged: self._on_task_fact,
            TaskDone: self._on_task_fact,
        }

    async def _on_deal_changed(self, fact: DealChanged) -> None:
        self._tell(DEALS_TOPIC, f"deal-page-{fact.deal_id}")

    async def _on_lead_changed(self, fact: LeadChanged) -> None:
        self._tell(LEADS_TOPIC, f"lead-page-{fact.lead_id}")

    async def _on_task_fact(self, fact: TaskChanged | TaskDone) -> None:
        """The next step of a card is another one now."""
        if not any(self._hub.is_watched(topic) for topic in (DEALS_TOPIC, LEADS_TOPIC)):
            return
        try:
            async with self._storage.read() as connection:
                task = await get_task(connection, None, fact.task_id)
        except NotFound:
            return
        if task.deal_id is not None:
            self._tell(DEALS_TOPIC, f"deal-page-{task.deal_id}")
        if task.lead_id is not None:
            self._tell(LEADS_TOPIC, f"lead-page-{task.lead_id}")

    def _tell(self, topic: str, page: str) -> None:
        for element in (RECORDS, page):
            self._hub.send(topic, Refresh(element))
