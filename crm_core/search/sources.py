"""Where each kind of result comes from, what is shown of it, and who may see it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Table,
    and_,
    bindparam,
    literal_column,
    or_,
    select,
)

from crm_core.agents.people import Agent
from crm_core.calls.access import is_visible_call
from crm_core.calls.tables import calls, wrap_ups
from crm_core.clients.about import seen_with_its_record
from crm_core.clients.access import visible_clients
from crm_core.clients.tables import client_numbers, clients, notes
from crm_core.deals.access import visible_deals
from crm_core.deals.tables import deals
from crm_core.leads.access import visible_leads
from crm_core.leads.tables import leads
from crm_core.search.kinds import SearchKind
from crm_core.search.tables import search_texts
from crm_core.tasks.access import visible_tasks
from crm_core.tasks.tables import tasks

_party = clients.alias("party")
_NOTHING: Final[ColumnElement[str]] = literal_column("''")


@dataclass(frozen=True, slots=True)
class Source:
    """`records`: the rows that a kind is made of, whose `key` is the id; `word` tells sorts of
    one kind apart, or addresses it. `seen` is the owner's own door."""

    records: FromClause
    key: ColumnElement[int]
    title: ColumnElement[Any]
    body: ColumnElement[Any]
    client_id: ColumnElement[Any]
    at: ColumnElement[Any]
    word: ColumnElement[Any]
    seen: Callable[[Agent], ColumnElement[bool]]

    def visible(self, actor: Agent) -> ColumnElement[bool]:
        """Whether the row of `search_texts` is of a record that `actor` may see."""
        mine = self.key == search_texts.c.record_id
        return select(self.key).select_from(self.records).where(mine, self.seen(actor)).exists()

    def shown(self, condition: ColumnElement[bool], actor: Agent) -> Select[Any]:
        """What is shown of the records that fit `condition` and that `actor` may see."""
        joined = self.records.outerjoin(_party, _party.c.id == self.client_id)
        return (
            select(
                self.key.label("record_id"),
                self.title.label("title"),
                self.body.label("body"),
                self.client_id.label("client_id"),
                _party.c.name.label("client_name"),
                self.at.label("at"),
                self.word.label("word"),
            )
            .select_from(joined)
            .where(condition, self.seen(actor))
        )


def source_of(kind: SearchKind, *, own: bool = False) -> Source:
    """The source of a kind; of clients, where `own`, those who are the agent's own."""
    if own and kind is SearchKind.CLIENT:
        return replace(SOURCES[kind], seen=_own_client_seen)
    return SOURCES[kind]


def of_records(source: Source, actor: Agent, count: int) -> Select[Any]:
    """What is shown of those with the ids `id_0` … that `actor` may see."""
    ids = [bindparam(f"id_{nth}", type_=Integer) for nth in range(count)]
    return source.shown(source.key.in_(ids), actor)


def with_number(source: Source, actor: Agent) -> Select[Any]:
    """The clients or leads whose number is `number`, E.164, as they are shown."""
    owners = select(client_numbers.c.client_id).where(
        client_numbers.c.e164 == bindparam("number"), client_numbers.c.wrong.is_(False)
    )
    newest_first = source.shown(source.client_id.in_(owners), actor).order_by(source.at.desc())
    return newest_first.limit(bindparam("most"))


def _client_seen(actor: Agent) -> ColumnElement[bool]:
    return and_(clients.c.client_since.is_not(None), visible_clients(actor))


def _own_client_seen(actor: Agent) -> ColumnElement[bool]:
    return and_(clients.c.owner_agent_id == actor.id, _client_seen(actor))


def _of_seen_client(client_id: ColumnElement[Any], actor: Agent) -> ColumnElement[bool]:
    return select(clients.c.id).where(clients.c.id == client_id, visible_clients(actor)).exists()


def _lead_seen(actor: Agent) -> ColumnElement[bool]:
    return visible_leads(actor)


def _note_seen(actor: Agent) -> ColumnElement[bool]:
    return and_(_of_seen_client(notes.c.client_id, actor), seen_with_its_record(notes, actor))


def _call_note_seen(actor: Agent) -> ColumnElement[bool]:
    nobodys = calls.c.client_id.is_(None)
    return and_(is_visible_call(actor), or_(nobodys, _of_seen_client(calls.c.client_id, actor)))


def _titled(
    table: Table, title: str, body: str, at: str, seen: Callable[[Agent], ColumnElement[bool]]
) -> Source:
    word = table.c.kind if "kind" in table.c else _NOTHING
    client_id = table.c.id if table is clients else table.c.client_id
    columns = table.c[title], table.c[body], client_id, table.c[at], word
    return Source(table, table.c.id, *columns, seen)


SOURCES: Final[Mapping[SearchKind, Source]] = {
    SearchKind.CLIENT: Source(
        clients,
        clients.c.id,
        clients.c.name,
        _NOTHING,
        clients.c.id,
        clients.c.updated_at,
        clients.c.kind,
        _client_seen,
    ),
    SearchKind.LEAD: _titled(leads, "title", "request", "updated_at", _lead_seen),
    SearchKind.DEAL: _titled(deals, "title", "note", "updated_at", visible_deals),
    SearchKind.TASK: _titled(tasks, "text", "place", "due_at", visible_tasks),
    SearchKind.NOTE: Source(
        notes,
        notes.c.id,
        _NOTHING,
        notes.c.text,
        notes.c.client_id,
        notes.c.created_at,
        _NOTHING,
        _note_seen,
    ),
    SearchKind.CALL_NOTE: Source(
        wrap_ups.join(calls, calls.c.call_id == wrap_ups.c.call_id),
        wrap_ups.c.id,
        _NOTHING,
        wrap_ups.c.note,
        calls.c.client_id,
        calls.c.started_at,
        calls.c.call_id,
        _call_note_seen,
    ),
    SearchKind.CLIENT_NOTE: Source(
        clients,
        clients.c.id,
        _NOTHING,
        clients.c.note,
        clients.c.id,
        clients.c.updated_at,
        _NOTHING,
        visible_clients,
    ),
}
