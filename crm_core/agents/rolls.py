"""The roster's rows: who sat where when the lights went out, and the log of states."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Table, bindparam, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import UpdateBase

from crm_core.agents.state import State
from crm_core.agents.tables import agent_state_log, agent_states, agents, extensions
from crm_core.calls.tables import calls, wrap_ups
from crm_core.storage.engine import Write
from crm_core.storage.hot_write import HotWrite


@dataclass(frozen=True, slots=True)
class AgentStatus:
    """An agent as the floor sees him: `extension` is the desk's number, `pending` what follows the
    call (`log_out` or a pause reason), `missed` the offers he let ring out since he sat down."""

    agent_id: int
    name: str
    state: State
    reason: str | None
    since: datetime
    extension: str | None = None
    interface: str | None = None
    call_id: str | None = None
    pending: str | None = None
    missed: int = 0


@dataclass(frozen=True, slots=True)
class Shift:
    """A step from one status to the next, with what is stored beside it."""

    status: AgentStatus
    before: State
    extension_id: int | None
    pause: str | None
    leaving: bool
    moved: bool  # the state or its reason is another one: a new stretch of the log
    opened_at: datetime | None = None  # the stretch before it began then; None: the log knows


@dataclass(frozen=True, slots=True)
class Remembered:
    """A seat as it was stored: its open wrap-ups, and the call it was in, if that still is open."""

    agent_id: int
    name: str
    extension_id: int
    number: str
    interface: str
    state: State
    reason: str | None
    since: datetime
    pause: str | None
    leaving: bool
    call_id: str | None
    wrap_ups: tuple[str, ...]


_STATE_COLUMNS = [column.name for column in agent_states.c]
_STRETCH_COLUMNS = ["agent_id", "state", "reason", "started_at", "seconds"]


def _values(table: Table, columns: list[str]) -> dict[str, Any]:
    return {name: bindparam(name, type_=table.c[name].type) for name in columns}


def _upsert(dialect: Any) -> UpdateBase:
    insert = dialect.insert(agent_states).values(_values(agent_states, _STATE_COLUMNS))
    rest = [name for name in _STATE_COLUMNS if name != "agent_id"]
    statement: UpdateBase = insert.on_conflict_do_update(
        index_elements=["agent_id"], set_={name: insert.excluded[name] for name in rest}
    )
    return statement


_SIT = HotWrite({"sqlite": _upsert(sqlite), "postgresql": _upsert(postgresql)})
_ADD = HotWrite.same(agent_state_log.insert().values(_values(agent_state_log, _STRETCH_COLUMNS)))
_CLOSE = HotWrite.same(
    update(agent_state_log)
    .where(
        agent_state_log.c.agent_id == bindparam("the_agent"), agent_state_log.c.seconds.is_(None)
    )
    .values(seconds=bindparam("the_seconds"))
)
_OPEN = (
    select(agent_state_log.c.agent_id, func.max(agent_state_log.c.started_at))
    .where(
        agent_state_log.c.agent_id.in_(bindparam("agents", expanding=True)),
        agent_state_log.c.seconds.is_(None),
    )
    .group_by(agent_state_log.c.agent_id)
)


async def write_shifts(tx: Write, shifts: Sequence[Shift]) -> None:
    """Store the last status of each agent, close his open stretch and add the new ones."""
    newest = {shift.status.agent_id: shift for shift in shifts}
    # Who gives a desk up goes first: a desk has one agent at a time.
    rows = sorted((_row(shift) for shift in newest.values()), key=_has_desk)
    await _SIT.run(tx.connection, rows)
    moved = [shift for shift in shifts if shift.moved]
    await _close(tx, {shift.status.agent_id: shift for shift in reversed(moved)}.values())
    stretches = _stretches(moved)
    await _ADD.run(tx.connection, stretches)


def _row(shift: Shift) -> dict[str, Any]:
    status = shift.status
    return {
        "agent_id": status.agent_id,
        "state": status.state.value,
        "reason": status.reason,
        "since": status.since,
        "extension_id": shift.extension_id,
        "call_id": status.call_id,
        "pause_reason": shift.pause,
        "leaving": shift.leaving,
    }


def _has_desk(row: dict[str, Any]) -> bool:
    return row["extension_id"] is not None


def _stretches(shifts: Sequence[Shift]) -> list[dict[str, Any]]:
    """What each agent has begun since; the last of each stays open."""
    last: dict[int, dict[str, Any]] = {}
    stretches: list[dict[str, Any]] = []
    for shift in shifts:
        status = shift.status
        if previous := last.pop(status.agent_id, None):
            lasted = (status.since - previous["started_at"]).total_seconds()
            previous["seconds"] = max(0.0, lasted)  # the clock may have been set back
        if status.state is State.OFFLINE:
            continue  # being away is no stretch of work
        stretch = {
            "agent_id": status.agent_id,
            "state": status.state.value,
            "reason": status.reason,
            "started_at": status.since,
            "seconds": None,
        }
        last[status.agent_id] = stretch
        stretches.append(stretch)
    return stretches


async def _close(tx: Write, first: Collection[Shift]) -> None:
    """End the stretch that was open before the first shift of each agent."""
    opened = {each.status.agent_id: each.opened_at for each in first}
    if asking := [agent_id for agent_id, at in opened.items() if at is None]:
        opened |= dict(iter(await tx.execute(_OPEN, {"agents": asking})))
    closed = [
        {
            "the_agent": shift.status.agent_id,
            "the_seconds": max(0.0, (shift.status.since - opened_at).total_seconds()),
        }
        for shift in first
        if (opened_at := opened[shift.status.agent_id]) is not None
    ]
    await _CLOSE.run(tx.connection, closed)


async def read_remembered(connection: AsyncConnection) -> list[Remembered]:
    """Everybody who was seated and still works here, at a desk that still is one."""
    query = (
        select(
            agent_states,
            agents.c.name,
            extensions.c.number,
            extensions.c.interface,
            calls.c.call_id.label("open_call"),
        )
        .join(agents, agents.c.id == agent_states.c.agent_id)
        .join(extensions, extensions.c.id == agent_states.c.extension_id)
        .outerjoin(calls, (calls.c.call_id == agent_states.c.call_id) & calls.c.ended_at.is_(None))
        .where(agents.c.active)
    )
    rows = (await connection.execute(query)).mappings().all()
    owed: dict[int, tuple[str, ...]] = {}
    for agent_id, call_id in await connection.execute(_OWED):
        owed[agent_id] = (*owed.get(agent_id, ()), call_id)
    return [
        Remembered(
            agent_id=row["agent_id"],
            name=row["name"],
            extension_id=row["extension_id"],
            number=row["number"],
            interface=row["interface"],
            state=State(row["state"]),
            reason=row["reason"],
            since=row["since"],
            pause=row["pause_reason"],
            leaving=row["leaving"],
            call_id=row["open_call"],
            wrap_ups=owed.get(row["agent_id"], ()),
        )
        for row in rows
    ]


_OWED = (
    select(wrap_ups.c.agent_id, wrap_ups.c.call_id)
    .where(wrap_ups.c.finished_at.is_(None), wrap_ups.c.started_at.is_not(None))
    .order_by(wrap_ups.c.started_at, wrap_ups.c.id)
)
