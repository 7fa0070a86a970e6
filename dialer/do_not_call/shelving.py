"""Numbers of a file into the database and out again, thousands in a statement."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, delete, select, text, update
from sqlalchemy.sql.elements import TextClause

from crm_core.errors import Conflict
from crm_core.storage.base import Instant
from crm_core.storage.engine import Storage, Write
from dialer.do_not_call.kinds import How, ImportState
from dialer.do_not_call.tables import (
    do_not_call_imported,
    do_not_call_imports,
    do_not_call_numbers,
)

IN_ONE_WRITE: Final = 5_000
STRETCH: Final = 20_000
"""Numbers looked at at once while old ones are deleted."""

MOST_SECONDS: Final = 0.05
"""A write longer than that keeps the journal waiting, for which a phone rings."""


class Portion:
    """How many numbers go into one write: as many as it takes in time, found by trying (pure)."""

    least, most = 250, 10_000

    def __init__(self) -> None:
        self.size = self.most // 4

    def took(self, seconds: float) -> None:
        """Learn from a write of `size` numbers."""
        if seconds > MOST_SECONDS:
            self.size = max(self.least, self.size // 2)
        elif seconds < MOST_SECONDS / 3:
            self.size = min(self.most, self.size * 2)


_NATIONAL: Final = """
INSERT INTO do_not_call_imported (number, import_id)
SELECT number, :import_id FROM ({numbers}) AS given WHERE true
ON CONFLICT DO NOTHING
"""
_KEPT: Final = """
INSERT INTO do_not_call_numbers (list_id, e164, how, reason, import_id, added_at, added_by, removal)
SELECT :list_id, '+' || number, :how, :reason, :import_id, :at, :by, ''
FROM ({numbers}) AS given WHERE true
ON CONFLICT DO NOTHING
"""
_GIVEN: Final = {
    "sqlite": "SELECT value AS number FROM json_each(:numbers)",
    "postgresql": "SELECT CAST(value AS bigint) AS number"
    " FROM json_array_elements_text(CAST(:numbers AS json))",
}


async def shelve(
    tx: Write, now: datetime, row: Mapping[str, Any], numbers: Sequence[int], *, national: bool
) -> None:
    """Keep the digits under the import of that row; what stands there already stays as it is."""
    if not numbers:
        return
    given = {"import_id": row["id"], "numbers": json.dumps(numbers)}
    if not national:
        given |= {"list_id": row["list_id"], "how": How.IMPORTED.value, "reason": row["source"]}
        given |= {"at": now, "by": row["imported_by"]}
    await tx.execute(_statement(tx, national=national), given)


async def drop(storage: Storage, import_ids: Collection[int]) -> None:
    """Delete the numbers of imports that will never hold again: a walk through all numbers, a
    stretch at a time, writing only where there is something to delete."""
    number, after = do_not_call_imported.c, 0
    theirs = number.import_id.in_(import_ids)
    while import_ids:
        beyond = number.number > after
        ends = select(number.number).where(beyond).order_by(number.number).offset(STRETCH - 1)
        async with storage.read() as connection:
            end = (await connection.execute(ends.limit(1))).scalar_one_or_none()
            stretch = beyond if end is None else beyond & (number.number <= end)
            some = select(number.number).where(stretch, theirs).limit(1)
            found = (await connection.execute(some)).first() is not None
        if found:
            async with storage.write() as tx:
                await _refuse_holding(tx, import_ids)
                await tx.execute(delete(do_not_call_imported).where(stretch, theirs))
        if end is None:
            return
        after = end


async def take_off(storage: Storage, now: datetime, agent_id: int | None, import_id: int) -> None:
    """Take the numbers that an import added off their list, a few at a time."""
    kept = do_not_call_numbers.c
    mine = (kept.import_id == import_id) & kept.removed_at.is_(None)
    some = select(kept.id).where(mine).order_by(kept.id).limit(IN_ONE_WRITE)
    gone = {"removed_at": now, "removed_by": agent_id, "removal": f"import {import_id}"}
    while True:
        async with storage.read() as connection:
            ids = list((await connection.execute(some)).scalars())
        if not ids:
            return
        async with storage.write() as tx:
            await _refuse_holding(tx, [import_id])
            these = (kept.id >= min(ids)) & (kept.id <= max(ids)) & mine
            await tx.execute(update(do_not_call_numbers).where(these).values(**gone))


async def _refuse_holding(tx: Write, import_ids: Collection[int]) -> None:
    imports = do_not_call_imports.c
    holding = (ImportState.IN_FORCE, ImportState.READING)
    query = select(imports.id).where(imports.id.in_(import_ids), imports.state.in_(holding))
    if (await tx.execute(query)).first() is not None:
        raise Conflict("import_in_force")  # somebody took it back meanwhile


def _statement(tx: Write, *, national: bool) -> TextClause:
    numbers = _GIVEN[tx.connection.dialect.name]
    if national:
        return text(_NATIONAL.format(numbers=numbers))
    return text(_KEPT.format(numbers=numbers)).bindparams(bindparam("at", type_=Instant()))
