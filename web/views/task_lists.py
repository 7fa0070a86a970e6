"""Lists of tasks: mine, my teams', what is late, what was done."""

from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from crm_core.agents.directory import list_queues
from crm_core.agents.people import Agent, list_agents
from crm_core.agents.roles import Role
from crm_core.errors import NotFound
from crm_core.storage.engine import Connection
from crm_core.tasks.queries import (
    Scope,
    TaskCursor,
    TaskFilter,
    TaskPage,
    TaskRow,
    count_tasks,
    get_task,
    list_done_tasks,
    list_tasks,
)
from web.i18n import N_
from web.views.task_fields import PICKS
from web.visits import page, person, services

MINE, TEAM, OVERDUE, ALL, DONE = "mine", "team", "overdue", "all", "done"
VIEWS: Final = {
    MINE: N_("Mine"),
    TEAM: N_("My teams'"),
    OVERDUE: N_("Late"),
    ALL: N_("All open"),
    DONE: N_("Done"),
}


async def index(request: web.Request) -> web.Response:
    """One of the lists, the first due first; of what was done, the latest first."""
    built, actor, now = services(request), person(request), services(request).clock.now()
    chosen = request.query.get("view", "")
    view = chosen if chosen in VIEWS else _usual_view(actor)
    agent = request.query.get("agent", "")
    agent_id = int(agent) if agent.isascii() and agent.isdecimal() and len(agent) < 10 else None
    async with built.storage.read() as connection:
        counts = {
            name: await count_tasks(connection, actor, _filter(name, now))
            for name in VIEWS
            if name != DONE
        }
        shown = await _page(request, connection, view, agent_id)
        did = await _just_done(request, connection)
        agents = await list_agents(connection)
        queues = await list_queues(connection, active=None)
    address = address_of(view=view, agent=agent_id)
    return page(
        request,
        "tasks/index.html",
        views=[
            name for name in VIEWS if name != TEAM or counts[TEAM] or view == TEAM or _works(actor)
        ],
        labels=VIEWS,
        counts=counts,
        view=view,
        rows=shown.rows,
        older=address_of(view=view, agent=agent_id, after=_written(shown.next))
        if shown.next
        else "",
        is_first=not request.query.get("after"),
        back=address,
        did=did,
        picks=PICKS,
        agents=agents,
        agent_id=agent_id,
        queue_titles={queue.name: queue.title for queue in queues},
    )


async def _page(
    request: web.Request, connection: Connection, view: str, agent_id: int | None
) -> TaskPage:
    actor, now = person(request), services(request).clock.now()
    asked = _filter(view, now, agent_id)
    after = _read_cursor(request.query.get("after", ""))
    if view == DONE:
        return await list_done_tasks(connection, actor, asked, before=after)
    return await list_tasks(connection, actor, asked, after=after)


async def _just_done(request: web.Request, connection: Connection) -> TaskRow | None:
    """The task that was ticked off a moment ago, to offer the way back."""
    written = request.query.get("did", "")
    if not (written.isascii() and written.isdecimal() and len(written) < 10):
        return None
    try:
        task = await get_task(connection, person(request), int(written))
    except NotFound:
        return None
    return task if task.done_at is not None else None


def _filter(view: str, now: datetime, agent_id: int | None = None) -> TaskFilter:
    if view == MINE:
        return TaskFilter(scope=Scope.MINE)
    if view == TEAM:
        return TaskFilter(scope=Scope.TEAM)
    if view == OVERDUE:
        return TaskFilter(overdue_at=now, assignee_agent_id=agent_id)
    return TaskFilter(is_open=view != DONE, assignee_agent_id=agent_id)


def _usual_view(actor: Agent) -> str:
    return OVERDUE if actor.role is Role.SUPERVISOR else MINE if _works(actor) else ALL


def _works(actor: Agent) -> bool:
    return actor.role is Role.OPERATOR


def address_of(**asked: object) -> str:
    """The list that was asked for: its `view`, perhaps `agent` and `after`."""
    kept = {name: value for name, value in asked.items() if value}
    return f"/tasks?{urlencode(kept)}"


def _written(cursor: TaskCursor) -> str:
    return f"{cursor.due_at.isoformat()}_{cursor.task_id}"


def _read_cursor(written: str) -> TaskCursor | None:
    at, _, task_id = written.partition("_")
    try:
        moment = datetime.fromisoformat(at)
        return TaskCursor(moment, int(task_id)) if moment.tzinfo else None
    except ValueError:
        return None
