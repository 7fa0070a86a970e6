"""Keeps what a record is found by: called by whoever writes it, in the same transaction."""

from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.leads.tables import leads
from crm_core.search.composing import searched_text
from crm_core.search.kinds import SearchKind, first_place, last_place
from crm_core.search.tables import search_texts
from crm_core.storage.engine import Write


async def reindex(tx: Write, kind: SearchKind, record_id: int) -> None:
    """Have the record found by what it holds now, before all others of its kind; one that is gone
    or deleted is found no more. A client's own note goes with him, and so do the leads of somebody
    who is none yet: they are found by his name and numbers."""
    await _renew(tx, kind, record_id)
    if kind is SearchKind.CLIENT:
        await _renew(tx, SearchKind.CLIENT_NOTE, record_id)
        theirs = select(leads.c.id).where(leads.c.client_id == record_id).order_by(leads.c.id)
        for lead_id in (await tx.execute(theirs)).scalars().all():
            await _renew(tx, SearchKind.LEAD, lead_id)


async def _renew(tx: Write, kind: SearchKind, record_id: int) -> None:
    text = await searched_text(tx.connection, kind, record_id)
    this = (search_texts.c.record_id == record_id) & (search_texts.c.kind == kind.value)
    await tx.execute(delete(search_texts).where(this))
    if text:
        place = await _next_place(tx.connection, kind)
        row = {"id": place, "kind": kind.value, "record_id": record_id, "text": text}
        await tx.execute(insert(search_texts).values(**row))


async def _next_place(connection: AsyncConnection, kind: SearchKind) -> int:
    newest = select(func.max(search_texts.c.id)).where(
        search_texts.c.id > first_place(kind), search_texts.c.id <= last_place(kind)
    )
    return int((await connection.execute(newest)).scalar_one() or first_place(kind)) + 1
