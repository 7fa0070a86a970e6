"""Administration of pause reasons: why an operator takes no calls, in their order."""

from aiohttp import web

from crm_core.agents.directory import PauseReason, list_pause_reasons
from crm_core.errors import CrmError, NotFound
from web.codes import code_of
from web.forms import Form, read_form
from web.ordering import reordered
from web.visits import go, page, person, services

HERE = "/admin/pause-reasons"


async def index(request: web.Request) -> web.Response:
    """The list in its order, the retired last, and a form for one more."""
    return await _index(request, Form.of())


async def create(request: web.Request) -> web.Response:
    """One more, at the end; without a code it gets one made of its title."""
    form, known = await read_form(request), await _all(request)
    taken = {each.code for each in known}
    title = form.value("title")
    try:
        await services(request).desks.pause_reasons.create(
            person(request),
            code=form.value("code").strip() or code_of(title, taken, otherwise="pause"),
            title=title,
            position=max((each.position for each in known), default=0) + 1,
        )
    except CrmError as refused:
        form.refused_by(refused)
        return await _index(request, form, status=422)
    return go(HERE, told="pause_reason_created")


async def edit(request: web.Request) -> web.Response:
    """The form of one."""
    one = await _one(request)
    form = Form.of(title=one.title)
    return page(request, "pause_reasons/edit.html", reason=one, form=form)


async def save(request: web.Request) -> web.Response:
    """Another title."""
    one, form = await _one(request), await read_form(request)
    try:
        await services(request).desks.pause_reasons.edit(
            person(request),
            one.id,
            title=form.value("title"),
        )
    except CrmError as refused:
        form.refused_by(refused)
        return page(request, "pause_reasons/edit.html", status=422, reason=one, form=form)
    return go(HERE, told="pause_reason_saved")


async def move(request: web.Request) -> web.Response:
    """One place up or down among those in use."""
    one, form = await _one(request), await read_form(request)
    listed = [each for each in await _all(request) if each.active]
    for position, moved in reordered(listed, one.id, form.value("to")):
        await services(request).desks.pause_reasons.edit(
            person(request), moved.id, position=position
        )
    return go(HERE)


async def retire(request: web.Request) -> web.Response:
    """Offer it no longer; the reports of the past keep it."""
    one = await _one(request)
    await services(request).desks.pause_reasons.retire(person(request), one.id)
    return go(HERE, told="pause_reason_retired")


async def restore(request: web.Request) -> web.Response:
    """Offer it again."""
    one = await _one(request)
    await services(request).desks.pause_reasons.restore(person(request), one.id)
    return go(HERE, told="pause_reason_restored")


async def _all(request: web.Request) -> list[PauseReason]:
    async with services(request).storage.read() as connection:
        return await list_pause_reasons(connection, active=None)


async def _one(request: web.Request) -> PauseReason:
    wanted = int(request.match_info["reason_id"])
    found = next((each for each in await _all(request) if each.id == wanted), None)
    if found is None:
        raise NotFound(reason_id=wanted)
    return found


async def _index(request: web.Request, form: Form, *, status: int = 200) -> web.Response:
    known = await _all(request)
    return page(
        request,
        "pause_reasons/index.html",
        status=status,
        form=form,
        listed=[each for each in known if each.active],
        retired=[each for each in known if not each.active],
    )
