"""A campaign's list, read: its figures, its entries as a person may see them, one entry's dials."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, RowMapping, Select, case, exists, func, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.people import Agent
from crm_core.agents.rights import Action
from crm_core.clients.access import visible_clients
from crm_core.clients.tables import clients
from crm_core.errors import NotFound
from crm_core.wording import existing_id
from dialer.campaigns.states import CampaignState
from dialer.campaigns.tables import attempts, campaigns
from dialer.entries.states import EntryState
from dialer.entries.tables import entries, entry_buckets, entry_numbers

_E: Final = entries.c
MOST_SEGMENTS: Final = 500


@dataclass(frozen=True, slots=True)
class ListFigures:
    """Entries by state; of the waiting, how many are due and when the next will be."""

    states: Mapping[EntryState, int] = field(default_factory=dict)
    due: int = 0
    next_due_at: datetime | None = None

    @property
    def total(self) -> int:
        """All that were ever put on it."""
        return sum(self.states.values())

    @property
    def left(self) -> int:
        """Those who may still be dialled some day."""
        over = self.states.get(EntryState.DONE, 0) + self.states.get(EntryState.NEVER, 0)
        return self.total - over

    @property
    def open_now(self) -> int:
        """Those whose turn may come now: ready, certain, or waiting and due."""
        ready = self.states.get(EntryState.READY, 0) + self.states.get(EntryState.CERTAIN, 0)
        return ready + self.due


@dataclass(frozen=True, slots=True)
class Reasons:
    """Why so many wait or are over: counts by state and stored word."""

    counts: Mapping[tuple[EntryState, str], int]

    def of(self, *states: EntryState) -> list[tuple[str, int]]:
        """The words of these states, the most frequent first."""
        found: dict[str, int] = {}
        for (state, word), count in self.counts.items():
            if state in states and word:
                found[word] = found.get(word, 0) + count
        return sorted(found.items(), key=lambda each: (-each[1], each[0]))


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry with its client's name; `zones` are where its next number is."""

    id: int
    campaign_id: int
    client_id: int
    client_name: str
    e164: str | None
    zones: str
    segment: str
    priority: int
    state: EntryState
    reason: str
    due_at: datetime | None
    attempts: int
    last_outcome: str | None
    last_at: datetime | None
    requested_at: datetime | None
    callback_at: datetime | None
    callback_agent_id: int | None
    needs_agent: bool
    round: int
    source: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Wished:
    """What a list of entries is asked for; None and "" ask for nothing."""

    state: EntryState | None = None
    segment: str | None = None
    reason: str = ""
    clients: Select[tuple[int]] | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One dial of an entry, as its history tells it."""

    id: int
    decided_at: datetime
    number: str
    mode: str
    agent_id: int | None
    outcome: str | None
    verdict: str | None
    ended_at: datetime | None
    lost: bool
    call_id: str | None
    profile_key: str
    profile_version: int


@dataclass(frozen=True, slots=True)
class Standing:
    """On which campaign's list a client stands, and how."""

    entry_id: int
    campaign_id: int
    title: str
    campaign_state: str
    state: EntryState
    reason: str
    due_at: datetime | None


async def figures_of(
    connection: AsyncConnection, campaign_ids: Collection[int], at: datetime
) -> dict[int, ListFigures]:
    """Of each of these campaigns that has entries, by the index alone."""
    due = case((_E.due_at <= at, 1), else_=0)
    ahead = case((_E.due_at > at, _E.due_at), else_=None)
    query = (
        select(_E.campaign_id, _E.state, func.count(), func.sum(due), func.min(ahead))
        .where(_E.campaign_id.in_(campaign_ids))
        .group_by(_E.campaign_id, _E.state)
    )
    found: dict[int, list[Any]] = {}
    for campaign_id, *figures in await connection.execute(query):
        found.setdefault(campaign_id, []).append(figures)
    return {campaign_id: _figures(rows) for campaign_id, rows in found.items()}


async def reasons_of(connection: AsyncConnection, campaign_id: int) -> Reasons:
    """Why entries wait and why they are over."""
    query = (
        select(_E.state, _E.reason, func.count())
        .where(_E.campaign_id == campaign_id)
        .group_by(_E.state, _E.reason)
    )
    found = await connection.execute(query)
    return Reasons({(EntryState(state), reason): count for state, reason, count in found})


