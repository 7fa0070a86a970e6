"""How to connect a real exchange."""

from aiohttp import web

from telephony.settings import TelephonySettings
from telephony.simulator import CANNOT
from web.visits import page, services


async def connect(request: web.Request) -> web.Response:
    """What to write into Asterisk and into perezvon.toml, step by step.

    With the usual values rather than those in use: guests read this page too.
    """
    lacks = CANNOT if services(request).exchange.simulated else ()
    return page(request, "help/connect.html", settings=TelephonySettings(), lacks=lacks)
