"""What the exchange said of one call, as a file for a bug report."""

from typing import Final
from urllib.parse import quote

from aiohttp import web

from crm_core.calls.detail import get_call
from web.visits import go, person, services

TYPE: Final = "application/octet-stream"


async def export(request: web.Request) -> web.Response:
    """The call's part of the flight recorder, without the people in it; noted in the audit."""
    built, actor = services(request), person(request)
    async with built.storage.read() as connection:
        call = (await get_call(connection, actor, request.match_info["call_id"])).call
    made = await built.call_exporter.export(actor, call)
    if not made.stream:
        return go(f"/calls/{quote(call.call_id, safe='')}", told="exchange_said_nothing")
    name = f"call-{call.started_at:%Y%m%d-%H%M%S}.ami"
    return web.Response(
        body=made.stream,
        headers={
            "Content-Type": TYPE,
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )
