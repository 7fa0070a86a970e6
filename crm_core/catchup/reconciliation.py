"""Our call log against the exchange's own, a period at a time: all accounted for, or what is not.

Every night the day before is compared; anybody who may can compare any other time. What is found is
kept, and mended on request, by letting the exchange's log say how the call was.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Final

import structlog
from sqlalchemy import and_, delete, or_, select

from crm_core import audit
from crm_core.agents.people import Agent
from crm_core.agents.roles import Role, require
from crm_core.catchup import findings
from crm_core.catchup.accounting import LASTING, differs, find_differences
from crm_core.catchup.catching_up import CatchUp, Summary, keys_of
from crm_core.catchup.comparing import Compared, Verdict
from crm_core.catchup.findings import Finding, Reconciliation
from crm_core.catchup.shelf import SourceRefused
from crm_core.catchup.tables import reconciliations
from crm_core.clock import Clock
from crm_core.errors import Conflict, Invalid
from crm_core.storage.engine import Storage
from telephony.events import CallRecord

log = structlog.get_logger(__name__)

AT_NIGHT: Final = timedelta(hours=4, minutes=10)  # past midnight, by the office's clock
KEPT: Final = timedelta(days=400)
LONGEST: Final = timedelta(days=31, hours=2)  # compared at once; clocks may change in between
LOOK_SECONDS: Final = 60.0
AGAIN: Final = timedelta(hours=1)  # after a night's comparison that came to nothing
MAY_COMPARE: Final = (Role.SUPERVISOR, Role.HEAD_OF_SALES, Role.ADMINISTRATOR)
MAY_MEND: Final = (Role.SUPERVISOR, Role.ADMINISTRATOR)

Living = Callable[[], Sequence[CallRecord]]
Begun = Callable[[int], None]


@dataclass(slots=True)
class Running:
    """A comparison on its way, or its calls being mended."""

    reconciliation_id: int
    is_mending: bool
    summary: Summary

    @property
    def share(self) -> float:
        """How much of the time has been read, 0 to 1."""
        read = self.summary
        if read.reached is None:
            return 0.0
        return min(1.0, max(0.0, (read.reached - read.since) / (read.until - read.since)))


@dataclass(frozen=True, slots=True)
class Mended:
    """Of so many `asked` for so many are right now; the exchange's log has the others no more."""

    asked: int
    mended: int


