"""The call log: the list as it is asked for, one call opened, and the list as a file."""

from aiohttp import web

from crm_core.agents.directory import list_queues
from crm_core.calls.detail import get_call
from crm_core.lists.shapes import ListName
from crm_core.tasks.queries import open_tasks_of
from web.call_picture import draw
from web.flight import MAY_EXPORT
from web.list_pages import list_data
from web.views import lists
from web.visits import page, person, services


async def index(request: web.Request) -> web.Response:
    """The list of calls by its filters or one of its views, the newest first."""
    data = await list_data(request, ListName.CALLS)
    status = 422 if data["question"].refused else 200
    return page(request, "calls/index.html", status=status, **data)


async def records(request: web.Request) -> web.Response:
    """The list alone."""
    return await lists.records(request, ListName.CALLS)


async def export(request: web.Request) -> web.StreamResponse:
    """Exactly the calls that the address asks for, all of them, as a file."""
    return await lists.export_asked(request, ListName.CALLS)


async def show(request: web.Request) -> web.Response:
    """One call: its picture, its story in words, who wrote what, what follows."""
    built, actor = services(request), person(request)
    async with built.storage.read() as connection:
        detail = await get_call(connection, actor, request.match_info["call_id"])
        call = detail.call
        queues = await list_queues(connection, active=None)
        tasks = await open_tasks_of(connection, client_id=call.client_id, number=call.number)
    return page(
        request,
        "calls/show.html",
        detail=detail,
        call=call,
        picture=draw(detail, built.clock.now()),
        queue_titles={queue.name: queue.title for queue in queues},
        tasks=tasks,
        kept=await built.call_exporter.kept(call) if actor.role in MAY_EXPORT else None,
    )
