"""Our call log against the exchange's own, a period at a time: all accounted for, or what is not.

Every night the day before is compared; anybody who may can compare any other time. What is found is
kept, and mended on request, by letting the exchange's log say how the call was.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any, Final

import structlog
from sqlalchemy import Select, delete, func, insert, select, update

from crm_core import audit
from crm_core.agents.people import Agent
from crm_core.agents.roles import Role, require
from crm_core.catchup.catching_up import BEFORE, CatchUp, Summary, keys_of
from crm_core.catchup.comparing import Compared, KnownCall, Verdict
from crm_core.catchup.reading import list_between
from crm_core.catchup.shelf import SourceRefused
from crm_core.catchup.tables import reconciliation_findings, reconciliations
from crm_core.clock import Clock
from crm_core.errors import Conflict, Invalid, NotFound
from crm_core.storage.engine import Storage
from telephony.events import CallRecord

log = structlog.get_logger(__name__)

AT_NIGHT: Final = timedelta(hours=4, minutes=10)  # past midnight, by the office's clock
LASTING: Final = timedelta(hours=6)
"""A call that begins at the end of the time has so long to be told whole."""
KEPT: Final = timedelta(days=400)
LONGEST: Final = timedelta(days=31)  # compared at once by a person
LOOK_SECONDS: Final = 60.0
MANY: Final = 500
"""Findings of one comparison that are kept: beyond it something else is wrong than single calls."""
MAY_COMPARE: Final = (Role.SUPERVISOR, Role.HEAD_OF_SALES, Role.ADMINISTRATOR)
MAY_MEND: Final = (Role.SUPERVISOR, Role.ADMINISTRATOR)

Living = Callable[[], Sequence[CallRecord]]


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """One comparison; `found` findings, `mended` of them mended. `finished_at` None: it runs, or
    was cut. `trouble` is a code of SourceRefused."""

    id: int
    since: datetime
    until: datetime
    source: str
    began_at: datetime
    finished_at: datetime | None
    calls: int
    accounted: int
    trouble: str | None
    found: int
    mended: int


@dataclass(frozen=True, slots=True)
class Finding:
    """One call that the two logs tell otherwise. `details`: direction, caller, dialled, outcome and
    `differences`, {field: [ours, theirs]}."""

    id: int
    verdict: Verdict
    call_id: str
    started_at: datetime
    ended_at: datetime | None
    details: dict[str, Any]
    mended_at: datetime | None


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
        self.progress: Summary | None = None
        """How far the running comparison has come; None when none runs."""

    # --- asked by people -------------------------------------------------------------------------

    async def compare(self, actor: Agent | None, since: datetime, until: datetime) -> int:
        """Compare the calls of that time; the reconciliation's id. Refuses `already_comparing`,
        Invalid `until` (`not_after`, `too_long`); what stops it on the way is its `trouble`."""
        if actor is not None:
            require(actor, *MAY_COMPARE)
        until = min(until, self._clock.now())
        if until <= since:
            raise Invalid("until", "not_after")
        if until - since > LONGEST:
            raise Invalid("until", "too_long", days=LONGEST.days)
        if self._one.locked():
            raise Conflict("already_comparing")
        async with self._one:
            return await self._compare(since, until)

    async def mend(self, actor: Agent, reconciliation_id: int, ids: Collection[int] | None) -> int:
        """Let the exchange's log say how these calls were (None: all that can be mended); how many
        are right now. Raises NotFound, SourceRefused, Conflict `already_comparing`."""
        require(actor, *MAY_MEND)
        if self._one.locked():
            raise Conflict("already_comparing")
        async with self._one:
            await self.get(reconciliation_id)
            broken = [
                finding
                for finding in await self.list_findings(reconciliation_id)
                if finding.mended_at is None
                and finding.verdict is not Verdict.UNLOGGED
                and (ids is None or finding.id in ids)
            ]
            return await self._mend(actor, reconciliation_id, broken) if broken else 0

    async def list_reconciliations(self, limit: int = 60) -> list[Reconciliation]:
        """The newest first."""
        async with self._storage.read() as connection:
            rows = await connection.execute(_list().limit(limit))
            return [Reconciliation(**row) for row in rows.mappings()]

    async def get(self, reconciliation_id: int) -> Reconciliation:
        """Raises NotFound."""
        query = _list().where(reconciliations.c.id == reconciliation_id)
        async with self._storage.read() as connection:
            row = (await connection.execute(query)).mappings().first()
        if row is None:
            raise NotFound(reconciliation_id=reconciliation_id)
        return Reconciliation(**row)

    async def list_findings(self, reconciliation_id: int) -> list[Finding]:
        """In the order of their calls."""
        findings = reconciliation_findings
        query = (
            select(*(findings.c[name] for name in Finding.__dataclass_fields__))
            .where(findings.c.reconciliation_id == reconciliation_id)
            .order_by(findings.c.started_at, findings.c.id)
        )
        async with self._storage.read() as connection:
            rows = (await connection.execute(query)).mappings().all()
        return [Finding(**{**row, "verdict": Verdict(row["verdict"])}) for row in rows]

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
        """Compare yesterday if it is time and nobody has; the reconciliation's id."""
        if not self._catch_up.has_logs:
            return None
        now = self._clock.now().astimezone(self._zone)
        today = now.replace(hour=0, minute=0, second=0, microsecond=0)
        if now - today < AT_NIGHT or self._one.locked():
            return None
        yesterday = (today - timedelta(hours=12)).replace(hour=0)
        query = select(reconciliations.c.id).where(
            reconciliations.c.since <= yesterday, reconciliations.c.until >= today
        )
        async with self._storage.read() as connection:
            if (await connection.execute(query)).first() is not None:
                return None
        return await self.compare(None, yesterday, today)

    async def _compare(self, since: datetime, until: datetime) -> int:
        began_at = self._clock.now()
        values = {"since": since, "until": until, "source": "", "began_at": began_at}
        async with self._storage.write() as tx:
            await tx.execute(
                delete(reconciliations).where(reconciliations.c.began_at < began_at - KEPT)
            )
            made = insert(reconciliations).values(**values).returning(reconciliations.c.id)
            row_id = int((await tx.execute(made)).scalar_one())
        summary = self.progress = Summary(since, until)
        trouble, found = None, []
        try:
            found = await self._find(since, until, summary)
        except SourceRefused as refused:
            trouble = refused.code
            log.error("reconciliation_failed", code=refused.code, **refused.values)
        finally:
            self.progress = None
        await self._keep(row_id, summary, found, trouble)
        return row_id

    async def _find(self, since: datetime, until: datetime, summary: Summary) -> list[Compared]:
        """All calls that began in the time: read up to its end and as long as they may last."""
        living = {key for call in self._living() for key in keys_of(call)}
        now = self._clock.now()
        found: list[Compared] = []
        seen: set[str] = set()
        async for compared in self._catch_up.compare(
            since - BEFORE, min(now, until + LASTING), living=living, living_at=now, summary=summary
        ):
            record = compared.record
            begins = record is not None and since <= record.started_at < until
            if compared.known is not None:
                seen.add(compared.known.call_id)
            seen.update(compared.absorbs)
            if not begins:
                summary.verdicts[compared.verdict] -= 1
            elif compared.verdict is not Verdict.ACCOUNTED:
                found.append(compared)
        unlogged = await self._unlogged(since, until, seen)
        summary.verdicts[Verdict.UNLOGGED] = len(unlogged)
        return found + unlogged

    async def _unlogged(
        self, since: datetime, until: datetime, seen: Collection[str]
    ) -> list[Compared]:
        async with self._storage.read() as connection:
            ours = await list_between(connection, since, until)
        return [
            Compared(Verdict.UNLOGGED, None, known) for known in ours if known.call_id not in seen
        ]

    async def _keep(
        self, row_id: int, summary: Summary, found: Iterable[Compared], trouble: str | None
    ) -> None:
        rows = [{"reconciliation_id": row_id, **_as_row(one)} for one in list(found)[:MANY]]
        values = {
            "source": summary.source,
            "finished_at": self._clock.now(),
            "calls": summary.calls,
            "accounted": summary.verdicts[Verdict.ACCOUNTED],
            "trouble": trouble,
        }
        async with self._storage.write() as tx:
            await tx.execute(
                update(reconciliations).where(reconciliations.c.id == row_id).values(**values)
            )
            if rows:
                await tx.execute(insert(reconciliation_findings), rows)

    async def _mend(self, actor: Agent, row_id: int, broken: Sequence[Finding]) -> int:
        ids = {finding.call_id for finding in broken}
        since = min(finding.started_at for finding in broken) - BEFORE
        ends = [finding.ended_at or finding.started_at for finding in broken]
        told: set[str] = set()

        def is_broken(compared: Compared) -> bool:
            if compared.call_id not in ids:
                return False
            told.add(compared.call_id)
            return True

        living = {key for call in self._living() for key in keys_of(call)}
        now = self._clock.now()
        await self._catch_up.bring_in(
            since,
            min(now, max(ends) + LASTING),
            living=living,
            living_at=now,
            only=is_broken,
            is_wanted=True,
        )
        mended = [finding.id for finding in broken if finding.call_id in told]
        async with self._storage.write() as tx:
            await tx.execute(
                update(reconciliation_findings)
                .where(reconciliation_findings.c.id.in_(mended))
                .values(mended_at=now)
            )
            await audit.record(
                tx, now, actor.id, "mended", "reconciliation", row_id, calls=sorted(told)
            )
        return len(mended)


def _list() -> Select[Any]:
    findings = reconciliation_findings
    of_it = findings.c.reconciliation_id == reconciliations.c.id
    found = select(func.count()).where(of_it).scalar_subquery()
    mended = select(func.count()).where(of_it, findings.c.mended_at.is_not(None)).scalar_subquery()
    return select(reconciliations, found.label("found"), mended.label("mended")).order_by(
        reconciliations.c.id.desc()
    )


def _as_row(compared: Compared) -> dict[str, Any]:
    shown: CallRecord | KnownCall | None = compared.record or compared.known
    assert shown is not None
    outcome = shown.outcome
    return {
        "verdict": compared.verdict.value,
        "call_id": compared.call_id,
        "started_at": shown.started_at,
        "ended_at": shown.ended_at,
        "details": {
            "direction": str(shown.direction),
            "caller": shown.caller,
            "dialled": shown.dialled,
            "outcome": None if outcome is None else str(outcome),
            "differences": {
                name: [_plain(ours), _plain(theirs)]
                for name, (ours, theirs) in compared.differences.items()
            },
        },
    }


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value
