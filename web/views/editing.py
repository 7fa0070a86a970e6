"""One field at a time, of any record: changed, removed, taken back; answers are for scripts."""

from aiohttp import web

from crm_core.errors import Conflict
from web.forms import read_form
from web.sentences import sentence
from web.visits import person, services, visit


async def change(request: web.Request) -> web.Response:
    """Set `name` to `written` if it still is `before`: `{written, change_id}`.

    Where somebody was faster, 409 with what stands there now (`theirs`).
    """
    form = await read_form(request)
    kind, record_id = request.match_info["kind"], int(request.match_info["record_id"])
    name, written, before = (form.value(each) for each in ("name", "written", "before"))
    try:
        edit = await services(request).edits.change(
            person(request), kind, record_id, name, written, before
        )
    except Conflict as refused:
        message = sentence(visit(request).reader, refused.code, refused.values)
        error = {"code": refused.code, "message": message, "field": name, **refused.values}
        return web.json_response({"error": error}, status=409)
    return web.json_response({"written": edit.written, "change_id": edit.change_id})


async def remove(request: web.Request) -> web.Response:
    """Remove a part of a record: `{change_id}`."""
    kind, record_id = request.match_info["kind"], int(request.match_info["record_id"])
    change_id = await services(request).edits.remove(person(request), kind, record_id)
    return web.json_response({"change_id": change_id})


async def undo(request: web.Request) -> web.Response:
    """Take a change back: `{told}`."""
    change_id = int(request.match_info["change_id"])
    await services(request).edits.undo(person(request), change_id)
    return web.json_response({"told": sentence(visit(request).reader, "undone", {})})
