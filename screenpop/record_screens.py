"""Open records: whatever touches a client has his card fetched anew wherever it is open."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from crm_core.calls.resuming import client_of_call
from crm_core.events import (
    CallLinked,
    ClientChanged,
    DealChanged,
    LeadChanged,
    NoteSaved,
    TaskChanged,
    TaskDone,
    WrapUpFinished,
)
from crm_core.storage.engine import Storage
from crm_core.tasks.audience import find_audience
from screenpop.hub import Hub
from screenpop.messages import Refresh
from telephony.events import CallEnded

CLIENT = "client"


class RecordScreens:
    """Says on the topic `client:3` that the element `client-3` is to be fetched anew."""

    def __init__(self, storage: Storage, hub: Hub) -> None:
        self._storage = storage
        self._hub = hub

    def handlers(self) -> Mapping[type, Callable[[Any], Awaitable[None]]]:
        """What open records hear."""
        own = dict.fromkeys((ClientChanged, LeadChanged, DealChanged), self._on_own)
        of_tasks = dict.fromkeys((TaskChanged, TaskDone), self._on_task)
        of_calls = dict.fromkeys((CallEnded, CallLinked, WrapUpFinished, NoteSaved), self._on_call)
        return {**own, **of_tasks, **of_calls}

    async def _on_own(self, fact: ClientChanged | LeadChanged | DealChanged) -> None:
        self._renew(fact.client_id)

    async def _on_task(self, fact: TaskChanged | TaskDone) -> None:
        if not self._hub.watched(CLIENT):
            return
        async with self._storage.read() as connection:
            audience = await find_audience(connection, fact.task_id)
        self._renew(audience.client_id)

    async def _on_call(self, fact: Any) -> None:
        if not self._hub.watched(CLIENT):
            return
        async with self._storage.read() as connection:
            self._renew(await client_of_call(connection, fact.call_id))

    def _renew(self, client_id: int | None) -> None:
        if client_id is not None:
            self._hub.send(f"{CLIENT}:{client_id}", Refresh(f"{CLIENT}-{client_id}"))
