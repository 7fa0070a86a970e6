"""A lead or a deal as the board and the list show it, read in one way for both."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal, null, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.people import Agent
from crm_core.agents.rights import RecordKind
from crm_core.agents.tables import agents
from crm_core.clients.tables import clients
from crm_core.deals.filtering import trail_of, visible
from crm_core.deals.moving import LEADS, Trail
from crm_core.tables import catalogue_entries
from crm_core.tasks.tables import tasks


@dataclass(frozen=True, slots=True)
class NextStep:
    """The first open task of a record."""

    task_id: int
    text: str
    kind: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class RecordCard:
    """A lead or a deal as the board and the list show it. Leads have no amount and no date."""

    id: int
    title: str
    client_id: int
    client_name: str
    client_kind: str
    owner_agent_id: int | None
    owner_name: str | None
    stage_id: int
    stage_since: datetime
    amount: int
    currency: str
    expected_on: date | None
    source: str | None
    created_at: datetime
    touched_at: datetime | None
    closed_at: datetime | None
    next_step: NextStep | None

    def days(self, now: datetime) -> int:
        """Whole days in the stage."""
        return max(0, (now - self.stage_since).days)


async def cards_of_client(
    connection: AsyncConnection, actor: Agent, kind: RecordKind, client_id: int, *, limit: int = 50
) -> list[RecordCard]:
    """All leads or deals of a client that `actor` may see, open ones first."""
    trail = trail_of(kind)
    mine = and_(trail.table.c.client_id == client_id, visible(trail, actor))
    order = (trail.table.c.closed_at.is_not(None), trail.table.c.id.desc())
    rows = await connection.execute(select_cards(trail).where(mine).order_by(*order).limit(limit))
    found = list(rows.mappings())
    steps = await next_steps(connection, trail, [row["id"] for row in found])
    return [card_from(row, steps) for row in found]


def _of_deals(trail: Trail, name: str, otherwise: Any) -> ColumnElement[Any]:
    held: ColumnElement[Any] = trail.table.c.get(name, otherwise)
    return held.label(name)


def select_cards(trail: Trail) -> Select[Any]:
    """What `card_from` needs of each record; conditions and order are the caller's."""
    table = trail.table
    source = (
        select(catalogue_entries.c.title)
        .where(catalogue_entries.c.id == table.c.source_id)
        .correlate(table)
        .scalar_subquery()
        if trail is LEADS
        else null()
    )
    same = ("id", "title", "client_id", "owner_agent_id", "stage_id", "stage_since")
    return (
        select(
            *(table.c[name] for name in (*same, "created_at", "closed_at")),
            clients.c.name.label("client_name"),
            clients.c.kind.label("client_kind"),
            agents.c.name.label("owner_name"),
            source.label("source"),
            _of_deals(trail, "amount", literal(0)),
            _of_deals(trail, "currency", literal("")),
            _of_deals(trail, "expected_on", null()),
            _of_deals(trail, "touched_at", null()),
        )
        .select_from(table)
        .join(clients, clients.c.id == table.c.client_id)
        .outerjoin(agents, agents.c.id == table.c.owner_agent_id)
    )


def card_from(row: Mapping[str, Any], steps: Mapping[int, NextStep]) -> RecordCard:
    """The card of a row of `select_cards`, with its next step out of `next_steps`."""
    values = {name: row[name] for name in RecordCard.__slots__ if name != "next_step"}
    return RecordCard(**values, next_step=steps.get(row["id"]))


async def next_steps(
    connection: AsyncConnection, trail: Trail, ids: Sequence[int]
) -> dict[int, NextStep]:
    """The first open task of each of these records."""
    if not ids:
        return {}
    key = tasks.c[trail.key]
    place = func.row_number().over(partition_by=key, order_by=(tasks.c.due_at, tasks.c.id))
    columns = (tasks.c.id, tasks.c.text, tasks.c.kind, tasks.c.due_at)
    ranked = (
        select(*columns, key.label("record_id"), place.label("place"))
        .where(key.in_(ids), tasks.c.done_at.is_(None))
        .subquery()
    )
    rows = (await connection.execute(select(ranked).where(ranked.c.place == 1))).mappings()
    return {
        row["record_id"]: NextStep(row["id"], row["text"], row["kind"], row["due_at"])
        for row in rows
    }
