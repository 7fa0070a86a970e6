"""Tags: put on records and taken off by script, on many at once, and kept by an administrator."""

from typing import Final

from aiohttp import web

from crm_core.errors import CrmError, Invalid
from crm_core.search.folding import folded
from crm_core.tags.colours import Colour
from crm_core.tags.keeping import UsedTag, list_used_tags
from crm_core.tags.reading import Tag, list_tags
from web.forms import Form, read_form
from web.selection import read_selection
from web.sentences import sentence
from web.visits import go, page, partial, person, services, visit, wants_json

HERE: Final = "/admin/tags"
OFFERED: Final = 12
"""Tags below the box: what is not among them is found by one more letter."""


async def options(request: web.Request) -> web.Response:
    """Those that begin with what is written, then those that hold it."""
    written = folded(request.query.get("search", "")[:50])
    async with services(request).storage.read() as connection:
        known = await list_tags(connection)
    fitting = [tag for tag in known if written in folded(tag.title)]
    fitting.sort(key=lambda tag: not folded(tag.title).startswith(written))
    return partial(request, "tags/_options.html", tags=fitting[:OFFERED])


async def add(request: web.Request) -> web.Response:
    """One more on a record, made where there is none of that name: `{id, title, is_new}`."""
    form, kind, record_id = await read_form(request), *_record(request)
    tagging, actor = services(request).tagging, person(request)
    tag, is_new = await tagging.tag(actor, kind, record_id, form.value("title"))
    return web.json_response({"id": tag.id, "title": tag.title, "is_new": is_new})


async def remove(request: web.Request) -> web.Response:
    """One less on a record: `{title}`, by which it comes back."""
    await read_form(request)
    kind, record_id = _record(request)
    tag = await services(request).tagging.untag(person(request), kind, record_id, _id(request))
    return web.json_response({"title": tag.title})


async def of_clients(request: web.Request) -> web.Response:
    """The chosen clients get and lose what is written."""
    return await _of_many(request, "client")


async def of_leads(request: web.Request) -> web.Response:
    """The chosen leads, likewise."""
    return await _of_many(request, "lead")


async def of_deals(request: web.Request) -> web.Response:
    """The chosen deals, likewise."""
    return await _of_many(request, "deal")


async def index(request: web.Request) -> web.Response:
    """All tags with how many bear each."""
    return await _index(request, Form.of())


async def save(request: web.Request) -> web.Response:
    """Another title, another colour."""
    form = await read_form(request)
    keeping, actor, tag_id = services(request).tag_keeping, person(request), _id(request)
    colour = form.choice("colour", Colour)
    if form.ok:
        try:
            await keeping.rename(actor, tag_id, form.value("title"))
            await keeping.paint(actor, tag_id, colour)
        except CrmError as refused:
            form.refused_by(refused)
    if not form.ok:
        return await _index(request, form, refused_id=tag_id, status=422)
    return go(HERE, told="tag_saved")


async def join(request: web.Request) -> web.Response:
    """All that bear it bear another instead."""
    form = await read_form(request)
    into_id = form.record_id("into", required=True)
    if form.ok and into_id is not None:
        try:
            await services(request).tag_keeping.join(person(request), _id(request), into_id)
        except CrmError as refused:
            form.refused_by(refused)
    if not form.ok:
        return await _index(request, form, refused_id=_id(request), status=422)
    return go(HERE, told="tags_joined")


async def delete(request: web.Request) -> web.Response:
    """Off everything, and gone."""
    await read_form(request)
    await services(request).tag_keeping.remove(person(request), _id(request))
    return go(HERE, told="tag_removed")


async def _of_many(request: web.Request, kind: str) -> web.Response:
    """Tags written with commas: `add` and `remove`; back to the list as it was asked for."""
    form = await read_form(request)
    add, remove = (_titles(form.value(name)) for name in ("add", "remove"))
    if not add and not remove:
        raise Invalid("add", "required")
    chosen = await read_selection(request, form, f"{kind}s")
    await services(request).tagging.tag_all(person(request), kind, chosen, add=add, remove=remove)
    if wants_json(request):
        return web.json_response({})
    query = form.value("query").removeprefix("?")
    return go(f"/{kind}s" + (f"?{query}" if query.isprintable() else ""), told="tags_changed")


def _titles(written: str) -> list[str]:
    """As they are separated by commas, each once."""
    return list(dict.fromkeys(part.strip() for part in written.split(",") if part.strip()))


async def _index(
    request: web.Request, form: Form, *, refused_id: int = 0, status: int = 200
) -> web.Response:
    async with services(request).storage.read() as connection:
        known: list[UsedTag] = await list_used_tags(connection)
    reader = visit(request).reader
    said = sentence(reader, *_refusal(form)) if refused_id and form.errors else ""
    return page(
        request,
        "tags/index.html",
        status=status,
        known=known,
        colours=tuple(Colour),
        refused_id=refused_id,
        refusal=said,
        written=form,
        others=[Tag(each.tag.id, each.tag.title, "") for each in known],
    )


def _refusal(form: Form) -> tuple[str, dict[str, object]]:
    refusal = next(iter(form.errors.values()))
    return refusal.code, dict(refusal.values)


def _record(request: web.Request) -> tuple[str, int]:
    return request.match_info["kind"], int(request.match_info["record_id"])


def _id(request: web.Request) -> int:
    return int(request.match_info["tag_id"])
