"""What a person has done to entries of a list, kept as they were before, so that it can be taken
back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import insert, select, update

from crm_core.agents.people import Agent
from crm_core.errors import Conflict, NotFound
from crm_core.storage.engine import Connection, Write
from crm_core.wording import existing_id
from dialer.entries.tables import entries, entry_changes

KEPT: Final = ("id", "state", "reason", "due_at", "priority")
"""What is kept of an entry."""


class ChangeKind(StrEnum):
    """Stored words."""

    REMOVED = "removed"
    PRIORITISED = "prioritised"


@dataclass(frozen=True, slots=True)
class Before:
    """An entry as it was."""

    entry_id: int
    state: str
    reason: str
    due_at: datetime | None
    priority: int


@dataclass(frozen=True, slots=True)
class KeptChange:
    """A change that can be taken back; `priority` is what it gave to all."""

    id: int
    campaign_id: int
    kind: ChangeKind
    before: tuple[Before, ...]
    priority: int | None


@dataclass(slots=True)
class Change:
    """A change while it is made, piece by piece: what it has done so far is kept in the same
    transaction as the doing."""

    campaign_id: int
    kind: ChangeKind
    made_at: datetime
    made_by: int
    priority: int | None = None
    id: int | None = None
    before: list[list[Any]] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many entries it has changed."""
        return len(self.before)

    async def keep(self, tx: Write, rows: Sequence[Mapping[str, Any]]) -> None:
        """These entries are about to be changed."""
        if not rows:
            return
        self.before += [[_plain(row[name]) for name in KEPT] for row in rows]
        if self.id is not None:
            mine = entry_changes.c.id == self.id
            await tx.execute(update(entry_changes).where(mine).values(before=self.before))
            return
        values: dict[str, Any] = {"campaign_id": self.campaign_id, "kind": self.kind.value}
        values |= {"before": self.before}
        values |= {"priority": self.priority, "made_at": self.made_at, "made_by": self.made_by}
        made = await tx.execute(insert(entry_changes).values(**values))
        self.id = int(made.inserted_primary_key[0])


async def get_change(connection: Connection, change_id: int) -> KeptChange:
    """One that was not taken back. NotFound; Conflict("undone_already")."""
    of = entry_changes.c
    query = select(entry_changes).where(of.id == existing_id(change_id))
    row = (await connection.execute(query)).mappings().one_or_none()
    if row is None:
        raise NotFound(change_id=change_id)
    if row["undone_at"] is not None:
        raise Conflict("undone_already")
    kind = ChangeKind(row["kind"])
    before = tuple(_before(*each) for each in row["before"])
    return KeptChange(row["id"], row["campaign_id"], kind, before, row["priority"])


async def mark_undone(tx: Write, change_id: int, actor: Agent, now: datetime) -> None:
    """It was taken back."""
    mine = entry_changes.c.id == change_id
    undone = {"undone_at": now, "undone_by": actor.id}
    await tx.execute(update(entry_changes).where(mine).values(**undone))


async def rows_before(tx: Write, condition: Any) -> Sequence[Mapping[str, Any]]:
    """What `Change.keep` keeps, of the entries that are meant."""
    query = select(*(entries.c[name] for name in KEPT)).where(condition).order_by(entries.c.id)
    return [*(await tx.execute(query)).mappings()]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _before(entry_id: int, state: str, reason: str, due_at: str | None, priority: int) -> Before:
    due = None if due_at is None else datetime.fromisoformat(due_at)
    return Before(entry_id, state, reason, due, priority)
