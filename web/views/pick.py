"""Records found as somebody types, to be chosen in a form: the options of its field."""

from aiohttp import web

from crm_core.search.finding import find
from crm_core.search.kinds import SearchKind
from web.visits import partial, person, services

RECORDS = (SearchKind.CLIENT, SearchKind.LEAD, SearchKind.DEAL)


async def clients(request: web.Request) -> web.Response:
    """Clients alone."""
    return await _picked(request, (SearchKind.CLIENT,))


async def records(request: web.Request) -> web.Response:
    """Whatever a task can be about."""
    return await _picked(request, RECORDS)


async def _picked(request: web.Request, kinds: tuple[SearchKind, ...]) -> web.Response:
    actor, built = person(request), services(request)
    text = request.query.get("search", "").replace("\0", "")
    country = built.settings.exchange.country
    async with built.storage.read() as connection:
        found = await find(connection, actor, text, country, kinds=kinds)
    hits = [hit for group in found.groups for hit in group.hits] if found else []
    return partial(request, "layout/_picked.html", hits=hits, of_clients=kinds != RECORDS)
