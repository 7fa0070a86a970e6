"""Whoever has a list of calls or of tasks open sees it change: it is fetched anew, however busy the
office is at most once in a while."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from crm_core.clock import Clock
from crm_core.events import (
    CallbackEscalated,
    CallLinked,
    HandedOver,
    TaskChanged,
    TaskDone,
    WrapUpFinished,
)
from screenpop.hub import Hub
from screenpop.messages import Refresh
from telephony import events as facts
from web.boards_live import RECORDS

CALLS_TOPIC: Final = "calls"
TASKS_TOPIC: Final = "tasks"
LIST_TOPICS: Final = (CALLS_TOPIC, TASKS_TOPIC)
PAUSE_SECONDS: Final = 2.0
"""Between two fetches of one open list; the first after a quiet time is at once."""
_OF_CALLS: Final = (
    *(facts.CallStarted, facts.CallDescribed, facts.CallsJoined, facts.CallQueued),
    *(facts.CallOffered, facts.CallAnswered, facts.CallLeft, facts.CallTransferred),
    *(facts.CallEnded, facts.CallRetold, CallLinked, WrapUpFinished),
)
_OF_TASKS: Final = (TaskChanged, TaskDone, CallbackEscalated, HandedOver)


class ListsLive:
    """Tells the pages that look at calls or at tasks, and nobody else."""

    def __init__(self, hub: Hub, clock: Clock) -> None:
        self._hub = hub
        self._clock = clock
        self._told: dict[str, datetime] = {}
        self._owed: set[str] = set()

    def handlers(self) -> Mapping[type, Callable[[Any], Awaitable[None]]]:
        """What it hears, under a name of its own."""
        return {
            **dict.fromkeys(_OF_CALLS, self._on_call_fact),
            **dict.fromkeys(_OF_TASKS, self._on_task_fact),
        }

    async def run(self) -> None:
        """Tell, for ever, what was kept back."""
        while True:
            await self._clock.sleep(PAUSE_SECONDS)
            for topic in sorted(self._owed):
                self._tell(topic)

    async def _on_call_fact(self, fact: object) -> None:
        self._hear(CALLS_TOPIC)

    async def _on_task_fact(self, fact: object) -> None:
        self._hear(TASKS_TOPIC)

    def _hear(self, topic: str) -> None:
        if not self._hub.is_watched(topic):
            return
        told = self._told.get(topic)
        pause = timedelta(seconds=PAUSE_SECONDS)
        if told is not None and abs(self._clock.now() - told) < pause:
            self._owed.add(topic)
        else:
            self._tell(topic)

    def _tell(self, topic: str) -> None:
        self._owed.discard(topic)
        self._told[topic] = self._clock.now()
        self._hub.send(topic, Refresh(RECORDS))
