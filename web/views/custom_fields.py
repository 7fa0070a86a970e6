"""Administration of own fields: sections in tabs, fields in sections, what each may hold."""

from typing import Any, Final

from aiohttp import web

from crm_core.agents.rights import RecordKind
from crm_core.custom_fields.reading import CustomField, FieldSection, list_fields, list_sections
from crm_core.custom_fields.shaping import HIDEABLE_FROM, KINDS, FieldPlan
from crm_core.custom_fields.types import CHOOSING, FieldType
from crm_core.errors import CrmError, NotFound
from web.first_pipelines import currency_of
from web.forms import Form, read_form
from web.own_fields import TYPE_NAMES, arranged
from web.visits import go, page, person, services, visit

HERE: Final = "/admin/fields"


async def index(request: web.Request) -> web.Response:
    """The sections of one kind of record with their fields, and how its card will look."""
    return await _index(request, _kind(request.query.get("of", "")), Form.of())


async def add_section(request: web.Request) -> web.Response:
    """One more section, the last."""
    form = await read_form(request)
    kind = _kind(form.value("of"))
    try:
        await services(request).shaping.sections.create(
            person(request), kind, title=form.value("title"), tab=form.value("tab")
        )
    except CrmError as refused:
        form.refused_by(refused)
        return await _index(request, kind, form, status=422)
    return _back(kind, told="section_created")


async def save_section(request: web.Request) -> web.Response:
    """Another title, another tab."""
    form, section = await read_form(request), await _section(request)
    kind = RecordKind(section.kind)
    try:
        await services(request).shaping.sections.edit(
            person(request), section.id, title=form.value("title"), tab=form.value("tab")
        )
    except CrmError as refused:
        shown = Form.of()
        shown.refused_by(refused)
        return await _index(request, kind, shown, status=422)
    return _back(kind, f"section-{section.id}", told="section_saved")


async def switch_section(request: web.Request) -> web.Response:
    """Off or on (`on`), with all its fields; what they hold is kept."""
    form, section = await read_form(request), await _section(request)
    sections = services(request).shaping.sections
    switch = sections.restore if form.ticked("on") else sections.retire
    await switch(person(request), section.id)
    told = "section_on" if form.ticked("on") else "section_off"
    return _back(RecordKind(section.kind), f"section-{section.id}", told=told)


async def arrange_sections(request: web.Request) -> web.Response:
    """All in the order of `ids`, for scripts; or one of them `to` "up" or "down"."""
    form = await read_form(request)
    kind = _kind(request.query.get("of", ""))
    async with services(request).storage.read() as connection:
        listed = [each.id for each in await list_sections(connection, kind.value)]
    moved = form.record_id("moved") or 0
    ids = order_of(form, listed, moved)
    await services(request).shaping.sections.arrange(person(request), kind, ids)
    if form.value("ids"):
        return web.json_response({})
    return _back(kind, f"section-{moved}")


async def arrange_fields(request: web.Request) -> web.Response:
    """Those of one section, likewise."""
    form, section = await read_form(request), await _section(request)
    async with services(request).storage.read() as connection:
        fields = await list_fields(connection, section.kind, active=None)
    listed = [each.id for each in fields if each.section_id == section.id and each.active]
    moved = form.record_id("moved") or 0
    ids = order_of(form, listed, moved)
    await services(request).shaping.fields.arrange(person(request), section.id, ids)
    if form.value("ids"):
        return web.json_response({})
    return _back(RecordKind(section.kind), f"field-{moved}")


async def new(request: web.Request) -> web.Response:
    """An empty form of a field in one section."""
    section = await _section(request)
    return await _new(request, section, Form.of(type="text", currency=_currency(request)))


async def create(request: web.Request) -> web.Response:
    """One more field, the last of its section."""
    form, section = await read_form(request), await _section(request)
    plan = FieldPlan(
        form.choice("type", FieldType),
        form.value("title"),
        hint=form.value("hint"),
        currency=form.value("currency"),
        choices=tuple(form.value("choices").splitlines()),
        hidden_from=form.several.get("hidden_from", []),
    )
    if form.ok:
        try:
            await services(request).shaping.fields.create(person(request), section.id, plan)
        except CrmError as refused:
            form.refused_by(refused)
    if not form.ok:
        return await _new(request, section, form, status=422)
    return _back(RecordKind(section.kind), f"section-{section.id}", told="field_created")


async def edit(request: web.Request) -> web.Response:
    """One field whole."""
    return await edit_page(request, await field_of(request), None)


