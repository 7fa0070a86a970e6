"""The one door of what belongs to a client and has an owner of its own: a deal, a lead."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Table, and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.ownership import owned_within
from crm_core.agents.people import Agent
from crm_core.agents.rights import Action, RecordKind
from crm_core.clients.access import visible_clients
from crm_core.clients.tables import clients
from crm_core.errors import Forbidden, NotFound
from crm_core.wording import existing_id


@dataclass(frozen=True, slots=True)
class Door:
    """Who may see, edit, export or delete records of a `kind`. Nobody sees a deleted one, nor one
    of a client that he may not see."""

    kind: RecordKind
    table: Table

    def visible(self, actor: Agent, action: Action = Action.SEE) -> ColumnElement[bool]:
        """The condition on the table for those with which `actor` may do `action`."""
        return and_(self.table.c.deleted_at.is_(None), self._within(actor, action))

    def deleted(self, actor: Agent) -> ColumnElement[bool]:
        """The condition on the table for the deleted ones that `actor` may bring back."""
        return and_(self.table.c.deleted_at.is_not(None), self._within(actor, Action.DELETE))

    def _within(self, actor: Agent, action: Action) -> ColumnElement[bool]:
        scope, table = actor.scope(self.kind, action), self.table
        seen = select(clients.c.id).where(clients.c.id == table.c.client_id, visible_clients(actor))
        return and_(
            owned_within(scope, table.c.owner_agent_id, actor.id),
            seen.correlate(table).exists(),
        )

    async def access(
        self,
        connection: AsyncConnection,
        actor: Agent,
        record_id: int,
        action: Action = Action.SEE,
    ) -> None:
        """Return where `actor` may do `action` with the record. NotFound for one that he may not
        even see, Forbidden for one that he only sees."""
        if not await self.allows(connection, actor, record_id, Action.SEE):
            raise NotFound(kind=self.kind.value, record_id=record_id)
        if not await self.allows(connection, actor, record_id, action):
            raise Forbidden(role=actor.role.value)

    async def allows(
        self, connection: AsyncConnection, actor: Agent, record_id: int, action: Action
    ) -> bool:
        """Whether `actor` may do `action` with the record; False where there is none such."""
        wanted = self.table.c.id == existing_id(record_id)
        query = select(self.table.c.id).where(wanted, self.visible(actor, action))
        return actor.active and (await connection.execute(query)).first() is not None
