"""An agent as the rest of the product sees one, and how to read agents."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.roles import Role
from crm_core.agents.tables import agents
from crm_core.errors import NotFound
from crm_core.wording import existing_id


@dataclass(frozen=True, slots=True)
class Agent:
    """Everyone who logs in, in whatever role; shown as "operator" where he is one."""

    id: int
    login: str
    name: str
    role: Role
    language: str
    time_zone: str
    theme: str
    active: bool


_FIELDS = ("id", "login", "name", "role", "language", "time_zone", "theme", "active")


def agent_columns() -> list[Column[Any]]:
    """The columns that make an Agent."""
    return [agents.c[field] for field in _FIELDS]


def agent_from(row: RowMapping | Mapping[str, Any]) -> Agent:
    """An Agent out of a row that holds `agent_columns()`."""
    values = {field: row[field] for field in _FIELDS}
    return Agent(**{**values, "role": Role(values["role"])})


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
