"""Whose calls a person may see: in lists an operator his own, his clients' and his teams', others
all; and one by one also those of every client whom he may see."""

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, literal_column, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.people import Agent
from crm_core.agents.roles import Role
from crm_core.agents.tables import queue_members, queues
from crm_core.calls.cleaning import existing_call_id
from crm_core.calls.tables import call_offers, call_talks, calls, wrap_ups
from crm_core.clients.access import visible_clients
from crm_core.clients.tables import clients
from crm_core.errors import NotFound


def visible_calls(actor: Agent | None) -> ColumnElement[bool]:
    """The condition on `calls` for what `actor` may see; None is the system, which sees all.

    For lists: the engine gathers what he took part in once. See `is_visible_call`.
    """
    if actor is None or actor.role is not Role.OPERATOR:
        return true()
    return or_(*(of_call.in_(some.where(whose == actor.id)) for of_call, some, whose in _TOUCHING))


def is_visible_call(actor: Agent | None) -> ColumnElement[bool]:
    """The same for a few calls that are known: each is looked up. Whoever has talked ten thousand
    times waited 8 ms for ten of them while all his were gathered."""
    if actor is None or actor.role is not Role.OPERATOR:
        return true()
    return or_(*(_has(of_call, some, whose, actor) for of_call, some, whose in _TOUCHING))


def _has(
    of_call: ColumnElement[Any], some: Select[Any], whose: ColumnElement[int], actor: Agent
) -> ColumnElement[bool]:
    [key] = some.selected_columns
    # Plus nothing, or SQLite might go through all that is his rather than all that is the call's.
    return some.where(key == of_call, whose + literal_column("0") == actor.id).exists()


def _touching() -> Iterator[tuple[ColumnElement[Any], Select[Any], ColumnElement[int]]]:
    for table in (call_offers, call_talks, wrap_ups):
        mine = table.alias()  # because who asks may have the same tables at hand
        yield calls.c.call_id, select(mine.c.call_id), mine.c.agent_id
    owned = clients.alias()
    yield calls.c.client_id, select(owned.c.id), owned.c.owner_agent_id
    team = select(queues.c.name).join(queue_members, queue_members.c.queue_id == queues.c.id)
    yield calls.c.queue, team, queue_members.c.agent_id


_TOUCHING: Final = tuple(_touching())
"""What of a call may make it somebody's own, the records that do, and whose each of them is."""


def reachable_calls(actor: Agent | None) -> ColumnElement[bool]:
    """The condition on `calls` for what `actor` may open: whoever sees a client knows where we
    stopped with him, whoever it was that talked."""
    if actor is None:
        return true()
    theirs = select(clients.c.id).where(clients.c.id == calls.c.client_id, visible_clients(actor))
    return or_(is_visible_call(actor), theirs.correlate(calls).exists())


async def access_call(connection: AsyncConnection, actor: Agent | None, call_id: str) -> None:
    """Raise NotFound when there is no such call, or none that `actor` may see."""
    query = select(calls.c.call_id).where(
        and_(calls.c.call_id == existing_call_id(call_id), reachable_calls(actor))
    )
    if (await connection.execute(query)).first() is None:
        raise NotFound(call_id=call_id)
