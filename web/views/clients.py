"""Clients: found however they are written, shown whole, changed without losing anybody's work."""

from aiohttp import web

from crm_core.agents.people import list_agents
from crm_core.clients.editable import KINDS
from crm_core.clients.listing import (
    MOST_COUNTED,
    count_clients,
    list_clients,
    search_clients,
)
from crm_core.clients.similar import find_similar
from crm_core.errors import CrmError
from crm_core.search.question import is_number
from web.forms import Form, read_form, read_query
from web.visits import go, page, partial, person, services

PAGE = 50
MOST_FOUND = 100
"""Best matches of a search; whoever sees more is asked to write more."""


async def index(request: web.Request) -> web.Response:
    """The newest clients, or the best matches of `search`; `owner=me` only my own."""
    built, actor = services(request), person(request)
    country = built.settings.exchange.country
    search = request.query.get("search", "").replace("\0", "").strip()
    owner = actor.id if request.query.get("owner") == "me" else None
    written = request.query.get("before", "")
    before = (
        int(written) if written.isascii() and written.isdecimal() and len(written) < 10 else None
    )
    more = False
    async with built.storage.read() as connection:
        if search:
            rows, more = await search_clients(
                connection, actor, search, country, own=owner is not None, limit=MOST_FOUND
            )
            total = len(rows)
        else:
            total = await count_clients(connection, actor, owner_agent_id=owner)
            rows = await list_clients(
                connection, actor, owner_agent_id=owner, before_id=before, limit=PAGE
            )
    return page(
        request,
        "clients/index.html",
        rows=rows,
        total=min(total, MOST_COUNTED),
        more=more or total > MOST_COUNTED,
        search=search,
        mine=owner is not None,
        is_first=before is None,
        last_id=rows[-1].id if not search and len(rows) == PAGE else None,
        is_number=is_number(search, country),
    )


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
