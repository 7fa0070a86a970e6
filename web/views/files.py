"""Files of a client: sent by the page's script, shown or downloaded by whoever may see him."""

from collections.abc import AsyncIterator
from typing import Final
from urllib.parse import quote

from aiohttp import BodyPartReader, web

from crm_core.errors import Invalid
from web.visits import person, services

CHUNK: Final = 64 * 1024
SHOWN_INLINE: Final = frozenset(
    {"image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "text/plain"}
)
"""What a browser may show by itself; everything else is only saved, so that nothing of it runs."""


async def add(request: web.Request) -> web.Response:
    """Keep each file of a multipart body with the client; for scripts."""
    return await keep(request, int(request.match_info["client_id"]))


async def keep(
    request: web.Request, client_id: int, *, lead_id: int | None = None, deal_id: int | None = None
) -> web.Response:
    """Keep each file of a multipart body: `{file_ids}`. Invalid("file", "file_missing")."""
    ids = []
    if not request.content_type.startswith("multipart/"):
        raise Invalid("file", "file_missing")
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader) or not part.filename:
            continue
        media_type = part.headers.get("Content-Type", "")
        ids.append(
            await services(request).files.add(
                person(request),
                client_id,
                part.filename,
                media_type,
                _pieces(part),
                lead_id=lead_id,
                deal_id=deal_id,
            )
        )
    if not ids:
        raise Invalid("file", "file_missing")
    return web.json_response({"file_ids": ids})


async def show(request: web.Request) -> web.StreamResponse:
    """The file itself, under its own name."""
    files = services(request).files
    file = await files.get(person(request), int(request.match_info["file_id"]))
    inline = file.media_type in SHOWN_INLINE
    how = "inline" if inline else "attachment"
    response = web.StreamResponse(
        headers={
            "Content-Type": file.media_type if inline else "application/octet-stream",
            "Content-Disposition": f"{how}; filename*=UTF-8''{quote(file.name, safe='')}",
            "Content-Length": str(file.size),
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cache-Control": "private, no-store",
        }
    )
    await response.prepare(request)
    async for piece in files.pieces(file):
        await response.write(piece)
    await response.write_eof()
    return response


async def _pieces(part: BodyPartReader) -> AsyncIterator[bytes]:
    while piece := await part.read_chunk(CHUNK):
        yield bytes(piece)
