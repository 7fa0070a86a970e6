"""A person's data: given to him, kept because the law wants it, or erased because he wants it."""

from typing import Any
from urllib.parse import quote

from aiohttp import web

from crm_core.agents.rights import Action
from crm_core.clients.access import access_client, may
from crm_core.clients.erasing import HOLDERS, may_erase
from crm_core.errors import Forbidden, Invalid
from web.forms import Form, read_form
from web.personal_data import Archive, fill
from web.visits import go, page, person, render, services


async def show(request: web.Request) -> web.Response:
    """What one may do with the data of this client."""
    return await _show(request, Form.of())


async def export(request: web.Request) -> web.StreamResponse:
    """All of it as one ZIP."""
    await read_form(request)
    built, actor = services(request), person(request)
    data = await built.personal_data.export(actor, _id(request))
    text = render(request, "personal_data/document.html", {"data": data})
    archive = Archive()
    try:
        size = await fill(archive, data, text, built.files, actor)
        name = quote(f"{data['name']}.zip", safe="")
        response = web.StreamResponse(
            headers={
                "Content-Type": "application/zip",
                "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
                "Content-Length": str(size),
                "Cache-Control": "private, no-store",
            }
        )
        await response.prepare(request)
        while piece := archive.read():
            await response.write(piece)
        await response.write_eof()
        return response
    finally:
        archive.close()


async def hold(request: web.Request) -> web.Response:
    """The law wants it kept, or does not any more."""
    form = await read_form(request)
    held = form.ticked("held")
    await services(request).erasure.hold(person(request), _id(request), held=held)
    told = "client_held" if held else "client_released"
    return go(f"/clients/{_id(request)}/data", told=told)


async def erase(request: web.Request) -> web.Response:
    """Gone for good; his name has to be written to do it."""
    form = await read_form(request)
    try:
        await services(request).erasure.erase(person(request), _id(request), form.value("name"))
    except Invalid as refused:
        form.refused_by(refused)
        return await _show(request, form, status=422)
    return go("/clients", told="client_erased")


async def _show(request: web.Request, form: Form, *, status: int = 200) -> web.Response:
    actor, client_id = person(request), _id(request)
    async with services(request).storage.read() as connection:
        client = await access_client(connection, actor, client_id)
        allowed: dict[str, Any] = {
            "may_export": await may(connection, actor, client_id, Action.EXPORT),
            "may_hold": actor.role in HOLDERS
            and await may(connection, actor, client_id, Action.EDIT),
            "may_erase": may_erase(actor),
        }
    if not any(allowed.values()):
        raise Forbidden(role=actor.role.value)
    return page(
        request, "personal_data/show.html", status=status, client=client, form=form, **allowed
    )


def _id(request: web.Request) -> int:
    return int(request.match_info["client_id"])
