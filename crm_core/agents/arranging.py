"""How every row of the office's lists is made and changed: unique, audited, announced."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Table, insert, select, update

from crm_core import audit
from crm_core.agents.directory import DirectoryChanged, Kind
from crm_core.agents.people import Agent
from crm_core.agents.roles import Role, id_of, require
from crm_core.clock import Clock
from crm_core.errors import Invalid, NotFound
from crm_core.storage.engine import Storage, Write
from crm_core.wording import existing_id


class Arranging:
    """One list: its table, its word in the audit, and which columns nobody may share."""

    table: Table
    kind: Kind
    subject: str
    unique: Mapping[str, str]
    """Column -> the code that refuses a second row with the same value."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock

    async def retire(self, actor: Agent | None, row_id: int) -> None:
        """Offer it no longer; what it was used for keeps it. Raises NotFound."""
        await self._change(actor, row_id, {"active": False}, "retired")

    async def restore(self, actor: Agent | None, row_id: int) -> None:
        """Offer it again. Raises NotFound."""
        await self._change(actor, row_id, {"active": True}, "restored")

    async def _create(self, actor: Agent | None, values: dict[str, Any]) -> int:
        require(actor, Role.ADMINISTRATOR)
        async with self._storage.write() as tx:
            await self._refuse_taken(tx, values)
            await self._check(tx, {}, values)
            made = await tx.execute(insert(self.table).values(**values))
            row_id = int(made.inserted_primary_key[0])
            await self._told(tx, actor, row_id, "created", values)
        return row_id

    async def _change(
        self, actor: Agent | None, row_id: int, values: dict[str, Any], action: str = "edited"
    ) -> None:
        require(actor, Role.ADMINISTRATOR)
        async with self._storage.write() as tx:
            before = await self._get(tx, row_id)
            changed = audit.changes(before, values)
            if not changed:
                return
            await self._refuse_taken(tx, {field: values[field] for field in changed})
            await self._check(tx, before, values)
            chosen = update(self.table).where(self.table.c.id == row_id)
            await tx.execute(chosen.values(**values))
            await self._told(tx, actor, row_id, action, changed)

    async def _check(self, tx: Write, before: Mapping[str, Any], values: dict[str, Any]) -> None:
        """What a list refuses besides; `before` is empty for a new row."""

    async def _get(self, tx: Write, row_id: int) -> Mapping[str, Any]:
        query = select(self.table).where(self.table.c.id == existing_id(row_id))
        row = (await tx.execute(query)).mappings().one_or_none()
        if row is None:
            raise NotFound(subject=self.subject, id=row_id)
        return dict(row)

    async def _told(
        self, tx: Write, actor: Agent | None, row_id: int, action: str, details: Mapping[str, Any]
    ) -> None:
        now = self._clock.now()
        await audit.record(tx, now, id_of(actor), action, self.subject, row_id, **details)
        tx.announce(DirectoryChanged(self.kind))

    async def _refuse_taken(self, tx: Write, values: Mapping[str, Any]) -> None:
        for column, code in self.unique.items():
            if column not in values:
                continue
            same: ColumnElement[bool] = self.table.c[column] == values[column]
            if (await tx.execute(select(self.table.c.id).where(same))).first() is not None:
                raise Invalid(column, code, value=values[column])


def only_known(fields: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    """Raise Invalid(field, "unknown_field") for a field that the list does not have."""
    for field in fields:
        if field not in known:
            raise Invalid(field, "unknown_field")
