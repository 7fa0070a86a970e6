"""A client is deleted and brought back: he vanishes from every list with all that is his, and what
was still to be done about him is called off; nothing of him is lost."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Select, and_, func, insert, select, update

from crm_core.agents.people import Agent
from crm_core.agents.rights import Action
from crm_core.clients.access import access_client, deleted_clients, visible_clients
from crm_core.clients.indexing import index_client
from crm_core.clients.tables import clients
from crm_core.clock import Clock
from crm_core.deals.tables import deals
from crm_core.errors import Forbidden, NotFound
from crm_core.events import ClientChanged, DealChanged, LeadChanged, TaskChanged, TaskDone
from crm_core.leads.tables import leads
from crm_core.search.kinds import SearchKind
from crm_core.search.tables import search_texts
from crm_core.storage.engine import Storage, Write
from crm_core.tables import audit as audit_rows
from crm_core.tasks.tables import tasks
from crm_core.wording import existing_id

DELETED: Final = "deleted"
BROUGHT_BACK: Final = "brought_back"
PIECE: Final = 200  # clients of one write: about 15 ms
CALLED_OFF: Final = "cancelled"


@dataclass(frozen=True, slots=True)
class Deleted:
    """`count` of clients were deleted, all at the instant `at`; `skipped`: not his to delete."""

    at: datetime
    count: int
    skipped: int


class Deletion:
    """Deletes clients and brings them back."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock

    async def delete(self, actor: Agent, client_id: int) -> None:
        """One client. NotFound, Forbidden."""
        async with self._storage.read() as connection:
            await access_client(connection, actor, client_id, Action.DELETE)
        await self.delete_chosen(actor, select(clients.c.id).where(clients.c.id == client_id))

    async def delete_chosen(self, actor: Agent, chosen: Select[tuple[int]]) -> Deleted:
        """All of the chosen that he may. Forbidden where he may none of them."""
        now = self._clock.now()
        seen = select(clients.c.id).where(clients.c.id.in_(chosen), visible_clients(actor))
        his = seen.where(visible_clients(actor, Action.DELETE)).order_by(clients.c.id)
        async with self._storage.read() as connection:
            ids = list((await connection.execute(his)).scalars())
            counted = select(func.count()).select_from(seen.subquery())
            skipped = (await connection.execute(counted)).scalar_one() - len(ids)
        if skipped and not ids:
            raise Forbidden(role=actor.role.value)
        count = 0
        for start in range(0, len(ids), PIECE):
            async with self._storage.write() as tx:
                count += await _delete_piece(tx, actor, now, ids[start : start + PIECE])
        return Deleted(now, count, skipped)

    async def restore(self, actor: Agent, client_id: int) -> None:
        """Bring back one with all that was his. NotFound for whoever is not deleted, or was not his
        to delete."""
        await self._restore(actor, [existing_id(client_id)])

    async def restore_step(self, actor: Agent, at: datetime) -> int:
        """Bring back all that were deleted at this instant, in one step; how many they are."""
        together = select(clients.c.id).where(deleted_clients(actor), clients.c.deleted_at == at)
        async with self._storage.read() as connection:
            ids = list((await connection.execute(together.order_by(clients.c.id))).scalars())
        for start in range(0, len(ids), PIECE):
            await self._restore(actor, ids[start : start + PIECE])
        return len(ids)

    async def _restore(self, actor: Agent, ids: Collection[int]) -> None:
        now = self._clock.now()
        async with self._storage.write() as tx:
            theirs = and_(clients.c.id.in_(ids), deleted_clients(actor))
            query = select(clients.c.id, clients.c.deleted_at).where(theirs)
            found: dict[int, datetime] = dict(map(tuple, await tx.execute(query)))
            if len(found) < len(ids):
                raise NotFound(client_id=next(each for each in ids if each not in found))
            stamps = {"deleted_at": None, "updated_at": now, "version": clients.c.version + 1}
            await tx.execute(update(clients).where(clients.c.id.in_(ids)).values(**stamps))
            await _audit(tx, actor, now, BROUGHT_BACK, ids)
            await _take_up(tx, found)
            tx.announce(*(ClientChanged(client_id=each) for each in ids))
            await _tell_records(tx, ids)
        await self._find_again(ids)

    async def _find_again(self, ids: Collection[int]) -> None:
        """What he is found by stayed, and the door alone kept it from being seen, unless the index
        was built anew meanwhile."""
        own = search_texts.c.kind == SearchKind.CLIENT.value
        known = select(search_texts.c.record_id).where(own, search_texts.c.record_id.in_(ids))
        async with self._storage.read() as connection:
            indexed = set((await connection.execute(known)).scalars())
        for client_id in ids:
            if client_id not in indexed:
                async with self._storage.write() as tx:
                    await index_client(tx, client_id)


async def _delete_piece(tx: Write, actor: Agent, now: datetime, wanted: Collection[int]) -> int:
    mine = and_(clients.c.id.in_(wanted), visible_clients(actor, Action.DELETE))
    gone = update(clients).where(mine).values(deleted_at=now, version=clients.c.version + 1)
    ids = sorted((await tx.execute(gone.returning(clients.c.id))).scalars())
    if not ids:
        return 0
    await _audit(tx, actor, now, DELETED, ids)
    await _call_off(tx, actor, now, ids)
    tx.announce(*(ClientChanged(client_id=each) for each in ids))
    await _tell_records(tx, ids)
    return len(ids)


async def _audit(tx: Write, actor: Agent, now: datetime, action: str, ids: Collection[int]) -> None:
    said = {"at": now, "agent_id": actor.id, "action": action, "subject": "client", "details": {}}
    await tx.execute(insert(audit_rows), [{**said, "subject_id": str(each)} for each in ids])


async def _call_off(tx: Write, actor: Agent, now: datetime, ids: Collection[int]) -> None:
    still = and_(tasks.c.client_id.in_(ids), tasks.c.done_at.is_(None), tasks.c.kind != "wrap_up")
    values = {"done_at": now, "done_by": actor.id, "ending": CALLED_OFF}
    off = update(tasks).where(still).values(**values, version=tasks.c.version + 1)
    for task_id in sorted((await tx.execute(off.returning(tasks.c.id))).scalars()):
        tx.announce(TaskDone(task_id=task_id, ending=CALLED_OFF))


async def _take_up(tx: Write, deleted: Mapping[int, datetime]) -> None:
    """What was called off with them is to be done again."""
    values = {"done_at": None, "done_by": None, "ending": None, "version": tasks.c.version + 1}
    for deleted_at in set(deleted.values()):
        then = and_(
            tasks.c.client_id.in_([key for key, at in deleted.items() if at == deleted_at]),
            tasks.c.done_at == deleted_at,
            tasks.c.ending == CALLED_OFF,
        )
        again = update(tasks).where(then).values(**values).returning(tasks.c.id)
        for task_id in sorted((await tx.execute(again)).scalars()):
            tx.announce(TaskChanged(task_id=task_id))


async def _tell_records(tx: Write, ids: Collection[int]) -> None:
    """His leads and deals are on the boards no more, or again."""
    for record_id, client_id in await tx.execute(
        select(leads.c.id, leads.c.client_id).where(leads.c.client_id.in_(ids))
    ):
        tx.announce(LeadChanged(lead_id=record_id, client_id=client_id))
    for record_id, client_id in await tx.execute(
        select(deals.c.id, deals.c.client_id).where(deals.c.client_id.in_(ids))
    ):
        tx.announce(DealChanged(deal_id=record_id, client_id=client_id))
