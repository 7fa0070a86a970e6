"""An agent as the rest of the product sees one, and how to read agents."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.rights import Action, RecordKind, Rights, Scope, rights_of
from crm_core.agents.roles import Role
from crm_core.agents.tables import agents, role_rights
from crm_core.errors import NotFound
from crm_core.wording import existing_id


@dataclass(frozen=True, slots=True)
class Agent:
    """Everyone who logs in, in whatever role; shown as "operator" where he is one.

    `newcomer`: kept from key clients that are not his own. `rights`: those of his role.
    """

    id: int
    login: str
    name: str
    role: Role
    language: str
    time_zone: str
    theme: str
    active: bool
    newcomer: bool
    rights: Rights = field(compare=False)

    def scope(self, kind: RecordKind, action: Action) -> Scope:
        """With whose records of `kind` he may do `action`."""
        return self.rights.scope(kind, action)


_FIELDS = ("id", "login", "name", "role", "language", "time_zone", "theme", "active", "newcomer")
_RIGHTS = select(role_rights.c.rights).where(role_rights.c.role == agents.c.role).scalar_subquery()


def agent_columns() -> list[ColumnElement[Any]]:
    """The columns that make an Agent."""
    return [*(agents.c[name] for name in _FIELDS), _RIGHTS.label("rights")]


def agent_from(row: RowMapping | Mapping[str, Any]) -> Agent:
    """An Agent out of a row that holds `agent_columns()`."""
    values = {name: row[name] for name in _FIELDS}
    role = Role(values["role"])
    return Agent(**{**values, "role": role}, rights=rights_of(role, row["rights"]))


async def get_agent(connection: AsyncConnection, agent_id: int) -> Agent:
    """The agent, active or not. Raises NotFound."""
    query = select(*agent_columns()).where(agents.c.id == existing_id(agent_id))
    row = (await connection.execute(query)).mappings().one_or_none()
    if row is None:
        raise NotFound(agent_id=agent_id)
    return agent_from(row)


async def list_agents(
    connection: AsyncConnection, *, role: Role | None = None, active: bool | None = True
) -> list[Agent]:
    """Everybody by name; `active=None` includes those who left."""
    query = select(*agent_columns()).order_by(agents.c.name, agents.c.id)
    if role is not None:
        query = query.where(agents.c.role == role.value)
    if active is not None:
        query = query.where(agents.c.active == active)
    return [agent_from(row) for row in (await connection.execute(query)).mappings()]
