"""Who has which record open: so that two people on one card see each other."""

from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Present:
    """Those who have a record open, in the order in which they came."""

    topic: str
    people: tuple[tuple[int, str], ...]  # agent id, name

    @property
    def element_id(self) -> str:
        return f"present-{self.topic.replace(':', '-')}"


class Presence:
    """Counts connections by topic and person: two tabs of one person are one."""

    def __init__(self) -> None:
        self._there: defaultdict[str, dict[Hashable, tuple[int, str]]] = defaultdict(dict)

    def enter(self, topic: str, connection: Hashable, agent_id: int, name: str) -> None:
        """This connection of somebody has the record open from now on."""
        self._there[topic][connection] = (agent_id, name)

    def leave(self, topic: str, connection: Hashable) -> None:
        """It has no longer; leaving twice is no error."""
        there = self._there.get(topic, {})
        there.pop(connection, None)
        if not there:
            self._there.pop(topic, None)

    def at(self, topic: str) -> Present:
        """Who has the record open now."""
        return Present(topic, tuple(dict.fromkeys(self._there.get(topic, {}).values())))
