"""Two known clients turn out to be one: somebody says which values win, and may take it back."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import and_, or_, select

from crm_core import audit
from crm_core.agents.people import Agent
from crm_core.agents.rights import Action
from crm_core.clients.access import access_client
from crm_core.clients.merging import Moved, merge, part
from crm_core.clients.tables import client_merges, clients
from crm_core.clients.touching import touch_client
from crm_core.clock import Clock
from crm_core.deals.tables import deals
from crm_core.errors import Conflict, Invalid, NotFound
from crm_core.events import ClientChanged, DealChanged, LeadChanged, TaskChanged
from crm_core.leads.tables import leads
from crm_core.search.index import reindex
from crm_core.search.kinds import SearchKind
from crm_core.storage.engine import Connection, Storage, Write
from crm_core.wording import existing_id

MERGED: Final = "merged"
PARTED: Final = "merge_undone"
CHOICES: Final = (
    "name",
    "kind",
    "owner_agent_id",
    "relation_id",
    "category_id",
    "industry_id",
)
"""Of what both may have there can be one only; of all the rest there is room for both."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A field in which the two differ."""

    field: str
    kept: Any
    merged: Any


async def list_differences(
    connection: Connection, actor: Agent, kept_id: int, merged_id: int
) -> list[Difference]:
    """Where a choice is needed. NotFound, Forbidden by the door of either."""
    for client_id in (kept_id, merged_id):
        await access_client(connection, actor, client_id, Action.EDIT)
    kept, merged = await _row(connection, kept_id), await _row(connection, merged_id)
    return [
        Difference(field, kept[field], merged[field])
        for field in CHOICES
        if kept[field] != merged[field] and None not in (kept[field], merged[field])
    ]


class Merging:
    """Makes two clients one, and two again as long as nothing was built on it."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock

    async def unite(
        self, actor: Agent, kept_id: int, merged_id: int, taken: Collection[str] = ()
    ) -> int:
        """All that hangs on `merged_id` moves to `kept_id`; of the fields `taken` the one that goes
        wins, and whatever the other lacks is filled. The merge's id. Invalid("with"): same_client,
        unknown_field; NotFound, Forbidden."""
        if kept_id == merged_id:
            raise Invalid("with", "same_client")
        if not set(taken) <= set(CHOICES):
            raise Invalid("with", "unknown_field")
        async with self._storage.write() as tx:
            for client_id in (kept_id, merged_id):
                await access_client(tx.connection, actor, client_id, Action.EDIT)
            kept = await _row(tx.connection, kept_id)
            gone = await _row(tx.connection, merged_id)
            now = self._clock.now()
            wins = _winning(kept, gone, taken)
            moved = await merge(tx, now, actor.id, merged_id, kept_id, wins)
            said = {"name": gone["name"], "from_id": merged_id, "merge_id": moved["merge_id"]}
            await audit.record(tx, now, actor.id, MERGED, "client", kept_id, **said)
            await touch_client(tx, now, kept_id)
            await reindex(tx, SearchKind.CLIENT, merged_id)
            await _tell(tx, kept_id, merged_id, moved)
        return int(moved["merge_id"])

    async def undo(self, actor: Agent, merge_id: int) -> int:
        """Two again; the id of the one that comes back. NotFound, Forbidden;
        Conflict("merge_built_on") where one of them has been deleted, erased or merged since."""
        async with self._storage.write() as tx:
            query = select(client_merges).where(client_merges.c.id == existing_id(merge_id))
            row = (await tx.execute(query)).mappings().one_or_none()
            if row is None:
                raise NotFound(merge_id=merge_id)
            kept_id, merged_id = row["kept_id"], row["merged_id"]
            await access_client(tx.connection, actor, kept_id, Action.EDIT)
            await _refuse_built_on(tx, row)
            now, moved = self._clock.now(), {**row["moved"], "merge_id": merge_id}
            await part(tx, now, actor.id, merged_id, kept_id, moved)
            await audit.record(tx, now, actor.id, PARTED, "client", kept_id, from_id=merged_id)
            await touch_client(tx, now, kept_id)
            await touch_client(tx, now, merged_id)
            await _tell(tx, merged_id, kept_id, moved)
        return int(merged_id)


def _winning(
    kept: Mapping[str, Any], gone: Mapping[str, Any], taken: Collection[str]
) -> dict[str, Any]:
    since = [each["client_since"] for each in (kept, gone) if each["client_since"] is not None]
    wins = {field: gone[field] for field in CHOICES if field in taken or kept[field] is None}
    wins["client_since"] = min(since, default=None)
    wins["fields"] = {**(gone["fields"] or {}), **(kept["fields"] or {})}
    for flag in ("is_key", "legal_hold"):
        wins[flag] = kept[flag] or gone[flag]
    return {field: value for field, value in wins.items() if value != kept[field]}


async def _row(connection: Connection, client_id: int) -> dict[str, Any]:
    query = select(clients).where(clients.c.id == client_id)
    return dict((await connection.execute(query)).mappings().one())


async def _refuse_built_on(tx: Write, row: Mapping[str, Any]) -> None:
    both = (row["kept_id"], row["merged_id"])
    later = select(client_merges.c.id).where(
        client_merges.c.id > row["id"],
        client_merges.c.undone_at.is_(None),
        or_(client_merges.c.kept_id.in_(both), client_merges.c.merged_id.in_(both)),
    )
    lost = select(clients.c.id).where(
        clients.c.id.in_(both),
        or_(
            clients.c.erased_at.is_not(None),
            and_(clients.c.id == row["kept_id"], clients.c.deleted_at.is_not(None)),
        ),
    )
    built_on = [(await tx.execute(query)).first() is not None for query in (later, lost)]
    if row["undone_at"] is not None or any(built_on):
        raise Conflict("merge_built_on")


async def _tell(tx: Write, client_id: int, other_id: int, moved: Moved) -> None:
    """His leads, deals and tasks are another's now."""
    tx.announce(ClientChanged(client_id=client_id), ClientChanged(client_id=other_id))
    rows = moved["moved"]
    tx.announce(*(LeadChanged(lead_id=each, client_id=client_id) for each in rows[leads.name]))
    tx.announce(*(DealChanged(deal_id=each, client_id=client_id) for each in rows[deals.name]))
    tx.announce(*(TaskChanged(task_id=each) for each in rows["tasks"]))
