"""Views of lists: filters, columns and order under a title, for oneself or for everybody."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, RowMapping, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core import audit
from crm_core.agents.people import Agent
from crm_core.agents.roles import Role
from crm_core.agents.tables import agents
from crm_core.clock import Clock
from crm_core.errors import Conflict, Forbidden, Invalid, NotFound
from crm_core.lists.shapes import ListName
from crm_core.lists.tables import saved_views
from crm_core.lists.values import LONGEST
from crm_core.storage.engine import Storage, Write
from crm_core.wording import existing_id, line

MAY_SHARE: Final = frozenset({Role.SUPERVISOR, Role.HEAD_OF_SALES, Role.ADMINISTRATOR})
MOST_VIEWS: Final = 50  # of one's own on one list
LONGEST_TITLE: Final = 100
_SUBJECT: Final = "saved_view"


@dataclass(frozen=True, slots=True)
class ViewState:
    """What a view keeps: filters as an address writes them; () and "" are the list's usual ones."""

    filters: Mapping[str, str]
    columns: tuple[str, ...] = ()
    order: str = ""


@dataclass(frozen=True, slots=True)
class SavedView:
    """One view as somebody sees it; `may_change`: whether it is his to change."""

    id: int
    title: str
    agent_id: int
    agent_name: str
    shared: bool
    version: int
    state: ViewState
    may_change: bool


async def list_views(connection: AsyncConnection, actor: Agent, name: ListName) -> list[SavedView]:
    """The shared ones, then one's own, each as they were made."""
    query = (
        select(saved_views, agents.c.name.label("agent_name"))
        .join(agents, agents.c.id == saved_views.c.agent_id)
        .where(saved_views.c.list == name.value, _seen(actor))
        .order_by(saved_views.c.shared.desc(), saved_views.c.position, saved_views.c.id)
    )
    return [_view(row, actor) for row in (await connection.execute(query)).mappings()]


class SavedViews:
    """Commands on views. Invalid: required, too_long, too_many_views; Forbidden to share."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock

    async def create(
        self, actor: Agent, name: ListName, title: str, state: ViewState, *, shared: bool = False
    ) -> int:
        """A new view's id."""
        _may_share(actor, shared)
        values = {"title": _title(title), "shared": shared, **_stored(state)}
        async with self._storage.write() as tx:
            mine = (saved_views.c.agent_id == actor.id) & (saved_views.c.list == name.value)
            counted = select(func.count()).select_from(saved_views).where(mine)
            if int((await tx.execute(counted)).scalar_one()) >= MOST_VIEWS:
                raise Invalid("title", "too_many_views", most=MOST_VIEWS)
            now = self._clock.now()
            row = {"list": name.value, "agent_id": actor.id, "created_at": now, "updated_at": now}
            made = await tx.execute(insert(saved_views).values(**row, **values))
            view_id = int(made.inserted_primary_key[0])
            await self._told(tx, actor, view_id, "created", list=name.value, **values)
        return view_id

    async def change(
        self,
        actor: Agent,
        view_id: int,
        version: int,
        *,
        title: str | None = None,
        shared: bool | None = None,
        state: ViewState | None = None,
    ) -> None:
        """Change what is given. Conflict("view_changed") where it is not at `version` any more."""
        async with self._storage.write() as tx:
            before = await _mine_to_change(tx, actor, view_id)
            if before["version"] != version:
                raise Conflict("view_changed", title=before["title"])
            values: dict[str, Any] = _stored(state) if state is not None else {}
            if title is not None:
                values["title"] = _title(title)
            if shared is not None:
                _may_share(actor, shared)
                values["shared"] = shared
            changed = audit.changes(before, values)
            if not changed:
                return
            chosen = update(saved_views).where(saved_views.c.id == view_id)
            when = {"version": version + 1, "updated_at": self._clock.now()}
            await tx.execute(chosen.values(**values, **when))
            await self._told(tx, actor, view_id, "edited", **changed)

    async def delete(self, actor: Agent, view_id: int) -> int:
        """Take it away; the audit entry by which `restore` brings it back."""
        async with self._storage.write() as tx:
            before = await _mine_to_change(tx, actor, view_id)
            await tx.execute(delete(saved_views).where(saved_views.c.id == view_id))
            kept = {
                key: value.isoformat() if isinstance(value, datetime) else value
                for key, value in before.items()
            }
            return await self._told(tx, actor, view_id, "deleted", **kept)

    async def restore(self, actor: Agent, entry_id: int) -> int:
        """Bring back what one deleted oneself; its id. NotFound for anything else."""
        async with self._storage.write() as tx:
            entry = await audit.find_entry(tx.connection, existing_id(entry_id))
            mine = entry is not None and entry.agent_id == actor.id
            if not mine or entry is None or (entry.subject, entry.action) != (_SUBJECT, "deleted"):
                raise NotFound(entry_id=entry_id)
            kept = dict(entry.details)
            for key in ("created_at", "updated_at"):
                kept[key] = datetime.fromisoformat(kept[key])
            there = select(saved_views.c.id).where(saved_views.c.id == kept["id"])
            if (await tx.execute(there)).first() is None:
                await tx.execute(insert(saved_views).values(**kept))
                await self._told(tx, actor, kept["id"], "restored", title=kept["title"])
        return int(kept["id"])

    async def _told(
        self, tx: Write, actor: Agent, view_id: int, action: str, **details: Any
    ) -> int:
        now = self._clock.now()
        return await audit.record(tx, now, actor.id, action, _SUBJECT, view_id, **details)


def _seen(actor: Agent) -> ColumnElement[bool]:
    return or_(saved_views.c.shared, saved_views.c.agent_id == actor.id)


def _may_change(row: Mapping[str, Any] | RowMapping, actor: Agent) -> bool:
    return row["agent_id"] == actor.id or (bool(row["shared"]) and actor.role in MAY_SHARE)


def _may_share(actor: Agent, shared: bool) -> None:
    if shared and actor.role not in MAY_SHARE:
        raise Forbidden(role=actor.role.value)


async def _mine_to_change(tx: Write, actor: Agent, view_id: int) -> dict[str, Any]:
    query = select(saved_views).where(saved_views.c.id == existing_id(view_id), _seen(actor))
    row = (await tx.execute(query)).mappings().one_or_none()
    if row is None:
        raise NotFound(view_id=view_id)
    if not _may_change(row, actor):
        raise Forbidden(role=actor.role.value)
    return dict(row)


def _title(written: str) -> str:
    return line("title", written, limit=LONGEST_TITLE)


def _stored(state: ViewState) -> dict[str, Any]:
    kept = asdict(state)
    if any(len(text) > LONGEST for text in state.filters.values()) or len(state.filters) > 50:
        raise Invalid("title", "filter_too_many", most=LONGEST)
    return {
        "filters": dict(kept["filters"]),
        "columns": list(state.columns),
        "order_by": state.order[:32],
    }


def _view(row: RowMapping, actor: Agent) -> SavedView:
    filters: Mapping[str, str] = row["filters"]
    columns: Sequence[str] = row["columns"]
    return SavedView(
        row["id"],
        row["title"],
        row["agent_id"],
        row["agent_name"],
        bool(row["shared"]),
        row["version"],
        ViewState(dict(filters), tuple(columns), row["order_by"]),
        _may_change(row, actor),
    )
