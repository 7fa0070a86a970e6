"""The supervisor's live floor: who does what, which calls go on, who waits, what is late."""

from collections import Counter
from typing import Final

from aiohttp import web
from markupsafe import Markup

from crm_core.agents.directory import list_queues
from crm_core.tasks.queries import TaskFilter, TaskRow, count_tasks, list_tasks
from screenpop.floor import AGENTS, CALLS, WAITING
from screenpop.messages import Put
from web.visits import page, partial, person, services, visit

STATES: Final = ("ready", "ringing", "talking", "wrap_up", "paused")
CALLBACKS_SHOWN: Final = 8


async def show(request: web.Request) -> web.Response:
    """The page as it is now; from then on the socket keeps it so, by the same partials."""
    snapshot = services(request).screens.floor.snapshot()
    rows = {area: _ranked(snapshot.elements, area) for area in (AGENTS, CALLS, WAITING)}
    states = Counter(getattr(put.data, "state", "") for put in rows[AGENTS])
    late, total = await _late(request)
    return page(
        request,
        "floor/show.html",
        agents=_drawn(request, rows[AGENTS]),
        calls=_drawn(request, rows[CALLS]),
        waiting=_drawn(request, rows[WAITING]),
        counts={state: states.get(state, 0) for state in STATES},
        late=late,
        late_total=total,
        queue_titles=await _queue_titles(request),
    )


async def callbacks(request: web.Request) -> web.Response:
    """The panel of late callbacks, fetched again when a task has changed."""
    late, total = await _late(request)
    return partial(
        request,
        "floor/_callbacks.html",
        late=late,
        late_total=total,
        queue_titles=await _queue_titles(request),
    )


async def _late(request: web.Request) -> tuple[tuple[TaskRow, ...], int]:
    built, actor = services(request), person(request)
    asked = TaskFilter(kind="callback", overdue_at=built.clock.now())
    async with built.storage.read() as connection:
        shown = await list_tasks(connection, actor, asked, limit=CALLBACKS_SHOWN)
        return shown.rows, await count_tasks(connection, actor, asked)


async def _queue_titles(request: web.Request) -> dict[str, str]:
    async with services(request).storage.read() as connection:
        return {queue.name: queue.title for queue in await list_queues(connection, active=None)}


def _ranked(elements: tuple[Put, ...], area: str) -> list[Put]:
    return sorted((put for put in elements if put.area == area), key=lambda put: put.rank)


def _drawn(request: web.Request, rows: list[Put]) -> list[Markup]:
    frames, reader = services(request).screens.frames, visit(request).reader
    return [Markup(frames.html(reader, put)) for put in rows]  # noqa: S704 - our own partials
