"""Clients: found however they are written, shown whole, changed without losing anybody's work."""

from aiohttp import web

from crm_core.agents.people import list_agents
from crm_core.clients.editable import KINDS
from crm_core.clients.similar import find_similar
from crm_core.errors import CrmError
from crm_core.lists.shapes import ListName
from web.forms import Form, read_form, read_query
from web.list_pages import list_data
from web.views import lists
from web.visits import go, page, partial, person, services


async def index(request: web.Request) -> web.Response:
    """The list of clients, by its filters, its views, or the best matches of a search."""
    return page(request, "clients/index.html", **await list_data(request, ListName.CLIENTS))


async def records(request: web.Request) -> web.Response:
    """The list alone."""
    return await lists.records(request, ListName.CLIENTS)


async def export(request: web.Request) -> web.StreamResponse:
    """What is chosen in the list, as a file."""
    return await lists.export(request, ListName.CLIENTS)


async def new(request: web.Request) -> web.Response:
    """An empty form, or one that knows the `number` or `name` already."""
    given = {name: request.query.get(name, "")[:300] for name in ("name", "number")}
    return page(request, "clients/new.html", form=Form.of(kind="person", **given), kinds=KINDS)


async def similar(request: web.Request) -> web.Response:
    """Who may be here already, while somebody new is being typed: a piece of a page."""
    built, form = services(request), read_query(request)
    async with built.storage.read() as connection:
        found = await find_similar(
            connection,
            person(request),
            built.settings.exchange.country,
            name=form.value("name"),
            number=form.value("number"),
            email=form.value("email"),
        )
        names = {agent.id: agent.name for agent in await list_agents(connection, active=None)}
    return partial(request, "clients/_similar.html", found=found, names=names)


async def create(request: web.Request) -> web.Response:
    """A new client; on to his page."""
    form = await read_form(request)
    try:
        client_id = await services(request).clients.create(
            person(request),
            name=form.value("name"),
            kind=form.value("kind") or KINDS[0],
            number=form.value("number"),
            email=form.value("email"),
            contact_name=form.value("contact_name"),
        )
    except CrmError as refused:
        form.refused_by(refused)
        return page(request, "clients/new.html", status=422, form=form, kinds=KINDS)
    return go(f"/clients/{client_id}", told="client_created")
