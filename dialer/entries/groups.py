"""Of whom a list consists: how many of those who are left stand in each kind of bucket."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.entries.buckets import Key
from dialer.entries.states import OPEN
from dialer.entries.tables import entries, entry_buckets


async def groups_of(connection: AsyncConnection, campaign_id: int) -> dict[Key, int]:
    """By zones (as text), segment and kind of number: those who may still be dialled some day."""
    of, left = entry_buckets.c, entries.c
    query = (
        select(of.zones, of.segment, of.kind, func.count())
        .join(entries, left.bucket_id == of.id)
        .where(of.campaign_id == campaign_id, left.state.in_([each.value for each in OPEN]))
        .group_by(of.zones, of.segment, of.kind)
    )
    rows = await connection.execute(query)
    return {(zones, segment, kind): int(count) for zones, segment, kind, count in rows}
