"""Is everything right? Line by line, as they are found; and what each endpoint is."""

import json
from collections import Counter

import structlog
from aiohttp import web

from crm_core.errors import Invalid
from telephony.events import LegRole
from telephony.inspection.finding import Finding, Level
from web.check_lines import LineWriter
from web.forms import read_form
from web.visits import frame, go, page, person, render, services, visit

log = structlog.get_logger(__name__)

BY_PATTERN = "pattern"
"""The choice that leaves an endpoint to the pattern of the settings."""


async def show(request: web.Request) -> web.Response:
    """The page; its script has the lines come."""
    return page(request, "check/show.html")


async def lines(request: web.Request) -> web.StreamResponse:
    """Run the check: one JSON string of HTML a line, each as soon as it is found.

    By POST, since it logs in to the exchange: no link or picture elsewhere may cause that.
    """
    built = services(request)
    writer = LineWriter(visit(request).reader, built.settings.exchange)
    levels: Counter[Level] = Counter()
    response = web.StreamResponse(headers={"X-Accel-Buffering": "no"})
    response.content_type = "application/x-ndjson"
    await response.prepare(request)

    async def send(template: str, **data: object) -> None:
        html = render(request, template, {**frame(request), **data})
        await response.write(json.dumps(html).encode() + b"\n")

    async def tell(finding: Finding) -> None:
        levels[finding.level] += 1
        await send("check/_line.html", line=writer.line(finding))

    log.info("check_began")  # what the link logs between the two is the check's own
    try:
        await built.check.run(tell)
        await send("check/_verdict.html", bad=levels[Level.BAD], look=levels[Level.WARN])
        await response.write_eof()
    except ConnectionResetError:  # the page was left
        pass
    finally:
        log.info("check_ended", **{level.value: count for level, count in levels.items()})
    return response


async def correct(request: web.Request) -> web.Response:
    """Say of one endpoint that it is a phone or a trunk, or leave it to the pattern again."""
    form = await read_form(request)
    said = form.value("role")
    if said != BY_PATTERN and said not in tuple(LegRole):
        raise Invalid("role", "not_a_choice")
    role = None if said == BY_PATTERN else LegRole(said)
    await services(request).endpoint_roles.correct(person(request), form.value("endpoint"), role)
    return go("/admin/check#endpoints", told="endpoint_corrected")
