"""The small numbers in the navigation: what is late, for whom it is late."""

from collections.abc import Mapping

from crm_core.agents.people import Agent
from crm_core.agents.roles import Role
from crm_core.clock import Clock
from crm_core.storage.engine import Storage
from crm_core.tasks.queries import Scope, TaskFilter, count_tasks


async def count_late(storage: Storage, clock: Clock, agent: Agent) -> Mapping[str, int]:
    """`{path of the entry: n}`: an operator's own and his teams' late tasks; for a supervisor the
    callbacks that escalated to him."""
    now = clock.now()
    if agent.role is Role.SUPERVISOR:
        asked = [TaskFilter(escalated=True)]
    else:
        asked = [TaskFilter(scope=scope, overdue_at=now) for scope in (Scope.MINE, Scope.TEAM)]
    async with storage.read() as connection:
        late = [await count_tasks(connection, agent, each) for each in asked]
    return {"/tasks": sum(late)}
