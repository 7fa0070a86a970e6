"""The operator's workplace: his phone and state, the page with his cards and tasks."""

from typing import Any

from aiohttp import web
from markupsafe import Markup

from crm_core.agents.directory import Extension, list_extensions
from crm_core.tasks.queries import Scope, TaskFilter, TaskRow, count_tasks, list_tasks
from screenpop.presenter import CARDS
from web.forms import read_form
from web.visits import page, partial, person, services, visit

TASKS_SHOWN = 12


async def show(request: web.Request) -> web.Response:
    """The whole page; the cards are those of the socket's snapshot, drawn by the same partials."""
    built, agent = services(request), person(request)
    snapshot = built.screens.presenter.snapshot(agent.id)
    cards = [
        Markup(built.screens.frames.html(visit(request).reader, put))  # noqa: S704 - our own partial
        for put in snapshot.elements
        if put.area == CARDS
    ]
    return page(
        request,
        "workplace/show.html",
        cards=cards,
        duty=built.roster.status_of(agent.id),
        desks=await _desks(request),
        directory=await _directory(request),
        **await _tasks(request),
        lists=built.screens.lists,
    )


async def tasks(request: web.Request) -> web.Response:
    """The panel of my tasks, fetched again when one has changed."""
    return partial(request, "workplace/_tasks.html", **await _tasks(request))


async def log_in(request: web.Request) -> web.Response:
    """Sit down at an extension."""
    form = await read_form(request)
    extension_id = form.record_id("extension", required=True)
    status = await services(request).roster.log_in(person(request), extension_id or 0)
    return web.json_response({"extension": status.extension})


async def log_out(request: web.Request) -> web.Response:
    """Leave the extension, at once or after the call."""
    await services(request).roster.log_out(person(request))
    return web.json_response({})


async def ready(request: web.Request) -> web.Response:
    await services(request).roster.ready(person(request))
    return web.json_response({})


async def pause(request: web.Request) -> web.Response:
    """Take no calls, for a reason of the list."""
    reason = (await read_form(request)).text("reason")
    await services(request).roster.pause(person(request), reason)
    return web.json_response({})


async def finish_task(request: web.Request) -> web.Response:
    """A task of the panel is done."""
    await services(request).tasks.done(person(request), int(request.match_info["task_id"]))
    return web.json_response({})


async def dial(request: web.Request) -> web.Response:
    """Click-to-call: one's own phone rings first."""
    built, number = services(request), (await read_form(request)).text("number")
    interface = built.roster.interface_of(person(request).id)
    await built.call_control.dial(interface, number)
    return web.json_response({})


async def _desks(request: web.Request) -> list[tuple[Extension, str]]:
    """The extensions this person may choose, his own first, each with who sits there now."""
    built, agent = services(request), person(request)
    async with built.storage.read() as connection:
        extensions = await list_extensions(connection)
    mine = [each for each in extensions if each.agent_id in (None, agent.id)]
    mine.sort(key=lambda each: (each.agent_id is None, each.number))
    return [(each, _holder(request, each)) for each in mine]


async def _directory(request: web.Request) -> list[tuple[str, str]]:
    """Whom a call may be handed to: every extension and who is reached there."""
    built = services(request)
    async with built.storage.read() as connection:
        extensions = await list_extensions(connection)
    return [
        (each.number, built.screens.lists.name_of(built.roster.agent_of(each.interface) or 0))
        for each in extensions
    ]


def _holder(request: web.Request, extension: Extension) -> str:
    built = services(request)
    holder = built.roster.agent_at(extension.interface)
    return "" if holder in (None, person(request).id) else built.screens.lists.name_of(holder)


async def _tasks(request: web.Request) -> dict[str, Any]:
    """My own and those of my teams that nobody has taken, the first due first; and how many."""
    agent, total = person(request), 0
    rows: list[TaskRow] = []
    async with services(request).storage.read() as connection:
        for scope in (Scope.MINE, Scope.TEAM):
            asked = TaskFilter(scope=scope)
            found = await list_tasks(connection, agent, asked, limit=TASKS_SHOWN)
            rows += found.rows
            total += await count_tasks(connection, agent, asked)
    rows.sort(key=lambda row: (row.due_at, row.id))
    return {"tasks": rows[:TASKS_SHOWN], "tasks_total": total}
