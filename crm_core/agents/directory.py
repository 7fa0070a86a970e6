"""The office's lists as all read them: desks, queues, teams, pause reasons, dispositions."""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.tables import agents, extensions, pause_reasons, queue_members, queues
from crm_core.calls.tables import dispositions
from crm_core.errors import NotFound
from crm_core.wording import existing_id

Kind = Literal[
    "agents",
    "extensions",
    "queues",
    "teams",
    "pause_reasons",
    "dispositions",
    "catalogues",
    "pipelines",
    "products",
    "custom_fields",
    "tags",
]


@dataclass(frozen=True, slots=True)
class DirectoryChanged:
    """One of the office's lists is no longer what it was: read it anew."""

    kind: Kind


@dataclass(frozen=True, slots=True)
class Extension:
    """A phone: somebody's fixed desk (`agent_id`), or a hot desk for anybody (None)."""

    id: int
    number: str
    interface: str
    agent_id: int | None
    active: bool


@dataclass(frozen=True, slots=True)
class Queue:
    """`name` as Asterisk calls it, `title` as people do, and the rules after its calls."""

    id: int
    name: str
    title: str
    wrap_up_seconds: int
    wrap_up_skippable: bool
    next_step_required: bool
    callback_due_seconds: int
    active: bool


@dataclass(frozen=True, slots=True)
class Member:
    """An agent in a queue's team; a lower penalty is rung first."""

    queue_id: int
    agent_id: int
    agent_name: str
    penalty: int


@dataclass(frozen=True, slots=True)
class PauseReason:
    """Why an agent takes no calls: a stable `code` for Asterisk and reports, a `title` to read."""

    id: int
    code: str
    title: str
    position: int
    active: bool


@dataclass(frozen=True, slots=True)
class Disposition:
    """What an agent may say a call was; some demand a next step."""

    id: int
    code: str
    title: str
    position: int
    needs_next_step: bool
    active: bool


async def list_extensions(c: AsyncConnection, *, active: bool | None = True) -> list[Extension]:
    """All desks by number; `active=None` includes the retired."""
    query = select(extensions).order_by(extensions.c.number)
    if active is not None:
        query = query.where(extensions.c.active == active)
    return [Extension(**row) for row in (await c.execute(query)).mappings()]


async def get_extension(c: AsyncConnection, extension_id: int) -> Extension:
    """One desk, retired or not. Raises NotFound."""
    query = select(extensions).where(extensions.c.id == existing_id(extension_id))
    row = (await c.execute(query)).mappings().one_or_none()
    if row is None:
        raise NotFound(extension_id=extension_id)
    return Extension(**row)


async def list_queues(c: AsyncConnection, *, active: bool | None = True) -> list[Queue]:
    """All queues by title; `active=None` includes the retired."""
    query = select(queues).order_by(queues.c.title, queues.c.id)
    if active is not None:
        query = query.where(queues.c.active == active)
    return [Queue(**row) for row in (await c.execute(query)).mappings()]


async def get_queue(c: AsyncConnection, queue_id: int) -> Queue:
    """One queue, retired or not. Raises NotFound."""
    query = select(queues).where(queues.c.id == existing_id(queue_id))
    row = (await c.execute(query)).mappings().one_or_none()
    if row is None:
        raise NotFound(queue_id=queue_id)
    return Queue(**row)


async def find_queue(c: AsyncConnection, name: str) -> Queue | None:
    """The queue that Asterisk calls `name`, retired or not."""
    row = (await c.execute(select(queues).where(queues.c.name == name))).mappings().one_or_none()
    return None if row is None else Queue(**row)


async def list_members(c: AsyncConnection, queue_id: int | None = None) -> list[Member]:
    """A queue's team (or all teams), first to be rung first; only those who work here."""
    query = (
        select(queue_members, agents.c.name.label("agent_name"))
        .join(agents, agents.c.id == queue_members.c.agent_id)
        .where(agents.c.active)
        .order_by(queue_members.c.queue_id, queue_members.c.penalty, agents.c.name, agents.c.id)
    )
    if queue_id is not None:
        query = query.where(queue_members.c.queue_id == queue_id)
    return [Member(**row) for row in (await c.execute(query)).mappings()]


async def queues_of(c: AsyncConnection, agent_id: int) -> dict[str, int]:
    """The active queues an agent serves: `{queue name: penalty}`."""
    query = (
        select(queues.c.name, queue_members.c.penalty)
        .join(queue_members, queue_members.c.queue_id == queues.c.id)
        .where(queue_members.c.agent_id == agent_id, queues.c.active)
        .order_by(queues.c.name)
    )
    return {row.name: row.penalty for row in await c.execute(query)}


async def list_pause_reasons(
    c: AsyncConnection, *, active: bool | None = True
) -> list[PauseReason]:
    """In the order the administrator gave; `active=None` includes the retired."""
    query = select(pause_reasons).order_by(pause_reasons.c.position, pause_reasons.c.id)
    if active is not None:
        query = query.where(pause_reasons.c.active == active)
    return [PauseReason(**row) for row in (await c.execute(query)).mappings()]


async def list_dispositions(c: AsyncConnection, *, active: bool | None = True) -> list[Disposition]:
    """In the order the administrator gave; `active=None` includes the retired."""
    query = select(dispositions).order_by(dispositions.c.position, dispositions.c.id)
    if active is not None:
        query = query.where(dispositions.c.active == active)
    return [Disposition(**row) for row in (await c.execute(query)).mappings()]
