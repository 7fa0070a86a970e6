"""Queues: the team that answers each, and the rules for what comes after its calls."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import delete, insert, select, update

from crm_core import audit
from crm_core.agents.arranging import Arranging, only_known
from crm_core.agents.directory import DirectoryChanged
from crm_core.agents.people import Agent, get_agent
from crm_core.agents.roles import Role, id_of, require
from crm_core.agents.tables import queue_members, queues
from crm_core.errors import Invalid, NotFound
from crm_core.wording import line, whole

_NAME = re.compile(r"[A-Za-z0-9_.@-]{1,128}")
LONGEST_WRAP_UP_SECONDS = 3600
SHORTEST_WRAP_UP_SECONDS = 5  # no hand is quicker; the wrap-up would only ever expire
LONGEST_CALLBACK_SECONDS = 7 * 24 * 3600
SHORTEST_CALLBACK_SECONDS = 60
HIGHEST_PENALTY = 100


class Queues(Arranging):
    """Commands on queues. Invalid: queue_bad, queue_taken, out_of_range (least, most), required,
    agent_inactive."""

    table = queues
    kind = "queues"
    subject = "queue"
    unique: Mapping[str, str] = {"name": "queue_taken"}

    async def create(
        self,
        actor: Agent | None,
        *,
        name: str,
        title: str,
        wrap_up_seconds: int = 60,
        wrap_up_skippable: bool = False,
        next_step_required: bool = True,
        callback_due_seconds: int = 900,
    ) -> int:
        """A new queue's id; `name` as in queues.conf."""
        given = {
            "name": name,
            "title": title,
            "wrap_up_seconds": wrap_up_seconds,
            "wrap_up_skippable": wrap_up_skippable,
            "next_step_required": next_step_required,
            "callback_due_seconds": callback_due_seconds,
        }
        return await self._create(actor, {**_checked(given), "active": True})

    async def edit(self, actor: Agent | None, queue_id: int, **fields: Any) -> None:
        """Change name, title or a rule: the fields of `create`."""
        await self._change(actor, queue_id, _checked(fields))

    async def set_member(
        self, actor: Agent | None, queue_id: int, agent_id: int, *, penalty: int = 0
    ) -> None:
        """Put an agent into the queue's team, or change when he is rung (0: first)."""
        require(actor, Role.ADMINISTRATOR)
        penalty = whole("penalty", penalty, least=0, most=HIGHEST_PENALTY)
        async with self._storage.write() as tx:
            queue = await self._get(tx, queue_id)
            agent = await get_agent(tx.connection, agent_id)
            if not agent.active:
                raise Invalid("agent_id", "agent_inactive", name=agent.name)
            seat = _seat(queue_id, agent_id)
            before = (await tx.execute(select(queue_members.c.penalty).where(seat))).scalar()
            if before == penalty:
                return
            if before is None:
                row = {"queue_id": queue_id, "agent_id": agent_id, "penalty": penalty}
                await tx.execute(insert(queue_members).values(**row))
            else:
                await tx.execute(update(queue_members).where(seat).values(penalty=penalty))
            details = {"queue": queue["name"], "agent_id": agent_id, "penalty": [before, penalty]}
            now = self._clock.now()
            await audit.record(tx, now, id_of(actor), "member_set", "queue", queue_id, **details)
            tx.announce(DirectoryChanged("teams"))

    async def remove_member(self, actor: Agent | None, queue_id: int, agent_id: int) -> None:
        """Take an agent out of the team. NotFound when he is not in it."""
        require(actor, Role.ADMINISTRATOR)
        async with self._storage.write() as tx:
            queue = await self._get(tx, queue_id)
            gone = await tx.execute(delete(queue_members).where(_seat(queue_id, agent_id)))
            if not gone.rowcount:
                raise NotFound(queue_id=queue_id, agent_id=agent_id)
            details = {"queue": queue["name"], "agent_id": agent_id}
            now = self._clock.now()
            await audit.record(
                tx, now, id_of(actor), "member_removed", "queue", queue_id, **details
            )
            tx.announce(DirectoryChanged("teams"))


def _seat(queue_id: int, agent_id: int) -> Any:
    return (queue_members.c.queue_id == queue_id) & (queue_members.c.agent_id == agent_id)


def _name(name: str) -> str:
    name = name.strip()
    if not _NAME.fullmatch(name):
        raise Invalid("name", "queue_bad", value=name)
    return name


def _checked(fields: Mapping[str, Any]) -> dict[str, Any]:
    only_known(fields, _CHECKS)
    return {field: _CHECKS[field](value) for field, value in fields.items()}


_CHECKS: Mapping[str, Callable[[Any], Any]] = {
    "name": _name,
    "title": lambda title: line("title", title, limit=200),
    "wrap_up_seconds": lambda seconds: whole(
        "wrap_up_seconds", seconds, least=SHORTEST_WRAP_UP_SECONDS, most=LONGEST_WRAP_UP_SECONDS
    ),
    "wrap_up_skippable": bool,
    "next_step_required": bool,
    "callback_due_seconds": lambda seconds: whole(
        "callback_due_seconds",
        seconds,
        least=SHORTEST_CALLBACK_SECONDS,
        most=LONGEST_CALLBACK_SECONDS,
    ),
}
