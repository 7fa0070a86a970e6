"""Lists of tasks: mine, my teams', what is late, what was done, and whatever else is asked for."""

from typing import Any

from aiohttp import web

from crm_core.errors import NotFound
from crm_core.lists.shapes import ListName
from crm_core.lists.tasks import task_of
from crm_core.tasks.queries import TaskRow, get_task
from web.list_pages import list_data
from web.views import lists
from web.views.task_fields import PICKS
from web.visits import page, partial, person, services


async def index(request: web.Request) -> web.Response:
    """The list of tasks by its filters or one of its views, the first due first."""
    data = await list_data(request, ListName.TASKS)
    status = 422 if data["question"].refused else 200
    did = await _just_done(request)
    return page(request, "tasks/index.html", status=status, did=did, **{**data, **_ROWS})


async def records(request: web.Request) -> web.Response:
    """The list alone."""
    data = await list_data(request, ListName.TASKS)
    return partial(request, "lists/_list.html", **{**data, **_ROWS})


async def export(request: web.Request) -> web.StreamResponse:
    """Exactly the tasks that the address asks for, all of them, as a file."""
    return await lists.export_asked(request, ListName.TASKS)


_ROWS: dict[str, Any] = {"task_of": task_of, "picks": PICKS}
"""What the buttons in a row need."""


async def _just_done(request: web.Request) -> TaskRow | None:
    """The task that was ticked off a moment ago, to offer the way back."""
    written = request.query.get("did", "")
    if not (written.isascii() and written.isdecimal() and len(written) < 10):
        return None
    try:
        async with services(request).storage.read() as connection:
            task = await get_task(connection, person(request), int(written))
    except NotFound:
        return None
    return task if task.done_at is not None else None
