"""By which of Asterisk's ids a call is known, and which channels are another call's."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.calls.tables import call_legs, call_linkedids
from telephony.events import LegRole

_AT_ONCE = 500  # SQLite takes 999 values in a statement in its older builds


async def ids_of(connection: AsyncConnection, call_id: str) -> tuple[str, ...]:
    """The linkedids of the call and the uniqueids of its legs."""
    linkedids = select(call_linkedids.c.linkedid).where(call_linkedids.c.call_id == call_id)
    legs = select(call_legs.c.uniqueid).where(call_legs.c.call_id == call_id)
    found = (await connection.execute(linkedids.union(legs))).scalars()
    return tuple(sorted(found))


async def strangers_among(
    connection: AsyncConnection, ids: Iterable[str], call_id: str
) -> frozenset[str]:
    """Those of the uniqueids that are an outside party's in another call than this one."""
    every, strangers = sorted(ids), set()
    for start in range(0, len(every), _AT_ONCE):
        query = select(call_legs.c.uniqueid).where(
            call_legs.c.uniqueid.in_(every[start : start + _AT_ONCE]),
            call_legs.c.call_id != call_id,
            call_legs.c.role == LegRole.TRUNK.value,
        )
        strangers |= set((await connection.execute(query)).scalars())
    return frozenset(strangers)
