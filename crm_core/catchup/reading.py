"""What our call log has of the conversations that the exchange's log tells."""

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BindParameter, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.calls.tables import call_linkedids, call_talks, calls
from crm_core.catchup.comparing import KnownCall

_IDS: Final[BindParameter[Any]] = bindparam("ids", expanding=True)
AT_ONCE: Final = 5000  # ids in a statement: SQLite takes 32,766
_COLUMNS: Final = [
    calls.c[name]
    for name in (
        *("call_id", "direction", "caller", "dialled", "queue", "outcome"),
        *("started_at", "ended_at", "complete"),
    )
]
_OWNERS: Final = select(call_linkedids.c.call_id).where(call_linkedids.c.linkedid.in_(_IDS))
_OF_IDS: Final = select(*_COLUMNS).where(calls.c.call_id.in_(_IDS))
_BETWEEN: Final = (
    select(calls.c.call_id)
    .where(
        calls.c.started_at >= bindparam("since", type_=calls.c.started_at.type),
        calls.c.started_at < bindparam("until", type_=calls.c.started_at.type),
        calls.c.ended_at.is_not(None),
    )
    .order_by(calls.c.started_at)
)
_LINKEDIDS: Final = select(call_linkedids).where(call_linkedids.c.call_id.in_(_IDS))
_TALKS: Final = (
    select(call_talks.c.call_id, call_talks.c.interface)
    .where(call_talks.c.call_id.in_(_IDS))
    .order_by(call_talks.c.started_at, call_talks.c.id)
)


async def find_known(connection: AsyncConnection, keys: Collection[str]) -> list[KnownCall]:
    """The calls that go by any of these ids or linkedids."""
    # Two statements: in one, "this id or that linkedid" has PostgreSQL read the whole log.
    owners = (await connection.execute(_OWNERS, {"ids": list(keys)})).scalars()
    ids = {*keys, *owners}
    rows = (await connection.execute(_OF_IDS, {"ids": list(ids)})).mappings().all()
    return await _with_parts(connection, rows)


async def list_ids_between(
    connection: AsyncConnection, since: datetime, until: datetime
) -> list[str]:
    """Of the ended calls that began from `since` to before `until`, the earliest first. Of a busy
    month these are many: the calls themselves would not fit in memory."""
    between = {"since": since, "until": until}
    return list((await connection.execute(_BETWEEN, between)).scalars())


async def known_by_ids(
    connection: AsyncConnection, call_ids: Sequence[str]
) -> AsyncIterator[KnownCall]:
    """These calls, in their order; a few thousand are in memory at a time."""
    for start in range(0, len(call_ids), AT_ONCE):
        ids = call_ids[start : start + AT_ONCE]
        rows = (await connection.execute(_OF_IDS, {"ids": ids})).mappings().all()
        found = {known.call_id: known for known in await _with_parts(connection, rows)}
        for call_id in ids:
            if call_id in found:
                yield found[call_id]


async def open_since(
    connection: AsyncConnection, earliest: datetime, living: Collection[str]
) -> datetime | None:
    """When the oldest call began that is open in our log, not older than `earliest` and none of the
    `living`."""
    query = select(calls.c.call_id, calls.c.started_at).where(
        calls.c.ended_at.is_(None), calls.c.started_at >= earliest
    )
    rows = await connection.execute(query)
    return min((row.started_at for row in rows if row.call_id not in living), default=None)


async def _with_parts(connection: AsyncConnection, rows: Sequence[Any]) -> list[KnownCall]:
    keys: Mapping[str, set[str]] = defaultdict(set)
    phones: Mapping[str, dict[str, None]] = defaultdict(dict)
    for start in range(0, len(rows), AT_ONCE):
        ids = {"ids": [row["call_id"] for row in rows[start : start + AT_ONCE]]}
        for row in await connection.execute(_LINKEDIDS, ids):
            keys[row.call_id].add(row.linkedid)
        for row in await connection.execute(_TALKS, ids):
            phones[row.call_id][row.interface] = None
    return [
        KnownCall(
            **row,
            keys=frozenset(keys[row["call_id"]] | {row["call_id"]}),
            answered_by=tuple(phones[row["call_id"]]),
        )
        for row in rows
    ]
