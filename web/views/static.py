"""Style sheets, scripts and pictures."""

from aiohttp import web

from crm_core.errors import NotFound
from web.visits import go, services

FOR_EVER = "public, max-age=31536000, immutable"


async def show(request: web.Request) -> web.StreamResponse:
    """A static file; under an older hash (a tab open since before an update) it is not kept."""
    assets = services(request).assets
    asset = assets.find(request.match_info["name"])
    if asset is None:
        raise NotFound
    current = request.match_info["hash"] == assets.hash
    return web.Response(
        body=asset.content,
        content_type=asset.content_type,
        charset=None if asset.content_type.startswith(("image/png", "font/")) else "utf-8",
        headers={"Cache-Control": FOR_EVER if current else "no-cache"},
    )


async def favicon(request: web.Request) -> web.StreamResponse:
    """Where browsers look without being told."""
    return go(services(request).assets.url("img/mark.svg"))
