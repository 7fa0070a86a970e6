"""Administration of the catalogues: the words by which the office sorts its records."""

from collections.abc import Sequence

from aiohttp import web

from crm_core.catalogues import Catalogue, Entry, list_entries
from crm_core.errors import CrmError, NotFound
from web.forms import Form, read_form
from web.ordering import reordered
from web.visits import go, page, person, services

HERE = "/admin/catalogues"


async def index(request: web.Request) -> web.Response:
    """All catalogues by name, and the entries of one: the first unless another is asked for."""
    return await _index(request, _asked(request.query.get("of", "")), Form.of())


async def create(request: web.Request) -> web.Response:
    """One more entry, at the end."""
    form = await read_form(request)
    catalogue = _asked(form.value("of"))
    known = await _entries(request, catalogue)
    try:
        await services(request).catalogues.create(
            person(request),
            catalogue,
            title=form.value("title"),
            position=max((each.position for each in known), default=0) + 1,
        )
    except CrmError as refused:
        form.refused_by(refused)
        return await _index(request, catalogue, form, status=422)
    return _back(catalogue)


async def save(request: web.Request) -> web.Response:
    """Another title; what is sorted by the entry is sorted by its new title."""
    form, entry = await read_form(request), await _entry(request)
    try:
        title = form.value("title")
        await services(request).catalogues.edit(person(request), entry.id, title=title)
    except CrmError as refused:
        shown = Form.of(title="")
        shown.refuse("title", refused.code, **refused.values)
        return await _index(request, Catalogue(entry.catalogue), shown, status=422)
    return _back(Catalogue(entry.catalogue))


async def move(request: web.Request) -> web.Response:
    """One place up or down among those in use."""
    form, entry = await read_form(request), await _entry(request)
    listed = [each for each in await _entries(request, Catalogue(entry.catalogue)) if each.active]
    for position, moved in reordered(listed, entry.id, form.value("to")):
        await services(request).catalogues.edit(person(request), moved.id, position=position)
    return _back(Catalogue(entry.catalogue))


async def retire(request: web.Request) -> web.Response:
    """Offer it no longer; records that have it keep it."""
    entry = await _entry(request)
    await services(request).catalogues.retire(person(request), entry.id)
    return _back(Catalogue(entry.catalogue))


async def restore(request: web.Request) -> web.Response:
    """Offer it again."""
    entry = await _entry(request)
    await services(request).catalogues.restore(person(request), entry.id)
    return _back(Catalogue(entry.catalogue))


def _back(catalogue: Catalogue) -> web.Response:
    return go(f"{HERE}?of={catalogue}")


def _asked(written: str) -> Catalogue:
    return Catalogue(written) if written in set(Catalogue) else next(iter(Catalogue))


async def _entries(request: web.Request, catalogue: Catalogue) -> Sequence[Entry]:
    async with services(request).storage.read() as connection:
        return (await list_entries(connection, active=None))[catalogue]


async def _entry(request: web.Request) -> Entry:
    wanted = int(request.match_info["entry_id"])
    async with services(request).storage.read() as connection:
        listed = await list_entries(connection, active=None)
    for entries in listed.values():
        for entry in entries:
            if entry.id == wanted:
                return entry
    raise NotFound(entry_id=wanted)


async def _index(
    request: web.Request, catalogue: Catalogue, form: Form, *, status: int = 200
) -> web.Response:
    known = await _entries(request, catalogue)
    return page(
        request,
        "catalogues/index.html",
        status=status,
        form=form,
        catalogue=catalogue,
        catalogues=tuple(Catalogue),
        listed=[each for each in known if each.active],
        retired=[each for each in known if not each.active],
    )
