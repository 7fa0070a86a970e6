"""After a field was hidden, shown, switched or its choices renamed: who bears it is found anew."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

from sqlalchemy import delete, insert, literal, select

from crm_core.custom_fields.events import FieldsReshaped
from crm_core.custom_fields.searched import RECORDS, bearing
from crm_core.custom_fields.tables import reshaped_fields
from crm_core.search.kinds import SearchKind
from crm_core.search.renewing import outdate
from crm_core.storage.engine import Storage, Write

AT_ONCE: Final = 200
"""Records in one write, so that nobody who writes meanwhile waits long."""


async def reshape(tx: Write, kind: str, field_ids: Iterable[int]) -> None:
    """Note that these fields of a kind of record are found by other words than before. Who bears
    them is looked for later: among a million clients that takes seconds, too long for a write."""
    rows = [{"kind": kind, "field_id": field_id} for field_id in field_ids]
    if rows:
        await tx.execute(insert(reshaped_fields), rows)
        tx.announce(FieldsReshaped())


class FieldSearch:
    """Finds who bears the fields that the office has shaped."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def handlers(self) -> dict[type, Callable[[FieldsReshaped], Awaitable[None]]]:
        return {FieldsReshaped: self.on_fields_reshaped}

    async def run(self) -> None:
        """Do what an earlier start left, then stay."""
        await self.outdate_all()
        await asyncio.Event().wait()

    async def on_fields_reshaped(self, _fact: FieldsReshaped) -> None:
        await self.outdate_all()

    async def outdate_all(self) -> None:
        """Until the texts of all who bear a reshaped field are among the outdated ones."""
        async with self._storage.read() as connection:
            rows = (
                await connection.execute(select(reshaped_fields).order_by(reshaped_fields.c.id))
            ).all()
        for row_id, kind, field_id in rows:
            async with self._storage.read() as connection:
                ids = await bearing(connection, kind, field_id)
            for begin in range(0, len(ids), AT_ONCE):
                await self._outdate(kind, ids[begin : begin + AT_ONCE])
            async with self._storage.write() as tx:
                await tx.execute(delete(reshaped_fields).where(reshaped_fields.c.id == row_id))

    async def _outdate(self, kind: str, ids: list[int]) -> None:
        record_id = RECORDS[SearchKind(kind)].c.id
        async with self._storage.write() as tx:
            await outdate(tx, select(literal(kind), record_id).where(record_id.in_(ids)))