class Reconciler:
    """`run` compares each night; `compare` at once; one comparison at a time."""

    def __init__(
        self, storage: Storage, clock: Clock, catch_up: CatchUp, living: Living, zone: tzinfo
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._catch_up = catch_up
        self._living = living
        self._zone = zone
        self._one = asyncio.Lock()
        self.running: Running | None = None

    # --- asked by people -------------------------------------------------------------------------

    async def compare(
        self,
        actor: Agent | None,
        since: datetime,
        until: datetime,
        on_begun: Begun = lambda reconciliation_id: None,
    ) -> int:
        """Compare the calls that began in that time; the reconciliation's id, which `on_begun` is
        told at once. Refuses Conflict `no_exchange_log`, `already_comparing`, Invalid `since`
        (`not_yet`), `until` (`period_backwards`, `period_too_long`); what stops it on the way is
        its `trouble`."""
        if actor is not None:
            require(actor, *MAY_COMPARE)
        now = self._clock.now()
        if until <= since:
            raise Invalid("until", "period_backwards")
        if until - since > LONGEST:
            raise Invalid("until", "period_too_long", days=LONGEST.days)
        if since >= now:
            raise Invalid("since", "not_yet")
        self._refuse_if_impossible()
        async with self._one:
            return await self._compare(since, min(until, now), on_begun)

    async def mend(
        self,
        actor: Agent,
        reconciliation_id: int,
        ids: Collection[int] | None,
        on_begun: Begun = lambda reconciliation_id: None,
    ) -> Mended:
        """Let the exchange's log say how these calls were (None: all that can be mended, listed or
        not). Raises NotFound, SourceRefused, Conflict `no_exchange_log`, `already_comparing`."""
        require(actor, *MAY_MEND)
        self._refuse_if_impossible()
        async with self._one:
            whole = await self.get(reconciliation_id)
            broken = [
                finding
                for finding in await self.list_findings(reconciliation_id)
                if finding.can_be_mended and (ids is None or finding.id in ids)
            ]
            if not broken:
                return Mended(0, 0)
            beyond = whole if ids is None and whole.unlisted else None
            return await self._mend(actor, reconciliation_id, broken, beyond, on_begun)

    async def list_reconciliations(self, limit: int = 60) -> list[Reconciliation]:
        """The newest first."""
        async with self._storage.read() as connection:
            return await findings.list_reconciliations(connection, limit)

    async def get(self, reconciliation_id: int) -> Reconciliation:
        """Raises NotFound."""
        async with self._storage.read() as connection:
            return await findings.get_reconciliation(connection, reconciliation_id)

    async def list_findings(self, reconciliation_id: int) -> list[Finding]:
        """In the order of their calls."""
        async with self._storage.read() as connection:
            return await findings.list_findings(connection, reconciliation_id)

    def _refuse_if_impossible(self) -> None:
        if not self._catch_up.has_logs:
            raise Conflict("no_exchange_log")
        if self._one.locked():
            raise Conflict("already_comparing")

    # --- by itself -------------------------------------------------------------------------------

    async def run(self) -> None:
        """Each night, by the office's clock, the day before; once for each day."""
        while True:
            try:
                await self.look()
            except Exception as error:
                log.error("reconciliation_failed", exc_info=error)
            await self._clock.sleep(LOOK_SECONDS)

    async def look(self) -> int | None:
        """Compare yesterday if it is time and nobody has; the reconciliation's id. What came to
        nothing is tried again each hour of that day."""
        if not self._catch_up.has_logs or self._one.locked():
            return None
        now = self._clock.now().astimezone(self._zone)
        today = now.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
        if now - today < AT_NIGHT:  # as the clock on the wall counts
            return None
        yesterday = (today - timedelta(hours=12)).replace(hour=0)
        if await self._is_compared(yesterday, today):
            return None
        return await self.compare(None, yesterday, today)

    async def _is_compared(self, since: datetime, until: datetime) -> bool:
        c = reconciliations.c
        was_good = and_(c.finished_at.is_not(None), c.trouble.is_(None))
        was_lately = c.began_at > self._clock.now() - AGAIN
        query = select(c.id).where(c.since <= since, c.until >= until, or_(was_good, was_lately))
        async with self._storage.read() as connection:
            return (await connection.execute(query)).first() is not None

    # --- the work --------------------------------------------------------------------------------

    async def _compare(self, since: datetime, until: datetime, on_begun: Begun) -> int:
        now = self._clock.now()
        async with self._storage.write() as tx:
            await tx.execute(delete(reconciliations).where(reconciliations.c.began_at < now - KEPT))
            row_id = await findings.begin(tx, since, until, now)
        summary = Summary(since - LASTING, min(now, until + LASTING))
        self.running = Running(row_id, is_mending=False, summary=summary)
        try:
            on_begun(row_id)
            trouble, found = None, list[Compared]()
            try:
                found = await find_differences(
                    self._catch_up, self._storage, self._living_keys(), since, until, now, summary
                )
            except SourceRefused as refused:
                trouble = refused.code
                log.error("reconciliation_failed", code=refused.code, **refused.values)
            await self._keep(row_id, summary, found, trouble)
        finally:
            self.running = None
        return row_id

    async def _keep(
        self, row_id: int, summary: Summary, found: Sequence[Compared], trouble: str | None
    ) -> None:
        async with self._storage.write() as tx:
            await findings.finish(
                tx,
                row_id,
                found,
                source=summary.source,
                finished_at=self._clock.now(),
                calls=0 if trouble else summary.calls,
                accounted=0 if trouble else summary.verdicts[Verdict.ACCOUNTED],
                trouble=trouble,
            )

    async def _mend(
        self,
        actor: Agent,
        row_id: int,
        broken: Sequence[Finding],
        beyond: Reconciliation | None,
        on_begun: Begun,
    ) -> Mended:
        """`beyond`: with them all else that differs in its time, of which only the number is
        known."""
        ids = {finding.call_id for finding in broken}
        told: set[str] = set()
        now = self._clock.now()

        def is_broken(compared: Compared) -> bool:
            is_unlisted = beyond is not None and differs(compared, beyond.since, beyond.until, now)
            if compared.call_id not in ids and not is_unlisted:
                return False
            told.add(compared.call_id)
            return True

        since = min(finding.started_at for finding in broken) - LASTING
        ends = [finding.ended_at or finding.started_at for finding in broken]
        until = min(now, max([*ends, *([beyond.until] if beyond else [])]) + LASTING)
        running = self.running = Running(row_id, is_mending=True, summary=Summary(since, until))

        def show(summary: Summary) -> None:
            running.summary = summary

        try:
            on_begun(row_id)
            await self._catch_up.bring_in(
                since,
                until,
                living=self._living_keys(),
                living_at=now,
                only=is_broken,
                is_wanted=True,
                on_progress=show,
            )
            if told:
                await self._note_mended(actor, row_id, told, now)
        finally:
            self.running = None
        return Mended(len(ids | told), len(told))

    async def _note_mended(
        self, actor: Agent, row_id: int, told: Collection[str], at: datetime
    ) -> None:
        async with self._storage.write() as tx:
            await findings.note_mended(tx, told, at)
            await audit.record(
                tx, at, actor.id, "mended", "reconciliation", row_id, calls=len(told)
            )

    def _living_keys(self) -> set[str]:
        return {key for call in self._living() for key in keys_of(call)}
