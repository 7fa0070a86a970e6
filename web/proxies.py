"""Behind a reverse proxy: the visitor's own address and scheme, from proxies that are trusted."""

from collections.abc import Awaitable, Callable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from aiohttp import web
from aiohttp.typedefs import Middleware
from aiohttp_remotes import XForwardedFiltered

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def networks(written: str) -> list[IPv4Network | IPv6Network]:
    """`10.0.0.0/8, ::1` as networks. Raises ValueError."""
    return [ip_network(part.strip()) for part in written.split(",") if part.strip()]


def believe(trusted: str) -> list[Middleware]:
    """The middleware that believes X-Forwarded-* of `trusted` peers; none when there are none."""
    known = networks(trusted)
    if not known:
        return []
    filtered = XForwardedFiltered(known)

    @web.middleware
    async def only_from_trusted(request: web.Request, handler: Handler) -> web.StreamResponse:
        # The library looks at the header alone: who sent it has to be asked here.
        if not _is_trusted(request.remote, known):
            return await handler(request)
        answer: web.StreamResponse = await filtered.middleware(request, handler)
        return answer

    return [only_from_trusted]


def _is_trusted(peer: str | None, known: list[IPv4Network | IPv6Network]) -> bool:
    try:
        address = ip_address(peer or "")
    except ValueError:
        return False
    return any(address in network for network in known if network.version == address.version)