async def segments_of(connection: AsyncConnection, campaign_id: int) -> list[str]:
    """The segments that anybody of the list is in."""
    query = select(entry_buckets.c.segment).where(entry_buckets.c.campaign_id == campaign_id)
    found = await connection.execute(query.distinct().order_by("segment").limit(MOST_SEGMENTS))
    return [str(each) for each in found.scalars()]


async def list_entries(
    connection: AsyncConnection,
    actor: Agent,
    campaign_id: int,
    wished: Wished,
    *,
    after_id: int = 0,
    limit: int = 50,
) -> list[Entry]:
    """Those of clients whom `actor` may see, as they were put on the list; `after_id` continues."""
    query = _entries().where(
        _E.campaign_id == campaign_id, _E.id > after_id, visible_clients(actor, Action.SEE)
    )
    if wished.state is not None:
        query = query.where(_E.state == wished.state.value)
    if wished.segment is not None:
        query = query.where(_E.segment == wished.segment)
    if wished.reason:
        query = query.where(_E.reason == wished.reason)
    if wished.clients is not None:
        query = query.where(_E.client_id.in_(wished.clients))
    found = await connection.execute(query.order_by(_E.id).limit(limit))
    return [_entry(row) for row in found.mappings()]


async def get_entry(
    connection: AsyncConnection, actor: Agent, campaign_id: int, entry_id: int
) -> Entry:
    """One of the campaign. NotFound also where `actor` may not see the client."""
    query = _entries().where(
        _E.id == existing_id(entry_id), _E.campaign_id == campaign_id, visible_clients(actor)
    )
    row = (await connection.execute(query)).mappings().one_or_none()
    if row is None:
        raise NotFound(entry_id=entry_id)
    return _entry(row)


async def entries_named(
    connection: AsyncConnection, actor: Agent, entry_ids: Collection[int]
) -> dict[int, Entry]:
    """By id, those of clients whom `actor` may see."""
    query = _entries().where(_E.id.in_(entry_ids), visible_clients(actor, Action.SEE))
    return {row["id"]: _entry(row) for row in (await connection.execute(query)).mappings()}


async def list_attempts(
    connection: AsyncConnection, entry_id: int, *, limit: int = 200
) -> list[Attempt]:
    """Its dials, the newest first."""
    columns = [attempts.c[name] for name in Attempt.__dataclass_fields__]
    query = select(*columns).where(attempts.c.entry_id == entry_id)
    found = await connection.execute(query.order_by(attempts.c.id.desc()).limit(limit))
    return [Attempt(**row) for row in found.mappings()]


async def standings_of(
    connection: AsyncConnection, client_id: int, seen: ColumnElement[bool] | None = None
) -> list[Standing]:
    """The campaigns he is on the list of, the newest first; `seen` narrows the campaigns."""
    query = (
        select(
            _E.id.label("entry_id"),
            _E.campaign_id,
            campaigns.c.title,
            campaigns.c.state.label("campaign_state"),
            _E.state,
            _E.reason,
            _E.due_at,
        )
        .select_from(entries)
        .join(campaigns, campaigns.c.id == _E.campaign_id)
        .where(_E.client_id == client_id, true() if seen is None else seen)
        .order_by(_E.id.desc())
        .limit(20)
    )
    found = (await connection.execute(query)).mappings()
    return [Standing(**{**row, "state": EntryState(row["state"])}) for row in found]


@dataclass(frozen=True, slots=True)
class Coming:
    """An entry whose turn has come without a lease having made it ready, or that only an operator
    who is sure may have; `agent_id` names him where it must be him."""

    entry_id: int
    client_id: int
    contact_id: int | None
    e164: str
    position: int
    segment: str
    rank: int
    needs_agent: bool
    agent_id: int | None


