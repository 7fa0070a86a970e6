"""Administration of extensions: fixed desks and hot desks."""

from aiohttp import web

from crm_core.agents.directory import Extension, get_extension, list_extensions
from crm_core.agents.people import list_agents
from crm_core.errors import CrmError, NotFound
from web.forms import GENERAL_FIELD, Form, read_form
from web.visits import go, page, person, services

HERE = "/admin/extensions"


async def index(request: web.Request) -> web.Response:
    """All desks, the retired last, and a form for one more."""
    return await _index(request, Form.of())


async def create(request: web.Request) -> web.Response:
    """One more desk."""
    form = await read_form(request)
    agent_id = form.record_id("agent_id")
    if form.ok:
        try:
            await services(request).desks.extensions.create(
                person(request),
                number=form.value("number"),
                interface=form.value("interface"),
                agent_id=agent_id,
            )
        except CrmError as refused:
            _refuse(form, refused)
    if not form.ok:
        return await _index(request, form, status=422)
    return go(HERE, told="extension_created")


async def edit(request: web.Request) -> web.Response:
    """The form of one desk."""
    desk = await _desk(request)
    form = Form.of(number=desk.number, interface=desk.interface, agent_id=desk.agent_id)
    return await _edit(request, desk, form)


async def save(request: web.Request) -> web.Response:
    """Another number, phone or owner."""
    desk, form = await _desk(request), await read_form(request)
    agent_id = form.record_id("agent_id")
    if form.ok:
        try:
            await services(request).desks.extensions.edit(
                person(request),
                desk.id,
                number=form.value("number"),
                interface=form.value("interface"),
                agent_id=agent_id,
            )
        except CrmError as refused:
            _refuse(form, refused)
    if not form.ok:
        return await _edit(request, desk, form, status=422)
    return go(HERE, told="extension_saved")


async def retire(request: web.Request) -> web.Response:
    """Nobody can sit down there any more; the call log keeps it."""
    desk = await _desk(request)
    try:
        await services(request).desks.extensions.retire(person(request), desk.id)
    except CrmError as refused:
        form = Form.of()
        form.refuse(GENERAL_FIELD, refused.code, **refused.values)
        return await _index(request, form, status=409)
    return go(HERE, told="extension_retired_now")


async def restore(request: web.Request) -> web.Response:
    """In use again."""
    desk = await _desk(request)
    await services(request).desks.extensions.restore(person(request), desk.id)
    return go(HERE, told="extension_restored")


async def _desk(request: web.Request) -> Extension:
    async with services(request).storage.read() as connection:
        return await get_extension(connection, int(request.match_info["extension_id"]))


async def _index(request: web.Request, form: Form, *, status: int = 200) -> web.Response:
    async with services(request).storage.read() as connection:
        desks = await list_extensions(connection, active=None)
        everybody = await list_agents(connection, active=None)
    return page(
        request,
        "extensions/index.html",
        status=status,
        desks=sorted(desks, key=lambda desk: not desk.active),
        form=form,
        names={agent.id: agent.name for agent in everybody},
        owners=[(agent.id, agent.name) for agent in everybody if agent.active],
        technology=services(request).settings.exchange.technology,
    )


async def _edit(
    request: web.Request, desk: Extension, form: Form, *, status: int = 200
) -> web.Response:
    async with services(request).storage.read() as connection:
        people = await list_agents(connection)
    return page(
        request,
        "extensions/edit.html",
        status=status,
        desk=desk,
        form=form,
        owners=[(agent.id, agent.name) for agent in people],
    )


def _refuse(form: Form, refused: CrmError) -> None:
    if isinstance(refused, NotFound):  # the person chosen, not the desk
        form.refuse("agent_id", "not_a_choice")
    else:
        form.refused_by(refused)
