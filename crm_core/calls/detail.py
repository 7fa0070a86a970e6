"""One call opened: legs, offers, talks, transfers, holds, wrap-ups, and all of it in order."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.people import Agent
from crm_core.agents.tables import agents
from crm_core.calls import tables
from crm_core.calls.access import reachable_calls
from crm_core.calls.cleaning import existing_call_id
from crm_core.calls.queries import CallRow, call_rows, select_calls
from crm_core.calls.tables import calls, dispositions, wrap_ups
from crm_core.errors import NotFound
from crm_core.tasks.tables import tasks


@dataclass(frozen=True, slots=True)
class LegView:
    uniqueid: str
    channel: str
    interface: str
    role: str
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    cause: int | None


@dataclass(frozen=True, slots=True)
class OfferView:
    interface: str
    agent_id: int | None
    agent_name: str | None
    queue: str | None
    offered_at: datetime
    ended_at: datetime | None
    result: str | None


@dataclass(frozen=True, slots=True)
class TalkView:
    interface: str
    agent_id: int | None
    agent_name: str | None
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class TransferView:
    kind: str
    at: datetime
    from_interface: str
    to: str


@dataclass(frozen=True, slots=True)
class HoldView:
    interface: str
    parked: bool
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class WrapUpView:
    """What an agent wrote; `next_step` and `due_at` are of the task it made."""

    agent_id: int
    agent_name: str
    started_at: datetime | None
    deadline_at: datetime | None
    finished_at: datetime | None
    ending: str | None
    disposition: str | None
    note: str
    task_id: int | None
    next_step: str | None
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened in the call: a code, where, by whom, and one more word (`detail`)."""

    at: datetime
    kind: str
    interface: str = ""
    agent_name: str | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class CallDetail:
    """Everything the log knows of one call; `timeline` tells it in order."""

    call: CallRow
    linkedids: tuple[str, ...]
    legs: tuple[LegView, ...]
    offers: tuple[OfferView, ...]
    talks: tuple[TalkView, ...]
    transfers: tuple[TransferView, ...]
    holds: tuple[HoldView, ...]
    wrap_ups: tuple[WrapUpView, ...]
    timeline: tuple[Moment, ...]


async def get_call(connection: AsyncConnection, actor: Agent | None, call_id: str) -> CallDetail:
    """The call with all that hangs on it. Raises NotFound, also where `actor` may not see it."""
    query = select_calls().where(
        calls.c.call_id == existing_call_id(call_id), reachable_calls(actor)
    )
    rows = await call_rows(connection, query)
    if not rows:
        raise NotFound(call_id=call_id)

    async def views(make: Any, query: Select[Any]) -> tuple[Any, ...]:
        found = (await connection.execute(query)).mappings()
        return tuple(make(**row) for row in found)

    offers = await views(OfferView, _seated(tables.call_offers, OfferView, call_id, "offered_at"))
    talks = await views(TalkView, _seated(tables.call_talks, TalkView, call_id, "started_at"))
    transfers = await views(
        TransferView, _plain(tables.call_transfers, TransferView, call_id, "at")
    )
    holds = await views(HoldView, _plain(tables.call_holds, HoldView, call_id, "started_at"))
    wraps = await list_wrap_ups(connection, call_id)
    linkedids = select(tables.call_linkedids.c.linkedid).where(
        tables.call_linkedids.c.call_id == call_id
    )
    return CallDetail(
        call=rows[0],
        linkedids=tuple(sorted((await connection.execute(linkedids)).scalars())),
        legs=await views(LegView, _plain(tables.call_legs, LegView, call_id, "started_at")),
        offers=offers,
        talks=talks,
        transfers=transfers,
        holds=holds,
        wrap_ups=wraps,
        timeline=_timeline(rows[0], offers, talks, transfers, holds, wraps),
    )


async def list_wrap_ups(connection: AsyncConnection, call_id: str) -> tuple[WrapUpView, ...]:
    """The notes and ends of each agent of the call, the first first: what a second one reads."""
    return (await wrap_ups_of(connection, [call_id]))[call_id]


