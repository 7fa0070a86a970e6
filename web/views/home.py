"""The front page: everybody begins where his role works."""

from aiohttp import web

from web.navigation import home_of
from web.visits import go, person


async def show(request: web.Request) -> web.Response:
    """Send each role to its own first page."""
    return go(home_of(person(request).role))
