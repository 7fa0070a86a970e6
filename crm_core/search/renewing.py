"""Texts that are older than what their records say: written down in the change that outdates them,
composed anew in small writes, and taken up again after a stop."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Select, delete, insert, select

from crm_core.deals.tables import deals
from crm_core.events import ClientChanged, DealChanged, LeadChanged
from crm_core.leads.tables import leads
from crm_core.search.index import reindex
from crm_core.search.kinds import SearchKind
from crm_core.search.tables import outdated_texts
from crm_core.storage.engine import Storage, Write

AT_ONCE: Final = 20
"""Records in one write, so that nobody who writes meanwhile waits long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextsOutdated:
    """There is something in `outdated_texts`."""


async def outdate(tx: Write, records: Select[tuple[str, int]]) -> None:
    """Have the records (kind and id) that `records` selects found anew, soon and whatever happens:
    by what they say then."""
    asked = records.subquery()
    kind, record_id = asked.c
    known = outdated_texts.select().where(
        outdated_texts.c.kind == kind, outdated_texts.c.record_id == record_id
    )
    lacking = select(kind, record_id).where(~known.exists())
    await tx.execute(insert(outdated_texts).from_select(["kind", "record_id"], lacking))
    tx.announce(TextsOutdated())


class TextRenewal:
    """Composes outdated texts anew, the oldest first."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def handlers(self) -> dict[type, Callable[[TextsOutdated], Awaitable[None]]]:
        return {TextsOutdated: self.on_texts_outdated}

    async def run(self) -> None:
        """Do what an earlier start left, then stay."""
        await self.renew_all()
        await asyncio.Event().wait()

    async def on_texts_outdated(self, _fact: TextsOutdated) -> None:
        await self.renew_all()

    async def renew_all(self) -> None:
        """Until no text is older than its record."""
        oldest = select(outdated_texts).order_by(outdated_texts.c.id).limit(AT_ONCE)
        while True:
            async with self._storage.read() as connection:
                if (await connection.execute(oldest.limit(1))).first() is None:
                    return
            async with self._storage.write() as tx:
                for row_id, kind, record_id in (await tx.execute(oldest)).all():
                    await tx.execute(delete(outdated_texts).where(outdated_texts.c.id == row_id))
                    await renew(tx, kind, record_id)


async def renew(tx: Write, kind: str, record_id: int) -> None:
    """Have a client, lead or deal found by what it says now, and its open pages fetched anew."""
    await reindex(tx, SearchKind(kind), record_id)
    if kind == "client":
        tx.announce(ClientChanged(client_id=record_id))
        return
    table = leads if kind == "lead" else deals
    query = select(table.c.client_id).where(table.c.id == record_id)
    client_id = (await tx.execute(query)).scalar_one_or_none()
    if client_id is not None and kind == "lead":
        tx.announce(LeadChanged(lead_id=record_id, client_id=client_id))
    elif client_id is not None:
        tx.announce(DealChanged(deal_id=record_id, client_id=client_id))
