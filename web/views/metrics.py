"""What Prometheus collects: for whoever has the token, or for this machine alone."""

import hmac
from ipaddress import ip_address

from aiohttp import web

from crm_core.errors import Forbidden
from web.metrics import CONTENT_TYPE
from web.visits import services

_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP")


async def show(request: web.Request) -> web.Response:
    """The numbers. 401 without the token; 403 for another machine where there is no token set."""
    built = services(request)
    token = built.settings.http.metrics_token
    if token and not _has_token(request, token):
        return web.Response(status=401, headers={"WWW-Authenticate": 'Bearer realm="metrics"'})
    if not token and not _is_near(request):
        raise Forbidden("metrics_only_here")
    return web.Response(body=built.metrics.page(), headers={"Content-Type": CONTENT_TYPE})


def _has_token(request: web.Request, token: str) -> bool:
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    return kind.lower() == "bearer" and hmac.compare_digest(
        given.strip().encode("utf-8", "surrogateescape"), token.encode()
    )


def _is_near(request: web.Request) -> bool:
    """Whether a program of this machine asks, and not a proxy of this machine for somebody."""
    if any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ip_address(request.remote or "").is_loopback
    except ValueError:
        return False
