"""Until when the exchange has been watched: what came later has to be read from its own log."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import insert, select, update

from crm_core.catchup.tables import exchange_watch
from crm_core.storage.engine import Storage

EVERY_SECONDS: Final = 10.0
"""How often the moment is written down: after a kill so much more of the log is read, no more."""


@dataclass(frozen=True, slots=True)
class Watched:
    """`began_at`: the first time we ever listened; before it all is history."""

    began_at: datetime
    until: datetime


async def read_watched(storage: Storage) -> Watched | None:
    """None where nobody has ever listened."""
    query = select(exchange_watch.c.began_at, exchange_watch.c.watched_until)
    async with storage.read() as connection:
        row = (await connection.execute(query)).first()
    return Watched(row.began_at, row.watched_until) if row else None


async def note_watched(storage: Storage, at: datetime) -> None:
    """The exchange has been heard until `at`; an earlier moment than is known changes nothing."""
    later = exchange_watch.c.watched_until < at
    async with storage.write() as tx:
        changed = await tx.execute(update(exchange_watch).where(later).values(watched_until=at))
        if changed.rowcount:
            return
        if (await tx.execute(select(exchange_watch.c.id))).first() is None:
            await tx.execute(insert(exchange_watch).values(id=1, began_at=at, watched_until=at))
