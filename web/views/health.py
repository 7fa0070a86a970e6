"""How each part is: for whoever watches the machine, and for administrators as a page."""

from typing import Any

from aiohttp import web

from web.health import Light, worst
from web.health_sentences import light_said, part_name, plain_values, said
from web.i18n import Reader, language_of_header
from web.visits import page, partial, services, visit


async def show(request: web.Request) -> web.Response:
    """JSON in the language of Accept-Language; 503 while any part is red."""
    built = services(request)
    office, now = built.settings.office, built.clock.now()
    wanted = request.headers.get("Accept-Language", "")
    reader = Reader(language_of_header(wanted, office.language), office.time_zone)
    found = await built.health.findings()
    light = worst(found.values())
    parts = {
        name: {
            "status": finding.light,
            "code": finding.code,
            "sentence": said(reader, finding, now),
            "values": plain_values(finding.values),
        }
        for name, finding in found.items()
    }
    whole = {"status": light, "sentence": light_said(reader, light), "at": now.isoformat()}
    return web.json_response(
        {**whole, "parts": parts},
        status=503 if light is Light.RED else 200,
        headers={"Vary": "Accept-Language"},
    )


async def system(request: web.Request) -> web.Response:
    """The same for the administrator, kept fresh by the page itself."""
    return page(request, "admin/system.html", **await _seen(request))


async def parts(request: web.Request) -> web.Response:
    """The list alone, as the page fetches it anew."""
    return partial(request, "admin/_parts.html", **await _seen(request))


async def _seen(request: web.Request) -> dict[str, Any]:
    built, reader = services(request), visit(request).reader
    now, found = built.clock.now(), await built.health.findings()
    light = worst(found.values())
    rows = [
        (part_name(reader, name), finding.light, said(reader, finding, now))
        for name, finding in found.items()
    ]
    return {"light": light, "whole": light_said(reader, light), "rows": rows, "seen_at": now}
