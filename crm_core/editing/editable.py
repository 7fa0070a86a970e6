"""What the one way of editing has to know of a kind of record."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Column, Table
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.people import Agent
from crm_core.agents.rights import Action
from crm_core.editing.fields import Field, Row
from crm_core.storage.engine import Write

LONGEST_NAMED: Final = 120

Door = Callable[[AsyncConnection, Agent, int, Action], Awaitable[object]]
"""May this person do this with that record? Raises NotFound or Forbidden."""

RowDoor = Callable[[AsyncConnection, Agent, Row, Action], Awaitable[object]]

Changed = Callable[[Write, datetime, Row], Awaitable[None]]
"""What every change ends with, given the row as it is now: version, index, announcement."""

Further = Callable[[AsyncConnection, Agent, Collection[str]], Awaitable[Mapping[str, Field]]]
"""Fields that are known only at the moment of the edit: those of these names that this person may
see."""


@dataclass(frozen=True, slots=True)
class Editable:
    """A kind of record: `subject` is its word in the audit trail.

    A part hangs on another record (a contact on his client): `whole` names the column of that
    record's id and the record's own word; its door is asked, its history tells the change. Only a
    part can be removed; `held_by` are the columns that may name it, emptied meanwhile.
    """

    subject: str
    table: Table
    fields: Mapping[str, Field]
    door: Door
    changed: Changed
    whole: tuple[str, str] | None = None
    held_by: tuple[Column[Any], ...] = ()
    called: str = "name"
    """The column that names a part in the history."""
    further: Further | None = None
    narrower: RowDoor | None = None
    """Asked instead of `door` where the row itself says what else it belongs to."""

    async def enter(self, connection: AsyncConnection, actor: Agent, row: Row) -> None:
        """Return where `actor` may edit `row`. NotFound, Forbidden."""
        if self.narrower is not None:
            await self.narrower(connection, actor, row, Action.EDIT)
        else:
            await self.door(connection, actor, self.record_of(row)[1], Action.EDIT)

    async def fields_named(
        self, connection: AsyncConnection, actor: Agent, names: Collection[str]
    ) -> Mapping[str, Field]:
        """Those of `names` that are fields and that `actor` may see."""
        fixed = {name: self.fields[name] for name in names if name in self.fields}
        if self.further is None:
            return fixed
        return {**await self.further(connection, actor, names), **fixed}

    def named(self, row: Row) -> str:
        """What the history calls a part: its name, or how its text begins."""
        return str(row[self.called])[:LONGEST_NAMED]

    def record_of(self, row: Row) -> tuple[str, int]:
        """The record whose history tells a change of `row`: word and id."""
        if self.whole is None:
            return self.subject, int(row["id"])
        column, subject = self.whole
        return subject, int(row[column])
