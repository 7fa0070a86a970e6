"""What each agent had open lately: shown by the search before anything is asked."""

from typing import Final

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.people import Agent
from crm_core.clock import Clock
from crm_core.errors import Invalid, NotFound
from crm_core.search import statements
from crm_core.search.kinds import SearchKind
from crm_core.search.ranking import Fit
from crm_core.search.results import Hit
from crm_core.search.tables import openings
from crm_core.storage.engine import Storage
from crm_core.storage.hot import rows_of
from crm_core.wording import existing_id

OPENED: Final = (SearchKind.CLIENT, SearchKind.LEAD, SearchKind.DEAL, SearchKind.TASK)
"""What has a page of its own."""
MOST_KEPT: Final = 30


class Openings:
    """Remembers what was opened, for each agent by himself."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock

    async def note(self, actor: Agent, kind: SearchKind, record_id: int) -> None:
        """He has opened it now. NotFound for what he may not see; Invalid for a kind without a
        page."""
        if kind not in OPENED:
            raise Invalid("kind", "unknown_choice", value=kind.value)
        async with self._storage.read() as connection:
            if not await _shown(connection, actor, kind, [existing_id(record_id)]):
                raise NotFound(id=record_id)
        mine = openings.c.agent_id == actor.id
        this = mine & (openings.c.kind == kind.value) & (openings.c.record_id == record_id)
        values = {"agent_id": actor.id, "kind": kind.value, "record_id": record_id}
        async with self._storage.write() as tx:
            again = update(openings).where(this).values(opened_at=self._clock.now())
            if (await tx.execute(again)).rowcount:
                return
            await tx.execute(insert(openings).values(**values, opened_at=self._clock.now()))
            newest = openings.c.opened_at.desc(), openings.c.id.desc()
            kept = select(openings.c.id).where(mine).order_by(*newest).limit(MOST_KEPT)
            await tx.execute(delete(openings).where(mine, openings.c.id.not_in(kept)))


async def recent(connection: AsyncConnection, actor: Agent, *, most: int = 8) -> tuple[Hit, ...]:
    """What he opened last, the latest first; nothing that is gone or that he may not see now."""
    query = (
        select(openings.c.kind, openings.c.record_id)
        .where(openings.c.agent_id == actor.id)
        .order_by(openings.c.opened_at.desc(), openings.c.id.desc())
    )
    opened = [(SearchKind(kind), key) for kind, key in await connection.execute(query)]
    hits: dict[tuple[SearchKind, int], Hit] = {}
    for kind in OPENED:
        ids = [key for other, key in opened if other is kind]
        for hit in await _shown(connection, actor, kind, ids):
            hits[kind, hit.record_id] = hit
    return tuple(hits[key] for key in opened if key in hits)[:most]


async def _shown(
    connection: AsyncConnection, actor: Agent, kind: SearchKind, ids: list[int]
) -> list[Hit]:
    if not ids:
        return []
    [rows] = await rows_of(connection, statements.records(kind, ids, actor, own=False))
    return [
        Hit(
            kind=kind,
            record_id=row["record_id"],
            fit=Fit.EXACT,
            title=row["title"],
            body=row["body"],
            client_id=row["client_id"],
            client_name=row["client_name"] or "",
            at=row["at"],
            word=row["word"],
        )
        for row in rows
    ]
