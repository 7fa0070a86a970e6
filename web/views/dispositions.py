"""Administration of dispositions: what an operator may say a call was, in their order."""

from aiohttp import web

from crm_core.agents.directory import Disposition, list_dispositions
from crm_core.errors import CrmError, NotFound
from web.codes import code_of
from web.forms import GENERAL_FIELD, Form, read_form
from web.ordering import reordered
from web.visits import go, page, person, services

HERE = "/admin/dispositions"


async def index(request: web.Request) -> web.Response:
    """The list in its order, the retired last, and a form for one more."""
    return await _index(request, Form.of())


async def create(request: web.Request) -> web.Response:
    """One more, at the end; without a code it gets one made of its title."""
    form, known = await read_form(request), await _all(request)
    taken = {each.code for each in known}
    title = form.value("title")
    try:
        await services(request).desks.dispositions.create(
            person(request),
            code=form.value("code").strip() or code_of(title, taken, otherwise="disposition"),
            title=title,
            position=max((each.position for each in known), default=0) + 1,
            needs_next_step=form.ticked("needs_next_step"),
        )
    except CrmError as refused:
        form.refused_by(refused)
        return await _index(request, form, status=422)
    return go(HERE, told="disposition_created")


async def edit(request: web.Request) -> web.Response:
    """The form of one."""
    one = await _one(request)
    form = Form.of(title=one.title, needs_next_step=1 if one.needs_next_step else None)
    return page(request, "dispositions/edit.html", disposition=one, form=form)


async def save(request: web.Request) -> web.Response:
    """Another title; whether it needs a next step."""
    one, form = await _one(request), await read_form(request)
    try:
        await services(request).desks.dispositions.edit(
            person(request),
            one.id,
            title=form.value("title"),
            needs_next_step=form.ticked("needs_next_step"),
        )
    except CrmError as refused:
        form.refused_by(refused)
        return page(request, "dispositions/edit.html", status=422, disposition=one, form=form)
    return go(HERE, told="disposition_saved")


async def move(request: web.Request) -> web.Response:
    """One place up or down among those in use."""
    one, form = await _one(request), await read_form(request)
    listed = [each for each in await _all(request) if each.active]
    for position, moved in reordered(listed, one.id, form.value("to")):
        await services(request).desks.dispositions.edit(
            person(request), moved.id, position=position
        )
    return go(HERE)


async def retire(request: web.Request) -> web.Response:
    """Offer it no longer; the calls of the past keep it."""
    one = await _one(request)
    try:
        await services(request).desks.dispositions.retire(person(request), one.id)
    except CrmError as refused:
        form = Form.of()
        form.refuse(GENERAL_FIELD, refused.code, **refused.values)
        return await _index(request, form, status=409)
    return go(HERE, told="disposition_retired")


async def restore(request: web.Request) -> web.Response:
    """Offer it again."""
    one = await _one(request)
    await services(request).desks.dispositions.restore(person(request), one.id)
    return go(HERE, told="disposition_restored")


async def _all(request: web.Request) -> list[Disposition]:
    async with services(request).storage.read() as connection:
        return await list_dispositions(connection, active=None)


async def _one(request: web.Request) -> Disposition:
    wanted = int(request.match_info["disposition_id"])
    found = next((each for each in await _all(request) if each.id == wanted), None)
    if found is None:
        raise NotFound(disposition_id=wanted)
    return found


async def _index(request: web.Request, form: Form, *, status: int = 200) -> web.Response:
    known = await _all(request)
    return page(
        request,
        "dispositions/index.html",
        status=status,
        form=form,
        listed=[each for each in known if each.active],
        retired=[each for each in known if not each.active],
    )
