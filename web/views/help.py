"""How to connect a real exchange."""

from aiohttp import web

from telephony.settings import TelephonySettings
from web.visits import page


async def connect(request: web.Request) -> web.Response:
    """What to write into Asterisk and into perezvon.toml, step by step.

    With the usual values rather than those in use: guests read this page too.
    """
    return page(request, "help/connect.html", settings=TelephonySettings())
