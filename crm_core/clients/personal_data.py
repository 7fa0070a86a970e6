"""Everything that we hold about a client, as plain values: what he may ask to be given."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core import audit
from crm_core.agents.people import Agent, list_agents
from crm_core.agents.rights import Action
from crm_core.calls.tables import calls, wrap_ups
from crm_core.catalogues import entry_titles
from crm_core.clients.access import access_client
from crm_core.clients.tables import (
    client_numbers,
    clients,
    contact_points,
    contacts,
    files,
    legal_entities,
    notes,
)
from crm_core.clients.whole import Elsewhere, Whole, in_pieces, read_whole
from crm_core.clock import Clock
from crm_core.custom_fields.reading import list_fields
from crm_core.deals.pipelines import list_pipelines
from crm_core.deals.tables import deal_lines, deals, stage_changes
from crm_core.leads.tables import leads
from crm_core.storage.engine import Storage
from crm_core.tables import audit as audit_rows
from crm_core.tags.reading import tags_of
from crm_core.tasks.tables import task_comments, tasks

EXPORTED: Final = "data_exported"
Row = dict[str, Any]


def _of(ids: str) -> Callable[[Whole], tuple[Any, ...]]:
    return lambda whole: tuple(getattr(whole, ids))


_PARTS: Final[tuple[tuple[Table, Column[Any], Callable[[Whole], tuple[Any, ...]]], ...]] = (
    (clients, clients.c.id, _of("client_ids")),
    (contacts, contacts.c.client_id, _of("client_ids")),
    (client_numbers, client_numbers.c.client_id, _of("client_ids")),
    (contact_points, contact_points.c.client_id, _of("client_ids")),
    (legal_entities, legal_entities.c.client_id, _of("client_ids")),
    (notes, notes.c.client_id, _of("client_ids")),
    (files, files.c.client_id, _of("client_ids")),
    (leads, leads.c.id, _of("lead_ids")),
    (deals, deals.c.id, _of("deal_ids")),
    (deal_lines, deal_lines.c.deal_id, _of("deal_ids")),
    (stage_changes, stage_changes.c.client_id, _of("client_ids")),
    (tasks, tasks.c.id, _of("task_ids")),
    (task_comments, task_comments.c.task_id, _of("task_ids")),
    (calls, calls.c.call_id, _of("call_ids")),
    (wrap_ups, wrap_ups.c.call_id, _of("call_ids")),
)
# How far our own work is, of no meaning to him.
_OURS: Final = frozenset({"version", "last_digits", "key", "search"})


class PersonalData:
    """Gives out what we hold about somebody; each time is noted."""

    def __init__(self, storage: Storage, clock: Clock, elsewhere: Sequence[Elsewhere] = ()) -> None:
        self._storage = storage
        self._clock = clock
        self._elsewhere = elsewhere

    async def export(self, actor: Agent, client_id: int) -> dict[str, Any]:
        """`{"exported_at", "by", <table>: [rows], "changes": [...], "words": {...}}`: instants in
        ISO 8601, money in the smallest unit; `words` tell what the ids in it mean. NotFound,
        Forbidden where it may not be exported."""
        now = self._clock.now()
        async with self._storage.read() as connection:
            client = await access_client(connection, actor, client_id, Action.EXPORT)
            whole = await read_whole(connection, client_id)
            found: dict[str, Any] = {"exported_at": now.isoformat(), "by": actor.name}
            found["name"] = client.name
            for table, column, ids in _PARTS:
                found[table.name] = [
                    row
                    for piece in in_pieces(ids(whole))
                    for row in await _rows(connection, table, column.in_(piece))
                ]
            for each in self._elsewhere:
                for word, rows in (await each.tell(connection, whole)).items():
                    found[word] = [
                        {name: _plain(value) for name, value in row.items()} for row in rows
                    ]
            found["changes"] = [
                row for told in whole.told() for row in await _rows(connection, audit_rows, told)
            ]
            found["words"] = await _words(connection, whole)
        async with self._storage.write() as tx:
            await audit.record(tx, now, actor.id, EXPORTED, "client", client_id)
        return found


async def _rows(connection: AsyncConnection, table: Table, which: ColumnElement[bool]) -> list[Row]:
    query = select(table).where(which).order_by(*table.primary_key.columns)
    return [
        {name: _plain(value) for name, value in row.items() if name not in _OURS}
        for row in (await connection.execute(query)).mappings()
    ]


async def _words(connection: AsyncConnection, whole: Whole) -> Mapping[str, Mapping[str, Any]]:
    """By the name of the column that holds the ids."""
    people = await list_agents(connection, active=None)
    pipelines = await list_pipelines(connection, active=None)
    own = [
        field
        for kind in ("client", "lead", "deal")
        for field in await list_fields(connection, kind, active=None)
    ]
    tags = await tags_of(connection, "client", whole.client_ids)
    return {
        "agents": {str(agent.id): agent.name for agent in people},
        "catalogues": {str(key): title for key, title in (await entry_titles(connection)).items()},
        "stages": {str(each.id): each.title for line in pipelines for each in line.stages},
        "fields": {str(field.id): field.title for field in own},
        "tags": {str(key): [tag.title for tag in each] for key, each in tags.items()},
    }


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value
