"""Whether each part works, for whoever watches the machine."""

from aiohttp import web

from web.visits import services


async def show(request: web.Request) -> web.Response:
    """200 when all parts work, 503 when one does not; only names and words, no private detail."""
    parts = await services(request).health.parts()
    fit = all(word == "ok" for word in parts.values())
    return web.json_response(
        {"status": "ok" if fit else "degraded", "parts": parts}, status=200 if fit else 503
    )
