"""Reads handovers: what was handed to whom, how far it is, what may be taken back."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.people import Agent
from crm_core.agents.roles import Role
from crm_core.agents.tables import agents
from crm_core.errors import NotFound
from crm_core.handing_over.tables import handed_records, handovers
from crm_core.wording import existing_id

_TO, _UNDOER = agents.alias("to_agent"), agents.alias("undoer")


@dataclass(frozen=True, slots=True)
class Handover:
    """One handover; `counts` of records by kind. `state`: chosen, moving, done, undoing, undone."""

    id: int
    at: datetime
    agent_id: int
    agent_name: str
    to_agent_id: int | None
    to_name: str | None
    state: str
    counts: Mapping[str, int]
    skipped: int
    undone_at: datetime | None
    undone_name: str | None

    @property
    def is_going_on(self) -> bool:
        return self.state in ("chosen", "moving", "undoing")

    def may_undo(self, actor: Agent) -> bool:
        """His own, or anybody's where he looks after all the sales."""
        return self.state == "done" and (
            self.agent_id == actor.id or actor.role in (Role.HEAD_OF_SALES, Role.ADMINISTRATOR)
        )


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `total` records are dealt with; `stayed`: those changed meanwhile by others, by
    kind; `kept`: those that an undoing left where they are."""

    total: int
    done: int
    stayed: int
    kept: int

    @property
    def percent(self) -> int:
        return 100 * self.done // self.total if self.total else 100


async def list_handovers(
    connection: AsyncConnection, actor: Agent, *, before_id: int | None = None, limit: int = 50
) -> list[Handover]:
    """The newest first: all for those who look after others, else what he gave or was given."""
    query = _select(actor).order_by(handovers.c.id.desc()).limit(limit)
    if before_id is not None:
        query = query.where(handovers.c.id < before_id)
    return [Handover(**row) for row in (await connection.execute(query)).mappings()]


async def get_handover(connection: AsyncConnection, actor: Agent, handover_id: int) -> Handover:
    """One, that `actor` may see. Raises NotFound."""
    query = _select(actor).where(handovers.c.id == existing_id(handover_id))
    row = (await connection.execute(query)).mappings().one_or_none()
    if row is None:
        raise NotFound(handover_id=handover_id)
    return Handover(**row)


async def read_progress(connection: AsyncConnection, handover: Handover) -> Progress:
    """How far it is, or how it ended."""
    query = (
        select(handed_records.c.state, func.count())
        .where(handed_records.c.handover_id == handover.id)
        .group_by(handed_records.c.state)
    )
    by_state = Counter(dict(map(tuple, await connection.execute(query))))
    going_back = handover.state in ("undoing", "undone")
    waiting = by_state["moved"] if going_back else by_state["waiting"]
    total = by_state.total() - (by_state["stayed"] if going_back else 0)
    return Progress(total, total - waiting, by_state["stayed"], by_state["kept"])


def _select(actor: Agent) -> Select[Any]:
    joined = {
        "agent_name": agents.c.name,
        "to_name": _TO.c.name,
        "undone_name": _UNDOER.c.name,
    }
    columns = [
        joined[name].label(name) if name in joined else handovers.c[name]
        for name in Handover.__dataclass_fields__
    ]
    query = (
        select(*columns)
        .join(agents, agents.c.id == handovers.c.agent_id)
        .outerjoin(_TO, _TO.c.id == handovers.c.to_agent_id)
        .outerjoin(_UNDOER, _UNDOER.c.id == handovers.c.undone_by)
    )
    if actor.role is Role.OPERATOR:
        his = or_(handovers.c.agent_id == actor.id, handovers.c.to_agent_id == actor.id)
        query = query.where(his)
    return query
