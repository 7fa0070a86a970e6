"""Style sheets, scripts and pictures."""

from aiohttp import web

from crm_core.errors import NotFound
from web.assets import TYPES
from web.visits import go, services

FOR_EVER = "public, max-age=31536000, immutable"


async def show(request: web.Request) -> web.StreamResponse:
    """A static file; under an older hash (a tab open since before an update) it is not kept."""
    assets = services(request).assets
    path = assets.find(request.match_info["name"])
    if path is None:
        raise NotFound
    current = request.match_info["hash"] == assets.hash
    return web.FileResponse(
        path,
        headers={
            "Content-Type": TYPES[path.suffix]
            + ("; charset=utf-8" if path.suffix != ".png" else ""),
            "Cache-Control": FOR_EVER if current else "no-cache",
        },
    )


async def favicon(request: web.Request) -> web.StreamResponse:
    """Where browsers look without being told."""
    return go(services(request).assets.url("img/mark.svg"))
