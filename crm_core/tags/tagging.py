"""Tags put on records and taken off: by whoever may edit the record, told in its history."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core import audit
from crm_core.agents.people import Agent
from crm_core.agents.rights import Action
from crm_core.clients.access import access_client, visible_clients
from crm_core.clients.tables import clients
from crm_core.clock import Clock
from crm_core.deals.access import access_deal, visible_deals
from crm_core.deals.tables import deals
from crm_core.errors import Conflict, Invalid, NotFound
from crm_core.leads.access import access_lead, visible_leads
from crm_core.leads.tables import leads
from crm_core.search.folding import folded
from crm_core.search.renewing import renew
from crm_core.storage.engine import Storage, Write
from crm_core.tags.reading import Tag
from crm_core.tags.tables import tagged, tags
from crm_core.wording import existing_id, line

LONGEST_TAG: Final = 50
MOST_TAGS: Final = 2_000  # of an office
MOST_ON_ONE: Final = 50  # of a record
MOST_AT_ONCE: Final = 1_000
"""Records that are tagged by one click: what is more should be chosen more narrowly."""
IN_ONE_WRITE: Final = 20

_Door = Callable[[AsyncConnection, Agent, int, Action], Awaitable[object]]
_DOORS: Final[Mapping[str, _Door]] = {
    "client": access_client,
    "lead": access_lead,
    "deal": access_deal,
}
_RECORDS: Final = {
    "client": (clients, visible_clients),
    "lead": (leads, visible_leads),
    "deal": (deals, visible_deals),
}


class Tagging:
    """Commands on the tags of records. Raises as the record's door does; Invalid("title", …):
    required, too_long, too_many_tags."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock

    async def tag(self, actor: Agent, kind: str, record_id: int, title: str) -> tuple[Tag, bool]:
        """Put the tag on, which is made where there is none of that name yet; and whether the
        record did not bear it already."""
        async with self._storage.write() as tx:
            await _enter(tx, actor, kind, record_id)
            tag = await self._named(tx, actor, title)
            is_new = await self._put(tx, actor, kind, record_id, tag)
        return tag, is_new

    async def untag(self, actor: Agent, kind: str, record_id: int, tag_id: int) -> Tag:
        """Take the tag off. NotFound for no such tag."""
        async with self._storage.write() as tx:
            await _enter(tx, actor, kind, record_id)
            tag = await find_tag(tx.connection, tag_id)
            if tag is None:
                raise NotFound(tag_id=tag_id)
            await self._take(tx, actor, kind, record_id, tag)
        return tag

    async def tag_all(
        self,
        actor: Agent,
        kind: str,
        chosen: Select[tuple[int]],
        *,
        add: Sequence[str] = (),
        remove: Sequence[str] = (),
    ) -> int:
        """Tags of those of the chosen records that `actor` may edit; how many there were.

        Done piece by piece, so that nobody who writes meanwhile waits long. Conflict(
        "too_many_records") for more than MOST_AT_ONCE, before anything is done.
        """
        if kind not in _RECORDS:
            raise NotFound(kind=kind)
        for title in (*add, *remove):
            line("title", title, limit=LONGEST_TAG)
        table, visible = _RECORDS[kind]
        mine = visible(actor, Action.EDIT)
        async with self._storage.read() as connection:
            every = select(table.c.id).where(table.c.id.in_(chosen), mine)
            ids = list((await connection.execute(every.limit(MOST_AT_ONCE + 1))).scalars())
        if len(ids) > MOST_AT_ONCE:
            raise Conflict("too_many_records", most=MOST_AT_ONCE)
        done = 0
        for begin in range(0, len(ids), IN_ONE_WRITE):
            async with self._storage.write() as tx:
                these = select(table.c.id).where(table.c.id.in_(ids[begin : begin + IN_ONE_WRITE]))
                still = list((await tx.execute(these.where(mine))).scalars())
                await self._retag(tx, actor, kind, still, add, remove)
                done += len(still)
        return done

    async def _retag(
        self,
        tx: Write,
        actor: Agent,
        kind: str,
        ids: Sequence[int],
        add: Sequence[str],
        remove: Sequence[str],
    ) -> None:
        given = [await self._named(tx, actor, title) for title in add] if ids else []
        gone = [await find_titled(tx.connection, title) for title in remove]
        for record_id in ids:
            for tag in given:
                await self._put(tx, actor, kind, record_id, tag)
            for each in gone:
                if each is not None:
                    await self._take(tx, actor, kind, record_id, each)

    async def _named(self, tx: Write, actor: Agent, written: str) -> Tag:
        title = line("title", written, limit=LONGEST_TAG)
        known = await find_titled(tx.connection, title)
        if known is not None:
            return known
        count = select(func.count()).select_from(tags)
        if (await tx.execute(count)).scalar_one() >= MOST_TAGS:
            raise Invalid("title", "too_many_tags", most=MOST_TAGS)
        now = self._clock.now()
        row = {"title": title, "key": tag_key(title), "created_at": now, "created_by": actor.id}
        made = await tx.execute(insert(tags).values(**row))
        tag = Tag(int(made.inserted_primary_key[0]), title, "")
        await audit.record(tx, now, actor.id, "created", "tag", tag.id, title=title)
        return tag

    async def _put(self, tx: Write, actor: Agent, kind: str, record_id: int, tag: Tag) -> bool:
        row = {"kind": kind, "record_id": record_id, "tag_id": tag.id}
        mine = _bears(kind, record_id)
        bears = set((await tx.execute(select(tagged.c.tag_id).where(mine))).scalars())
        if tag.id in bears:
            return False
        if len(bears) >= MOST_ON_ONE:
            raise Invalid("title", "too_many_tags", most=MOST_ON_ONE)
        await tx.execute(insert(tagged).values(**row))
        await _told(tx, self._clock.now(), actor, kind, record_id, "tagged", tag)
        return True

    async def _take(self, tx: Write, actor: Agent, kind: str, record_id: int, tag: Tag) -> None:
        mine = _bears(kind, record_id) & (tagged.c.tag_id == tag.id)
        if (await tx.execute(delete(tagged).where(mine))).rowcount:
            await _told(tx, self._clock.now(), actor, kind, record_id, "untagged", tag)


async def find_tag(connection: AsyncConnection, tag_id: int) -> Tag | None:
    """The tag of that id."""
    query = select(tags.c.id, tags.c.title, tags.c.colour).where(tags.c.id == existing_id(tag_id))
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else Tag(*row)


async def find_titled(connection: AsyncConnection, title: str) -> Tag | None:
    """The tag that is called so: case, accents and е or ё make no other tag of it."""
    query = select(tags.c.id, tags.c.title, tags.c.colour).where(tags.c.key == tag_key(title))
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else Tag(*row)


def tag_key(title: str) -> str:
    """What two titles of one tag have in common. Signs alone are a name, too: «!!!»."""
    return (folded(title) or title.strip())[:100]


async def _enter(tx: Write, actor: Agent, kind: str, record_id: int) -> None:
    if kind not in _DOORS:
        raise NotFound(kind=kind)
    await _DOORS[kind](tx.connection, actor, existing_id(record_id), Action.EDIT)


async def _told(
    tx: Write, now: datetime, actor: Agent, kind: str, record_id: int, action: str, tag: Tag
) -> None:
    await audit.record(tx, now, actor.id, action, kind, record_id, tag=tag.title)
    await renew(tx, kind, record_id)


def _bears(kind: str, record_id: int) -> Any:
    return (tagged.c.kind == kind) & (tagged.c.record_id == record_id)