async def save(request: web.Request) -> web.Response:
    """Another title, hint, section; hidden from others."""
    form, field = await read_form(request), await field_of(request)
    section_id = form.record_id("section_id", required=True)
    if form.ok:
        try:
            await services(request).shaping.fields.edit(
                person(request),
                field.id,
                title=form.value("title"),
                hint=form.value("hint"),
                section_id=section_id,
                hidden_from=form.several.get("hidden_from", []),
            )
        except CrmError as refused:
            form.refused_by(refused)
    if not form.ok:
        return await edit_page(request, field, form, status=422)
    return _back(RecordKind(field.kind), f"field-{field.id}", told="field_saved")


async def switch(request: web.Request) -> web.Response:
    """Off or on (`on`); what it holds is kept."""
    form, field = await read_form(request), await field_of(request)
    fields = services(request).shaping.fields
    turn = fields.restore if form.ticked("on") else fields.retire
    await turn(person(request), field.id)
    told = "field_on" if form.ticked("on") else "field_off"
    return _back(RecordKind(field.kind), f"section-{field.section_id}", told=told)


def order_of(form: Form, listed: list[int], moved: int) -> list[int]:
    """The `ids` that a script sends, or `listed` after `moved` went one place `to`."""
    if form.value("ids"):
        written = form.value("ids").split(",")[:200]
        return [int(each[:15]) for each in written if each.isascii() and each.isdecimal()]
    order, to = list(listed), form.value("to")
    if moved in order and to in ("up", "down"):
        at = order.index(moved)
        other = at - 1 if to == "up" else at + 1
        if 0 <= other < len(order):
            order[at], order[other] = order[other], order[at]
    return order


def _kind(written: str) -> RecordKind:
    return RecordKind(written) if written in KINDS else KINDS[0]


def _back(kind: RecordKind, place: str = "", *, told: str = "") -> web.Response:
    return go(f"{HERE}?of={kind}" + (f"#{place}" if place else ""), told=told)


def _currency(request: web.Request) -> str:
    return currency_of(services(request).settings.exchange.country)


async def _section(request: web.Request) -> FieldSection:
    wanted = int(request.match_info["section_id"])
    async with services(request).storage.read() as connection:
        for kind in KINDS:
            for section in await list_sections(connection, kind.value, active=None):
                if section.id == wanted:
                    return section
    raise NotFound(section_id=wanted)


async def field_of(request: web.Request) -> CustomField:
    """The field that the address names, switched off or not. NotFound."""
    wanted = int(request.match_info["field_id"])
    async with services(request).storage.read() as connection:
        for field in await list_fields(connection, None, active=None):
            if field.id == wanted:
                return field
    raise NotFound(field_id=wanted)


async def _index(
    request: web.Request, kind: RecordKind, form: Form, *, status: int = 200
) -> web.Response:
    async with services(request).storage.read() as connection:
        sections = await list_sections(connection, kind.value, active=None)
        fields = await list_fields(connection, kind.value, active=None)
        in_use = await list_fields(connection, kind.value)
    return page(
        request,
        "custom_fields/index.html",
        status=status,
        form=form,
        kind=kind.value,
        kinds=[each.value for each in KINDS],
        sections=[each for each in sections if each.active],
        switched_off=[each for each in sections if not each.active],
        fields_of=lambda section: [each for each in fields if each.section_id == section.id],
        tabs=list(dict.fromkeys(each.tab for each in sections if each.tab)),
        type_names=TYPE_NAMES,
        preview=arranged(in_use, {}, visit(request).reader),
    )


async def _new(
    request: web.Request, section: FieldSection, form: Form, *, status: int = 200
) -> web.Response:
    return page(
        request,
        "custom_fields/new.html",
        status=status,
        form=form,
        section=section,
        types=list(TYPE_NAMES.items()),
        roles=[role.value for role in HIDEABLE_FROM],
    )


async def edit_page(
    request: web.Request,
    field: CustomField,
    form: Form | None,
    *,
    choice_form: Form | None = None,
    status: int = 200,
) -> web.Response:
    """One field whole, with the form that was refused."""
    async with services(request).storage.read() as connection:
        sections = await list_sections(connection, field.kind, active=None)
    return page(
        request,
        "custom_fields/edit.html",
        status=status,
        field=field,
        form=form or _form_of(field),
        choice_form=choice_form or Form.of(),
        is_choosing=field.type in CHOOSING,
        sections=[(each.id, _called(each)) for each in sections],
        type_name=TYPE_NAMES[field.type],
        roles=[role.value for role in HIDEABLE_FROM],
    )


def _form_of(field: CustomField) -> Form:
    shown: dict[str, Any] = {
        "title": field.title,
        "hint": field.hint,
        "section_id": field.section_id,
    }
    form = Form.of(**shown)
    form.several["hidden_from"] = [role.value for role in field.hidden_from]
    return form


def _called(section: FieldSection) -> str:
    return f"{section.tab} → {section.title}" if section.tab else section.title
