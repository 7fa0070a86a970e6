"""Tags: all of them, and those that a record bears."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.tags.tables import tagged, tags


@dataclass(frozen=True, slots=True)
class Tag:
    """`colour` is a word of `colours.Colour`, "" for none."""

    id: int
    title: str
    colour: str


async def list_tags(connection: AsyncConnection) -> list[Tag]:
    """Every tag, by the alphabet."""
    query = select(tags.c.id, tags.c.title, tags.c.colour)
    found = [Tag(**row) for row in (await connection.execute(query)).mappings()]
    return sorted(found, key=by_title)


async def tags_of(
    connection: AsyncConnection, kind: str, ids: Collection[int]
) -> dict[int, tuple[Tag, ...]]:
    """The tags of each of these records, by the alphabet; () for one that bears none."""
    query = (
        select(tagged.c.record_id, tags.c.id, tags.c.title, tags.c.colour)
        .join(tags, tags.c.id == tagged.c.tag_id)
        .where(tagged.c.kind == kind, tagged.c.record_id.in_(ids))
    )
    found = defaultdict[int, list[Tag]](list)
    for record_id, *tag in await connection.execute(query):
        found[record_id].append(Tag(*tag))
    return {record_id: tuple(sorted(found[record_id], key=by_title)) for record_id in ids}


def by_title(tag: Tag) -> tuple[str, int]:
    """The alphabet, the same on both engines."""
    return tag.title.casefold(), tag.id


def tagged_with(
    kind: str, record_id_column: ColumnElement[int], tag_id: int
) -> ColumnElement[bool]:
    """Whether the record of that id bears the tag."""
    return (
        select(tagged.c.tag_id)
        .where(
            tagged.c.kind == kind,
            tagged.c.record_id == record_id_column,
            tagged.c.tag_id == tag_id,
        )
        .exists()
    )
