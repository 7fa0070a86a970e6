"""How to connect a real exchange."""

from aiohttp import web

from web.visits import page, services


async def connect(request: web.Request) -> web.Response:
    """What to write into Asterisk and into perezvon.toml, step by step."""
    built = services(request)
    return page(request, "help/connect.html", settings=built.settings.exchange)
