"""The aiohttp application: middleware around the routes of `web/routes.py`."""

from collections.abc import Iterable

from aiohttp import web

from web.guarding import Route, guarded
from web.measuring import counting
from web.middleware import explain, greet, protect
from web.proxies import believe
from web.routes import ROUTES
from web.turnstile import turnstile
from web.wiring import SERVICES, Services

MOST_BYTES = 1024 * 1024
"""No form of ours is longer; a larger request is refused with 413."""


def make_app(services: Services, routes: Iterable[Route] = ROUTES) -> web.Application:
    """The application that serves `services`; it owns none of them and closes none."""
    doors = [(route, guarded(route)) for route in routes]
    app = web.Application(
        middlewares=[
            counting(services.metrics, services.clock),
            *believe(services.settings.http.trusted_proxies),
            explain,
            turnstile(),
            greet({door for route, door in doors if not route.ask_who}),
        ],
        client_max_size=MOST_BYTES,
    )
    app[SERVICES] = services
    app.on_response_prepare.append(protect)
    for route, door in doors:
        app.router.add_route("GET" if route.is_socket else route.method, route.path, door)
    return app