async def wrap_ups_of(
    connection: AsyncConnection, call_ids: Collection[str]
) -> dict[str, tuple[WrapUpView, ...]]:
    """The same for several calls, in one errand; a call without any has an empty tuple."""
    query = (
        select(
            wrap_ups.c.call_id,
            *(wrap_ups.c[name] for name in ("agent_id", "started_at", "deadline_at")),
            *(wrap_ups.c[name] for name in ("finished_at", "ending", "note", "task_id")),
            agents.c.name.label("agent_name"),
            dispositions.c.title.label("disposition"),
            tasks.c.text.label("next_step"),
            tasks.c.due_at,
        )
        .join(agents, agents.c.id == wrap_ups.c.agent_id)
        .outerjoin(dispositions, dispositions.c.id == wrap_ups.c.disposition_id)
        .outerjoin(tasks, tasks.c.id == wrap_ups.c.task_id)
        .where(wrap_ups.c.call_id.in_(call_ids))
        .order_by(wrap_ups.c.id)
    )
    found: dict[str, list[WrapUpView]] = {call_id: [] for call_id in call_ids}
    for row in (await connection.execute(query)).mappings():
        values = dict(row)
        found[values.pop("call_id")].append(WrapUpView(**values))
    return {call_id: tuple(views) for call_id, views in found.items()}


def _plain(table: Any, view: Any, call_id: str, order: str) -> Select[Any]:
    columns = [table.c[name] for name in view.__dataclass_fields__ if name != "agent_name"]
    by = [table.c[order], *(table.c[key] for key in ("id",) if key in table.c)]
    return select(*columns).where(table.c.call_id == call_id).order_by(*by)


def _seated(table: Any, view: Any, call_id: str, order: str) -> Select[Any]:
    return (
        _plain(table, view, call_id, order)
        .add_columns(agents.c.name.label("agent_name"))
        .outerjoin(agents, agents.c.id == table.c.agent_id)
    )


def _timeline(
    call: CallRow,
    offers: tuple[OfferView, ...],
    talks: tuple[TalkView, ...],
    transfers: tuple[TransferView, ...],
    holds: tuple[HoldView, ...],
    wraps: tuple[WrapUpView, ...],
) -> tuple[Moment, ...]:
    moments = [
        Moment(call.started_at, "started", detail=call.direction),
        *_of_offers(offers),
        *_of_talks(talks),
        *_of_holds(holds),
        *(Moment(move.at, "transferred", move.from_interface, None, move.to) for move in transfers),
    ]
    if call.ended_at is not None:
        moments.append(Moment(call.ended_at, "ended", detail=call.outcome or ""))
    moments += [
        Moment(wrap.finished_at, "wrapped_up", "", wrap.agent_name, wrap.ending or "")
        for wrap in wraps
        if wrap.finished_at is not None
    ]
    return tuple(sorted(moments, key=lambda moment: moment.at))


def _of_offers(offers: tuple[OfferView, ...]) -> Iterator[Moment]:
    for offer in offers:
        yield Moment(offer.offered_at, "offered", offer.interface, offer.agent_name)
        if offer.ended_at is not None and offer.result != "answered":
            yield Moment(
                offer.ended_at, "offer_ended", offer.interface, offer.agent_name, offer.result or ""
            )


def _of_talks(talks: tuple[TalkView, ...]) -> Iterator[Moment]:
    for talk in talks:
        yield Moment(talk.started_at, "answered", talk.interface, talk.agent_name)
        if talk.ended_at is not None:
            yield Moment(talk.ended_at, "left", talk.interface, talk.agent_name)


def _of_holds(holds: tuple[HoldView, ...]) -> Iterator[Moment]:
    for hold in holds:
        yield Moment(hold.started_at, "parked" if hold.parked else "held", hold.interface)
        if hold.ended_at is not None:
            yield Moment(hold.ended_at, "resumed", hold.interface)
