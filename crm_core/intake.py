"""The only door from telephony: facts are recorded, committed, and only then announced, in order.

What waits is drained into one transaction: at low load one fact per commit, at high load many. A
fact that cannot be recorded is logged and left out, alone; a database that cannot be written is
tried again until it can, while the facts wait and `take` makes the exchange's side wait with them.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog

from crm_core.calls.journal import Journal
from crm_core.clock import Clock
from crm_core.handling import HEARD_AT
from crm_core.storage.engine import Storage
from crm_core.storage.trouble import persistently
from telephony.events import CallFact, Fact

log = structlog.get_logger(__name__)

WAITING: Final = 20_000  # facts: minutes of a busy exchange, some megabytes
BATCH: Final = 500  # facts a transaction: beyond it the share of each no longer falls
STUCK_SECONDS: Final = 2.0
"""A write that takes so long waits for somebody: a locked database says nothing for 15 s."""


@dataclass(frozen=True, slots=True)
class _Orphans:
    """Asks, in its place among the facts, to end the open calls that are not `live`."""

    live: frozenset[str]
    at: datetime


@dataclass(frozen=True, slots=True)
class IntakeHealth:
    """How many facts are not written yet; why and since when the database takes none (None: it
    does)."""

    waiting: int
    trouble: str | None
    trouble_since: datetime | None


_Taken = tuple[Fact | _Orphans, datetime | None]
"""With the moment its word arrived from the exchange, where it came from there."""


class _Line(asyncio.Queue[_Taken]):
    """A queue that can be looked along."""

    _queue: deque[_Taken]

    def heard_since(self) -> datetime | None:
        """When the first arrived of those that wait and came from the exchange."""
        return _heard_since(self._queue)


class Intake:
    """`take` a fact from anywhere; `run` records them until it is cancelled.

    `on_recorded` hears, for each fact heard from the exchange, the seconds from its arrival to its
    commit.
    """

    def __init__(
        self,
        storage: Storage,
        journal: Journal,
        clock: Clock,
        *,
        waiting: int = WAITING,
        batch: int = BATCH,
    ) -> None:
        self._storage = storage
        self._journal = journal
        self._clock = clock
        self._batch = batch
        self._queue = _Line(waiting)
        self._in_hand: Sequence[_Taken] = ()
        self._writing_since: tuple[float, datetime] | None = None
        self._trouble: str | None = None
        self.on_recorded: Callable[[float], None] = lambda seconds: None

    @property
    def health(self) -> IntakeHealth:
        waiting = self._queue.qsize() + len(self._in_hand)
        if self._writing_since is None:
            return IntakeHealth(waiting, None, None)
        steady, since = self._writing_since
        is_stuck = self._clock.monotonic() - steady > STUCK_SECONDS
        trouble = self._trouble or ("Stuck" if is_stuck else None)
        return IntakeHealth(waiting, trouble, since if trouble else None)

    @property
    def unwritten_since(self) -> datetime | None:
        """When the oldest word of the exchange arrived that is not written down yet; None: all
        is."""
        return _heard_since(self._in_hand) or self._queue.heard_since()

    async def take(self, fact: Fact, heard_at: datetime | None = None) -> None:
        """Accept a fact; waits only while as many as may be are waiting already. `heard_at`: when
        its word arrived from the exchange, by our clock."""
        await self._queue.put((fact, heard_at))

    async def close_orphans(self, live_call_ids: Collection[str], at: datetime) -> None:
        """End the open calls that the exchange no longer has, once all facts taken so far are in.

        Call it after a connect with the ids that live at this moment; each end is announced as a
        `CallEnded` by the system with an incomplete record.
        """
        await self._queue.put((_Orphans(frozenset(live_call_ids), at), None))

    async def settled(self) -> None:
        """Return when all that was taken is recorded and announced."""
        await self._queue.join()

    async def run(self) -> None:
        """Record what comes until cancelled; to lose nothing, `settled()` comes before that."""
        while True:
            taken = [await self._queue.get()]
            while len(taken) < self._batch and not self._queue.empty():
                taken.append(self._queue.get_nowait())
            HEARD_AT.set(taken[0][1])
            self._in_hand = taken
            try:
                await self._record([item for item, _ in taken])
                self._tell_lag(taken)
            finally:
                self._in_hand = ()
                for _ in taken:
                    self._queue.task_done()

    def _tell_lag(self, taken: Sequence[_Taken]) -> None:
        now = self._clock.now()
        for _, heard_at in taken:
            if heard_at is not None:
                self.on_recorded(max(0.0, (now - heard_at).total_seconds()))

    async def _record(self, items: Sequence[Fact | _Orphans]) -> None:
        facts: list[Fact] = []
        for item in items:
            if isinstance(item, Fact):
                facts.append(item)
                continue
            await self._record_facts(facts)
            facts = []
            await self._persistently(item)
        await self._record_facts(facts)

    async def _record_facts(self, facts: Sequence[Fact]) -> None:
        if not any(isinstance(fact, CallFact) for fact in facts):
            self._storage.on_commit(facts)
            return
        if await self._persistently(facts) or len(facts) == 1:
            return
        for fact in facts:
            if isinstance(fact, CallFact):
                await self._persistently([fact])
            else:
                self._storage.on_commit([fact])

    async def _persistently(self, work: Sequence[Fact] | _Orphans) -> bool:
        """Write `work`; False when it is at fault itself. Where the database is: again, later."""
        self._writing_since = self._clock.monotonic(), self._clock.now()
        try:
            await persistently(self._clock, lambda: self._write(work), self._note_trouble)
        except Exception as error:
            _log_refused(work, error)
            return False
        finally:
            self._trouble = self._writing_since = None
        return True

    async def _write(self, work: Sequence[Fact] | _Orphans) -> None:
        try:
            async with self._storage.write(urgent=True) as tx:
                if isinstance(work, _Orphans):
                    tx.announce(*await self._journal.close_orphans(tx, work.live, work.at))
                else:
                    tx.announce(*await self._journal.apply(tx, work))
        except BaseException:
            self._journal.forget()
            raise
        self._journal.committed()

    def _note_trouble(self, error: Exception) -> None:
        if self._trouble is None:
            log.error("journal_waits_for_database", error=str(error), waiting=self.health.waiting)
        self._trouble = type(error.__cause__ or error).__name__


def _heard_since(taken: Iterable[_Taken]) -> datetime | None:
    return next((heard_at for _, heard_at in taken if heard_at is not None), None)


def _log_refused(work: Sequence[Fact] | _Orphans, error: Exception) -> None:
    if isinstance(work, _Orphans):
        log.error("orphans_not_closed", exc_info=error)
    elif len(work) == 1:
        log.error("fact_not_recorded", **_named(work[0]), exc_info=error)
    else:
        log.warning("batch_not_recorded", facts=len(work), error=str(error))


def _named(fact: Fact) -> dict[str, object]:
    return {"fact": type(fact).__name__, "call_id": getattr(fact, "call_id", None)}
