"""The office's short lists, kept in memory for forms that must be drawn while a phone rings."""

from dataclasses import dataclass

from crm_core.agents.directory import (
    Disposition,
    PauseReason,
    list_dispositions,
    list_pause_reasons,
    list_queues,
)
from crm_core.agents.people import list_agents
from crm_core.storage.engine import Storage


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody a task may be given to."""

    agent_id: int
    name: str


class OfficeLists:
    """Dispositions, pause reasons, queue titles, colleagues; read anew when any of them changes."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self.dispositions: tuple[Disposition, ...] = ()
        self.pause_reasons: tuple[PauseReason, ...] = ()
        self.colleagues: tuple[Colleague, ...] = ()
        self._titles: dict[str, str] = {}
        self._names: dict[int, str] = {}

    async def read(self) -> None:
        """Take all lists from the database; call once before use."""
        async with self._storage.read() as connection:
            self.dispositions = tuple(await list_dispositions(connection))
            self.pause_reasons = tuple(await list_pause_reasons(connection))
            self._titles = {q.name: q.title for q in await list_queues(connection, active=None)}
            agents = await list_agents(connection)
        self.colleagues = tuple(Colleague(each.id, each.name) for each in agents if each.active)
        self._names = {agent.id: agent.name for agent in agents}

    async def on_directory_changed(self, fact: object) -> None:
        await self.read()

    def name_of(self, agent_id: int) -> str:
        """What the agent is called; "" for nobody."""
        return self._names.get(agent_id, "")

    def queue_title(self, name: str) -> str:
        """What people call the queue that Asterisk calls `name`."""
        return self._titles.get(name, name)

    def pause_title(self, code: str) -> str:
        return next((reason.title for reason in self.pause_reasons if reason.code == code), code)
