"""The tags of an office, kept in order by an administrator: renamed, coloured, joined, removed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, case, delete, func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core import audit
from crm_core.agents.directory import DirectoryChanged
from crm_core.agents.people import Agent
from crm_core.agents.roles import Role, id_of, require
from crm_core.clock import Clock
from crm_core.errors import Invalid, NotFound
from crm_core.search.renewing import outdate
from crm_core.storage.engine import Storage, Write
from crm_core.tags.colours import Colour
from crm_core.tags.reading import Tag, by_title
from crm_core.tags.tables import tagged, tags
from crm_core.tags.tagging import LONGEST_TAG, find_tag, find_titled, tag_key
from crm_core.wording import line


@dataclass(frozen=True, slots=True)
class UsedTag:
    """A tag, and how many clients, leads and deals bear it."""

    tag: Tag
    clients: int
    leads: int
    deals: int

    @property
    def count(self) -> int:
        return self.clients + self.leads + self.deals


async def list_used_tags(connection: AsyncConnection) -> list[UsedTag]:
    """Every tag by the alphabet."""
    counts = [
        func.sum(case((tagged.c.kind == kind, 1), else_=0)) for kind in ("client", "lead", "deal")
    ]
    query = (
        select(tags.c.id, tags.c.title, tags.c.colour, *counts)
        .outerjoin(tagged, tagged.c.tag_id == tags.c.id)
        .group_by(tags.c.id, tags.c.title, tags.c.colour)
    )
    found = [
        UsedTag(Tag(tag_id, title, colour), *map(int, used))
        for tag_id, title, colour, *used in await connection.execute(query)
    ]
    return sorted(found, key=lambda used: by_title(used.tag))


class TagKeeping:
    """Commands for administrators, audited. NotFound for no such tag."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock

    async def rename(self, actor: Agent | None, tag_id: int, title: str) -> None:
        """Call it otherwise, wherever it is. Invalid("title", "title_taken"): join them."""
        title = line("title", title, limit=LONGEST_TAG)
        require(actor, Role.ADMINISTRATOR)
        async with self._storage.write() as tx:
            tag = await _get(tx, tag_id)
            other = await find_titled(tx.connection, title)
            if other is not None and other.id != tag_id:
                raise Invalid("title", "title_taken", value=title)
            if tag.title == title:
                return
            chosen = update(tags).where(tags.c.id == tag_id)
            await tx.execute(chosen.values(title=title, key=tag_key(title)))
            await self._told(tx, actor, tag_id, "edited", {"title": [tag.title, title]})
            await _outdate(tx, tag_id)

    async def paint(self, actor: Agent | None, tag_id: int, colour: Colour) -> None:
        """Give it another colour."""
        require(actor, Role.ADMINISTRATOR)
        async with self._storage.write() as tx:
            tag = await _get(tx, tag_id)
            if tag.colour == colour:
                return
            await tx.execute(update(tags).where(tags.c.id == tag_id).values(colour=colour.value))
            await self._told(tx, actor, tag_id, "edited", {"colour": [tag.colour, colour.value]})

    async def join(self, actor: Agent | None, tag_id: int, into_id: int) -> int:
        """Have whatever bears the one bear the other, and the one be gone; how many bore it.

        Invalid("into", "not_a_choice") for the same tag.
        """
        require(actor, Role.ADMINISTRATOR)
        async with self._storage.write() as tx:
            tag, into = await _get(tx, tag_id), await _get(tx, into_id)
            if tag.id == into.id:
                raise Invalid("into", "not_a_choice")
            count = await _outdate(tx, tag_id)
            mine, other = tagged.alias(), tagged.alias()
            same = (other.c.kind == mine.c.kind) & (other.c.record_id == mine.c.record_id)
            both = select(other.c.tag_id).where(same, other.c.tag_id == into_id).exists()
            lacking = select(mine.c.kind, mine.c.record_id, literal(into_id)).where(
                mine.c.tag_id == tag_id, ~both
            )
            await tx.execute(insert(tagged).from_select(["kind", "record_id", "tag_id"], lacking))
            await self._gone(tx, tag_id)
            told = {"title": tag.title, "into": into.title, "count": count}
            await self._told(tx, actor, tag_id, "joined", told)
        return count

    async def remove(self, actor: Agent | None, tag_id: int) -> int:
        """Take it off everything, and be rid of it; how many bore it."""
        require(actor, Role.ADMINISTRATOR)
        async with self._storage.write() as tx:
            tag = await _get(tx, tag_id)
            count = await _outdate(tx, tag_id)
            await self._gone(tx, tag_id)
            told = {"title": tag.title, "count": count}
            await self._told(tx, actor, tag_id, "removed_tag", told)
        return count

    async def _gone(self, tx: Write, tag_id: int) -> None:
        await tx.execute(delete(tagged).where(tagged.c.tag_id == tag_id))
        await tx.execute(delete(tags).where(tags.c.id == tag_id))

    async def _told(
        self, tx: Write, actor: Agent | None, tag_id: int, action: str, details: Mapping[str, Any]
    ) -> None:
        now = self._clock.now()
        await audit.record(tx, now, id_of(actor), action, "tag", tag_id, **details)
        tx.announce(DirectoryChanged("tags"))


async def _get(tx: Write, tag_id: int) -> Tag:
    tag = await find_tag(tx.connection, tag_id)
    if tag is None:
        raise NotFound(tag_id=tag_id)
    return tag


async def _outdate(tx: Write, tag_id: int) -> int:
    """Have what bears the tag found anew; how many do."""
    await outdate(tx, _bearing(tag_id))
    count = select(func.count()).select_from(tagged).where(tagged.c.tag_id == tag_id)
    return int((await tx.execute(count)).scalar_one())


def _bearing(tag_id: int) -> Select[tuple[str, int]]:
    return select(tagged.c.kind, tagged.c.record_id).where(tagged.c.tag_id == tag_id)
