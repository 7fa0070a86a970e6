"""What people say to each other about a task."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.people import Agent
from crm_core.agents.tables import agents
from crm_core.clock import Clock
from crm_core.errors import Invalid
from crm_core.events import TaskChanged
from crm_core.storage.engine import Storage
from crm_core.tasks.access import access_task
from crm_core.tasks.tables import task_comments
from crm_core.wording import paragraphs

LONGEST_COMMENT: Final = 4000  # characters
MOST_SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class Comment:
    """`agent_name` is None where the author is nobody of ours any more."""

    id: int
    agent_id: int | None
    agent_name: str | None
    text: str
    at: datetime


class Comments:
    """Whoever sees a task may say something about it; what was said stays."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock

    async def add(self, actor: Agent, task_id: int, written: str) -> int:
        """Say something. Invalid `text` required, too_long; NotFound."""
        text = paragraphs("text", written, limit=LONGEST_COMMENT)
        if not text:
            raise Invalid("text", "required")
        async with self._storage.write() as tx:
            await access_task(tx.connection, actor, task_id)
            row = {"task_id": task_id, "agent_id": actor.id, "text": text, "at": self._clock.now()}
            made = await tx.execute(insert(task_comments).values(**row))
            tx.announce(TaskChanged(task_id=task_id))
        return int(made.inserted_primary_key[0])


async def list_comments(connection: AsyncConnection, task_id: int) -> list[Comment]:
    """What was said about a task that the caller has made sure may be seen; the first first."""
    query = (
        select(
            task_comments.c.id,
            task_comments.c.agent_id,
            agents.c.name.label("agent_name"),
            task_comments.c.text,
            task_comments.c.at,
        )
        .outerjoin(agents, agents.c.id == task_comments.c.agent_id)
        .where(task_comments.c.task_id == task_id)
        .order_by(task_comments.c.id.desc())
        .limit(MOST_SHOWN)
    )
    newest_first = [Comment(**row) for row in (await connection.execute(query)).mappings()]
    return newest_first[::-1]
