"""Reads deletions of many: how far one is, what was left out, what may be brought back."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.people import Agent
from crm_core.agents.rights import Action, RecordKind, Scope
from crm_core.agents.roles import Role
from crm_core.agents.tables import agents
from crm_core.deletion.tables import deleted_records, deletions
from crm_core.errors import NotFound
from crm_core.wording import existing_id

_OVERSEERS = (Role.HEAD_OF_SALES, Role.ADMINISTRATOR)


@dataclass(frozen=True, slots=True)
class DeletionOfMany:
    """One step. `state`: chosen, deleting, done, restoring, restored; `count` of records."""

    id: int
    at: datetime
    agent_id: int
    agent_name: str
    kind: RecordKind
    state: str
    count: int
    skipped: int
    restored_at: datetime | None

    @property
    def is_going_on(self) -> bool:
        return self.state in ("chosen", "deleting", "restoring")

    def may_restore(self, actor: Agent) -> bool:
        """What he deleted himself, or anybody did where he looks after all the sales; and only
        while he may delete such records at all."""
        his = self.agent_id == actor.id or actor.role in _OVERSEERS
        may = actor.scope(self.kind, Action.DELETE) is not Scope.NONE
        return self.state == "done" and his and may


@dataclass(frozen=True, slots=True)
class DeletionProgress:
    """`done` of `total` records are dealt with; `stayed`: those changed meanwhile by others;
    `kept`: those that bringing back left among the deleted."""

    total: int
    done: int
    stayed: int
    kept: int

    @property
    def percent(self) -> int:
        return 100 * self.done // self.total if self.total else 100


async def get_deletion(
    connection: AsyncConnection, actor: Agent, deletion_id: int
) -> DeletionOfMany:
    """One that `actor` began, or any where he looks after all. Raises NotFound."""
    query = _select(actor).where(deletions.c.id == existing_id(deletion_id))
    row = (await connection.execute(query)).mappings().one_or_none()
    if row is None:
        raise NotFound(deletion_id=deletion_id)
    return _deletion(row)


async def list_deletions(
    connection: AsyncConnection, actor: Agent, kind: RecordKind, *, limit: int = 5
) -> list[DeletionOfMany]:
    """The newest first, without those that were brought back or never began."""
    query = (
        _select(actor)
        .where(deletions.c.kind == kind.value, deletions.c.state.not_in(("chosen", "restored")))
        .order_by(deletions.c.id.desc())
        .limit(limit)
    )
    return [_deletion(row) for row in (await connection.execute(query)).mappings()]


async def read_deletion_progress(
    connection: AsyncConnection, deletion: DeletionOfMany
) -> DeletionProgress:
    """How far it is, or how it ended."""
    query = (
        select(deleted_records.c.state, func.count())
        .where(deleted_records.c.deletion_id == deletion.id)
        .group_by(deleted_records.c.state)
    )
    by_state = Counter(dict(map(tuple, await connection.execute(query))))
    going_back = deletion.state in ("restoring", "restored")
    waiting = by_state["deleted"] if going_back else by_state["waiting"]
    total = by_state.total() - (by_state["stayed"] if going_back else 0)
    return DeletionProgress(total, total - waiting, by_state["stayed"], by_state["kept"])


def _select(actor: Agent) -> Select[Any]:
    columns = [
        agents.c.name.label("agent_name") if name == "agent_name" else deletions.c[name]
        for name in DeletionOfMany.__dataclass_fields__
    ]
    query = select(*columns).join(agents, agents.c.id == deletions.c.agent_id)
    if actor.role not in _OVERSEERS:
        query = query.where(deletions.c.agent_id == actor.id)
    return query


def _deletion(row: Any) -> DeletionOfMany:
    return DeletionOfMany(**{**row, "kind": RecordKind(row["kind"])})
