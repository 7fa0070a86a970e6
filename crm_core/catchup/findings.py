"""What comparisons of the two logs have found, as it is kept and read."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, and_, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.calls.tables import calls
from crm_core.catchup.comparing import Compared, KnownCall, Verdict
from crm_core.catchup.reading import AT_ONCE
from crm_core.catchup.tables import reconciliation_findings, reconciliations
from crm_core.errors import NotFound
from crm_core.storage.engine import Write
from crm_core.wording import LARGEST_ID
from telephony.events import CallRecord


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """One comparison: of `calls` in either log so many `accounted` for in both. `listed` counts the
    findings that are kept, `mended` those of them that were. `finished_at` None: it runs, or was
    cut. `trouble` is a code of SourceRefused."""

    id: int
    since: datetime
    until: datetime
    source: str
    began_at: datetime
    finished_at: datetime | None
    calls: int
    accounted: int
    trouble: str | None
    listed: Mapping[Verdict, int] = field(default_factory=Counter)
    mended: int = 0

    @property
    def found(self) -> int:
        """Calls that the two logs tell otherwise."""
        return self.calls - self.accounted

    @property
    def unlisted(self) -> int:
        """Those of them of which nothing but the number is kept."""
        return self.found - sum(self.listed.values())

    @property
    def to_mend(self) -> int:
        """Those that can be mended and are not."""
        return sum(self.listed.values()) - self.listed.get(Verdict.UNLOGGED, 0) - self.mended


@dataclass(frozen=True, slots=True)
class Finding:
    """One call that the two logs tell otherwise. `details`: direction, caller, dialled, outcome and
    `differences`, {field: [ours, theirs]}. `is_known`: our log has a call of that id now."""

    id: int
    verdict: Verdict
    call_id: str
    started_at: datetime
    ended_at: datetime | None
    details: dict[str, Any]
    mended_at: datetime | None
    is_known: bool

    @property
    def can_be_mended(self) -> bool:
        """The exchange's log has it, and nobody has let it tell the call yet."""
        return self.mended_at is None and self.verdict is not Verdict.UNLOGGED


_FOUND = reconciliation_findings.c
_IS_KNOWN = select(calls.c.call_id).where(calls.c.call_id == _FOUND.call_id).exists()


async def list_reconciliations(connection: AsyncConnection, limit: int) -> list[Reconciliation]:
    """The newest first."""
    query = select(reconciliations).order_by(reconciliations.c.id.desc()).limit(limit)
    rows = (await connection.execute(query)).mappings().all()
    return await _with_counts(connection, rows)


async def get_reconciliation(connection: AsyncConnection, reconciliation_id: int) -> Reconciliation:
    """Raises NotFound."""
    if reconciliation_id > LARGEST_ID:
        raise NotFound(reconciliation_id=reconciliation_id)
    query = select(reconciliations).where(reconciliations.c.id == reconciliation_id)
    rows = (await connection.execute(query)).mappings().all()
    if not rows:
        raise NotFound(reconciliation_id=reconciliation_id)
    return (await _with_counts(connection, rows))[0]


async def list_findings(connection: AsyncConnection, reconciliation_id: int) -> list[Finding]:
    """In the order of their calls."""
    query = (
        select(
            *(column for column in _FOUND if column.name != "reconciliation_id"),
            _IS_KNOWN.label("is_known"),
        )
        .where(_FOUND.reconciliation_id == reconciliation_id)
        .order_by(_FOUND.started_at, _FOUND.id)
    )
    rows = (await connection.execute(query)).mappings().all()
    return [Finding(**{**row, "verdict": Verdict(row["verdict"])}) for row in rows]


async def begin(tx: Write, since: datetime, until: datetime, at: datetime) -> int:
    """A new comparison; earlier ones of the same time that came to nothing make room for it."""
    c = reconciliations.c
    came_to_nothing = or_(c.finished_at.is_(None), c.trouble.is_not(None))
    same_time = and_(c.since == since, c.until == until)
    await tx.execute(delete(reconciliations).where(same_time, came_to_nothing))
    values = {"since": since, "until": until, "source": "", "began_at": at}
    made = insert(reconciliations).values(**values).returning(c.id)
    return int((await tx.execute(made)).scalar_one())


async def finish(
    tx: Write, reconciliation_id: int, found: Iterable[Compared], **values: Any
) -> None:
    """What it came to, and each call that differs."""
    await tx.execute(
        update(reconciliations).where(reconciliations.c.id == reconciliation_id).values(**values)
    )
    rows = [{"reconciliation_id": reconciliation_id, **_as_row(one)} for one in found]
    if rows:
        await tx.execute(insert(reconciliation_findings), rows)


async def note_mended(tx: Write, call_ids: Collection[str], at: datetime) -> None:
    """These calls are told right now, whichever comparison had found them."""
    is_open = and_(_FOUND.mended_at.is_(None), _FOUND.verdict != Verdict.UNLOGGED.value)
    ids = list(call_ids)
    for start in range(0, len(ids), AT_ONCE):
        of_these = _FOUND.call_id.in_(ids[start : start + AT_ONCE])
        await tx.execute(
            update(reconciliation_findings).where(of_these, is_open).values(mended_at=at)
        )


async def _with_counts(
    connection: AsyncConnection, rows: Iterable[RowMapping]
) -> list[Reconciliation]:
    rows = list(rows)
    query = (
        select(_FOUND.reconciliation_id, _FOUND.verdict, func.count(), func.count(_FOUND.mended_at))
        .where(_FOUND.reconciliation_id.in_([row["id"] for row in rows]))
        .group_by(_FOUND.reconciliation_id, _FOUND.verdict)
    )
    listed: dict[int, Counter[Verdict]] = defaultdict(Counter)
    mended: Counter[int] = Counter()
    for row_id, verdict, count, count_mended in await connection.execute(query):
        listed[row_id][Verdict(verdict)] = count
        mended[row_id] += count_mended
    return [
        Reconciliation(**row, listed=listed[row["id"]], mended=mended[row["id"]]) for row in rows
    ]


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
    return list(map(str, value)) if isinstance(value, tuple) else value
