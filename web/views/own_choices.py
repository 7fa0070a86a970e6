"""Administration of the choices of one own field."""

from aiohttp import web

from crm_core.custom_fields.reading import CustomField
from crm_core.errors import CrmError
from web.forms import read_form
from web.views.custom_fields import HERE, edit_page, field_of, order_of
from web.visits import go, person, services


async def add(request: web.Request) -> web.Response:
    """One more to choose from."""
    form, field = await read_form(request), await field_of(request)
    try:
        await services(request).shaping.choices.add(person(request), field.id, form.value("title"))
    except CrmError as refused:
        form.refused_by(refused)
        return await edit_page(request, field, None, choice_form=form, status=422)
    return _to(field)


async def save(request: web.Request) -> web.Response:
    """Called otherwise, offered no longer (`retire`) or again (`restore`)."""
    form, field = await read_form(request), await field_of(request)
    choice_id, choices = int(request.match_info["choice_id"]), services(request).shaping.choices
    try:
        if form.ticked("retire"):
            await choices.retire(person(request), field.id, choice_id)
        elif form.ticked("restore"):
            await choices.restore(person(request), field.id, choice_id)
        else:
            await choices.rename(person(request), field.id, choice_id, form.value("title"))
    except CrmError as refused:
        form.refused_by(refused)
        return await edit_page(request, field, None, choice_form=form, status=422)
    return _to(field)


async def arrange(request: web.Request) -> web.Response:
    """All in the order of `ids`, for scripts; or one of them `to` "up" or "down"."""
    form, field = await read_form(request), await field_of(request)
    listed = [each.id for each in field.choices if each.active]
    ids = order_of(form, listed, form.record_id("moved") or 0)
    await services(request).shaping.choices.arrange(person(request), field.id, ids)
    return web.json_response({}) if form.value("ids") else _to(field)


def _to(field: CustomField) -> web.Response:
    return go(f"{HERE}/{field.id}#choices")