async def list_coming(
    connection: AsyncConnection, campaign_id: int, at: datetime, *, limit: int = 1_000
) -> list[Coming]:
    """Those due and those that need an operator, in the order in which they are dialled; of so many
    as the next lease would make ready."""
    due = (_E.state == EntryState.WAITING.value) & (_E.due_at <= at)
    found: list[Coming] = []
    for condition in (due, _E.state == EntryState.CERTAIN.value):
        query = (
            select(
                *(_E.id, _E.client_id, _E.contact_id, _E.e164, _E.position, _E.segment, _E.rank),
                *(_E.needs_agent, _E.callback_agent_id, _E.anybody_at),
            )
            .where(_E.campaign_id == campaign_id, condition, _E.e164.is_not(None))
            .order_by(_E.due_at, _E.id)
            .limit(limit)
        )
        rows = (await connection.execute(query)).mappings()
        found += [_coming(row, at) for row in rows]
    return sorted(found, key=lambda each: (not each.needs_agent, each.rank, each.entry_id))


def _coming(row: RowMapping, at: datetime) -> Coming:
    is_anybodys = row["anybody_at"] is not None and row["anybody_at"] <= at
    is_his = row["needs_agent"] and not is_anybodys
    own = {name: row[name] for name in Coming.__dataclass_fields__ if name in row}
    agent_id = row["callback_agent_id"] if is_his else None
    return Coming(entry_id=row["id"], **own, agent_id=agent_id)


async def places_of(
    connection: AsyncConnection, entry_ids: Collection[int]
) -> dict[int, tuple[bool, int, int]]:
    """Where entries stand: those that need an operator first, then by rank."""
    query = select(_E.id, _E.needs_agent, _E.rank).where(_E.id.in_(entry_ids))
    found = await connection.execute(query)
    return {entry_id: (not needs_agent, rank, entry_id) for entry_id, needs_agent, rank in found}


async def campaigns_naming(
    connection: AsyncConnection,
    e164: str,
    seen: ColumnElement[bool] | None = None,
    *,
    call_id: str | None = None,
    limit: int = 10,
) -> list[tuple[int, str]]:
    """Id and title of the campaigns, but for finished ones, on whose list the number stands; that
    which the call was made for comes first, then the newest. `seen` narrows the campaigns."""
    listed = exists().where(
        entry_numbers.c.campaign_id == campaigns.c.id, entry_numbers.c.e164 == e164
    )
    made_for = exists().where(
        attempts.c.campaign_id == campaigns.c.id, attempts.c.call_id == (call_id or "")
    )
    query = (
        select(campaigns.c.id, campaigns.c.title)
        .where(campaigns.c.state != CampaignState.FINISHED.value, listed | made_for)
        .where(true() if seen is None else seen)
        .order_by(made_for.desc(), campaigns.c.id.desc())
        .limit(limit)
    )
    return [(campaign_id, title) for campaign_id, title in await connection.execute(query)]


def _entries() -> Select[Any]:
    own = [name for name in Entry.__dataclass_fields__ if name in _E]
    zones = func.coalesce(entry_buckets.c.zones, "").label("zones")
    return (
        select(*(_E[name] for name in own), clients.c.name.label("client_name"), zones)
        .join(clients, clients.c.id == _E.client_id)
        .outerjoin(entry_buckets, entry_buckets.c.id == _E.bucket_id)
    )


def _entry(row: RowMapping) -> Entry:
    return Entry(**{**row, "state": EntryState(row["state"])})


def _figures(rows: Collection[Any]) -> ListFigures:
    waiting = [(due, ahead) for state, _, due, ahead in rows if state == EntryState.WAITING]
    due, ahead = waiting[0] if waiting else (0, None)
    states = {EntryState(state): count for state, count, _, _ in rows}
    return ListFigures(states, int(due or 0), ahead)


async def count_chosen(connection: AsyncConnection, chosen: Select[tuple[int]]) -> int:
    """How many clients were chosen."""
    counted = select(func.count()).select_from(chosen.subquery())
    return int((await connection.execute(counted)).scalar_one())


async def client_names(
    connection: AsyncConnection, actor: Agent, client_ids: Collection[int]
) -> dict[int, str]:
    """The names of those whom `actor` may see."""
    query = select(clients.c.id, clients.c.name).where(
        clients.c.id.in_(client_ids), visible_clients(actor, Action.SEE)
    )
    return {int(client_id): name for client_id, name in await connection.execute(query)}
