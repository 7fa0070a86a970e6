"""What each person has chosen for himself: small values by a word, nobody else's business."""

from enum import StrEnum
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.people import Agent
from crm_core.storage.engine import Storage
from crm_core.tables import preferences


class Preference(StrEnum):
    """What may be chosen; the word is stored."""

    CARD = "card"  # {"fields": [ids], "sections": [ids]}: own fields one does not want to see
    # {"columns": [names], "view": id, "look": "board" or "list"}: how one likes to see a list
    LIST_CLIENTS = "list:clients"
    LIST_LEADS = "list:leads"
    LIST_DEALS = "list:deals"
    LIST_TASKS = "list:tasks"
    LIST_CALLS = "list:calls"


async def read_preference(connection: AsyncConnection, agent_id: int, key: Preference) -> Any:
    """What the person has chosen; None where he never did."""
    query = select(preferences.c.value).where(
        preferences.c.agent_id == agent_id, preferences.c.key == key.value
    )
    return (await connection.execute(query)).scalar_one_or_none()


class Preferences:
    """Commands on one's own preferences."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def keep(self, actor: Agent, key: Preference, value: Any) -> None:
        """Remember the choice; None forgets it."""
        async with self._storage.write() as tx:
            mine = (preferences.c.agent_id == actor.id) & (preferences.c.key == key.value)
            await tx.execute(delete(preferences).where(mine))
            if value is not None:
                row = {"agent_id": actor.id, "key": key.value, "value": value}
                await tx.execute(insert(preferences).values(**row))
