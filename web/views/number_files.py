"""Files of numbers: sent by the page's script while its bar moves, read in the background."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from aiohttp import BodyPartReader, web

from crm_core.errors import Invalid
from dialer.do_not_call.lists import get_list
from web.forms import Form, read_form
from web.visits import go, person, services, visit

CHUNK: Final = 256 * 1024
_FIELDS: Final = ("source", "obtained_at")


async def send(request: web.Request) -> web.Response:
    """Begin to read the sent file into the list: `{to}`, the page that watches it.
    Invalid("file"): file_missing, file_empty, file_too_large; Conflict("import_running")."""
    list_id, built = int(request.match_info["list_id"]), services(request)
    async with built.storage.read() as connection:
        await get_list(connection, list_id)
    if not request.content_type.startswith("multipart/"):
        raise Invalid("file", "file_missing")
    fields: dict[str, str] = {}
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            continue
        if part.filename:
            path = await built.list_reading.receive(_pieces(part))
            return await _begin(request, list_id, path, part.filename, fields)
        if part.name in _FIELDS:
            fields[part.name] = (await part.read_chunk(2_000)).decode("utf-8", "replace")
    raise Invalid("file", "file_missing")


async def undo(request: web.Request) -> web.Response:
    """Take an import back."""
    form = await read_form(request)
    list_id = form.record_id("list")
    import_id = int(request.match_info["import_id"])
    await services(request).generations.undo(person(request), import_id)
    back = "/do-not-call" if list_id is None else f"/do-not-call/lists/{list_id}"
    return go(back, told="import_undone")


async def _begin(
    request: web.Request, list_id: int, path: Path, file_name: str, fields: dict[str, str]
) -> web.Response:
    built, form = services(request), Form.of(**fields)
    obtained_at = form.moment("obtained_at", visit(request).reader) or built.clock.now()
    try:
        form.demand()
    except Invalid:
        built.list_reading.discard(path)
        raise
    source = form.value("source")
    await built.list_reading.start(person(request), list_id, path, file_name, source, obtained_at)
    return web.json_response({"to": f"/do-not-call/lists/{list_id}"})


async def _pieces(part: BodyPartReader) -> AsyncIterator[bytes]:
    while piece := await part.read_chunk(CHUNK):
        yield bytes(piece)
