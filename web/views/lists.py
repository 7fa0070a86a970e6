"""The lists: their pages, views, columns, and as files."""

from dataclasses import replace
from urllib.parse import urlencode

from aiohttp import web

from crm_core.agents.rights import Action, Scope
from crm_core.errors import Forbidden, Invalid, NotFound
from crm_core.lists.questions import MOST_COLUMNS
from crm_core.lists.reading import Asked, count, find_selected
from crm_core.lists.rights import scope_of
from crm_core.lists.saved_views import ViewState
from crm_core.lists.shapes import ListName
from web.forms import Form, read_form
from web.list_addresses import BOARDED, ListAddress, read_address, read_query_text
from web.list_asking import ask, like, standing_views
from web.list_export import LIMITS, Format, send_list
from web.list_pages import list_data
from web.selection import read_selection
from web.sentences import sentence
from web.visits import go, partial, person, services, visit


async def records(request: web.Request, name: ListName) -> web.Response:
    """The list alone, as a page fetches it anew."""
    return partial(request, "lists/_list.html", **await list_data(request, name))


async def save_view(request: web.Request) -> web.Response:
    """What is asked for now becomes a view under a title; on to it."""
    name, form = _name(request), await read_form(request)
    state = await _state(request, _address(name, form))
    view_id = await services(request).saved_views.create(
        person(request), name, form.value("title"), state, shared=form.ticked("shared")
    )
    return go(_view_path(name, view_id), told="view_saved")


async def change_view(request: web.Request) -> web.Response:
    """Another title, shared or not, or what is asked for now; only at the version one has seen."""
    name, form = _name(request), await read_form(request)
    view_id, version = _view_id(request), form.record_id("version", required=True) or 0
    form.demand()
    changes: dict[str, object] = {}
    if form.ticked("renames"):
        changes = {"title": form.value("title"), "shared": form.ticked("shared")}
    if form.ticked("renews"):
        changes["state"] = await _state(request, _address(name, form))
    views = services(request).saved_views
    await views.change(person(request), view_id, version, **changes)  # type: ignore[arg-type]
    return go(_view_path(name, view_id), told="view_changed_told")


async def like_view(request: web.Request) -> web.Response:
    """This view, or none, is what one sees first from now on."""
    name, form = _name(request), await read_form(request)
    standing = form.value("view") if form.value("view") in standing_views(name) else None
    view = standing or form.record_id("view")
    form.demand()
    await like(request, name, view=view)
    return go(_view_path(name, view), told="view_is_usual")


async def delete_view(request: web.Request) -> web.Response:
    """A view is taken away: `{told, undo}`, for scripts."""
    name = _name(request)
    await read_form(request)
    entry_id = await services(request).saved_views.delete(person(request), _view_id(request))
    told = sentence(visit(request).reader, "view_deleted", {})
    return web.json_response({"told": told, "undo": f"/lists/{name}/deleted/{entry_id}/restore"})


async def restore_view(request: web.Request) -> web.Response:
    """A view that one has taken away is back: `{told}`, for scripts."""
    await read_form(request)
    entry_id = int(request.match_info["entry_id"])
    await services(request).saved_views.restore(person(request), entry_id)
    return web.json_response({"told": sentence(visit(request).reader, "undone", {})})


async def columns(request: web.Request) -> web.Response:
    """Which columns one sees, in which order: in the address of a view, else from now on."""
    name, form = _name(request), await read_form(request)
    chosen = tuple(dict.fromkeys(form.several.get("column", ())))[:MOST_COLUMNS]
    if form.ticked("usual"):
        chosen = ()
    elif not chosen:
        raise Invalid("column", "no_columns")
    address = _address(name, form)
    async with services(request).storage.read() as connection:
        shown = await ask(request, connection, address)
    if shown.view is None:
        await like(request, name, columns=list(chosen))
        chosen = ()
    changed = ListAddress(
        name,
        shown.address.filters,
        shown.address.search,
        shown.address.sort,
        chosen,
        shown.address.view,
        states=True,
    )
    return go(changed.written())


async def export(request: web.Request, name: ListName) -> web.StreamResponse:
    """The chosen records in the columns that are shown; noted in the audit trail."""
    form, actor = await read_form(request), person(request)
    if request.match_info["format"] not in list(Format):
        raise NotFound
    kind = Format(request.match_info["format"])
    if actor.scope(name.kind, Action.EXPORT) is Scope.NONE:
        raise Forbidden(role=actor.role.value)
    selection = await read_selection(request, form, name)
    async with services(request).storage.read() as connection:
        shown = await ask(request, connection, _address(name, form))
        asked = find_selected(shown.asked, selection)
        condition = asked.condition(Action.EXPORT)
        total = await count(connection, condition, asked.shape, most=LIMITS[kind])
        seen = await count(connection, asked.condition(), asked.shape, most=LIMITS[kind])
    if total > LIMITS[kind]:
        raise Invalid("ids", "list_too_long", most=LIMITS[kind])
    if not total:
        raise Invalid("ids", "nothing_to_export" if not seen else "not_yours_to_export")
    chosen = "all" if form.ticked("all") else "some"
    noted = {"count": total, "filter": form.value("query")[:1000], "chosen": chosen}
    if seen > total:
        noted["left_out"] = seen - total
    return await send_list(request, asked, condition, kind, noted)


async def export_asked(request: web.Request, name: ListName) -> web.StreamResponse:
    """All that the address asks for as a file: the columns it names, else those of the whole
    record; noted in the audit trail. Back to the list where it cannot be understood."""
    if request.match_info["format"] not in list(Format):
        raise NotFound
    kind, actor = Format(request.match_info["format"]), person(request)
    if scope_of(actor, name, Action.EXPORT) is Scope.NONE:
        raise Forbidden(role=actor.role.value)
    address = read_address(name, request.query.items())
    async with services(request).storage.read() as connection:
        shown = await ask(request, connection, address)
        if shown.asked.question.refused:
            return go(address.written())
        asked, most = _of_whole_records(shown.asked, address), LIMITS[kind]
        condition = asked.condition(Action.EXPORT)
        total = await count(connection, condition, asked.shape, most=most)
        seen = await count(connection, asked.condition(), asked.shape, most=most)
    if total > most:
        raise Invalid("ids", "list_too_long", most=most)
    noted = {"count": total, "filter": shown.address.as_query[:1000]}
    if seen > total:
        noted["left_out"] = seen - total
    return await send_list(request, asked, condition, kind, noted)


def _of_whole_records(asked: Asked, address: ListAddress) -> Asked:
    if address.columns or not asked.shape.file_columns:
        return asked
    return replace(asked, question=replace(asked.question, columns=asked.shape.file_columns))


def _name(request: web.Request) -> ListName:
    try:
        return ListName(request.match_info["list"])
    except ValueError:
        raise NotFound from None


def _address(name: ListName, form: Form) -> ListAddress:
    return read_query_text(name, form.value("query"))


async def _state(request: web.Request, address: ListAddress) -> ViewState:
    """What a view keeps of an address: the columns too, as they are now."""
    async with services(request).storage.read() as connection:
        shown = await ask(request, connection, address)
    for refusal in shown.asked.question.refused:
        raise refusal
    question = shown.asked.question
    return ViewState(dict(shown.address.filters), question.columns, question.order)


def _view_id(request: web.Request) -> int:
    return int(request.match_info["view_id"])


def _view_path(name: ListName, view: int | str | None) -> str:
    look = {"look": "list"} if name in BOARDED else {}
    return f"/{name}?{urlencode({'view': view or 'all', **look})}"
