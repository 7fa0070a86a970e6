"""Do-not-call lists: is this number on one and why, put on, taken off, the lists themselves."""

from datetime import datetime
from typing import Final

from aiohttp import web

from crm_core.agents.roles import Role
from crm_core.errors import CrmError, Invalid, NotFound
from dialer.campaigns.queries import list_campaigns
from dialer.do_not_call.access import KEEPERS
from dialer.do_not_call.generations import list_imports
from dialer.do_not_call.kinds import OPT_OUTS, How, ImportState, ListKind
from dialer.do_not_call.lists import ListInUse, list_lists
from dialer.do_not_call.looking import PAGE, list_national, list_numbers, list_of_number
from dialer.do_not_call.records import Said
from telephony.numbers import normalise
from web.forms import Form, read_form, read_query
from web.views.opt_outs import undo_of
from web.visits import go, page, partial, person, services, visit

HERE: Final = "/do-not-call"


async def index(request: web.Request) -> web.Response:
    """All lists, and `?q=` whether a number stands on one."""
    return await _index(request, Form.of(), Form.of())


async def stop(request: web.Request) -> web.Response:
    """Somebody wants no more calls: at once, for all campaigns, by whoever hears it; offers to undo
    it."""
    form, built = await read_form(request), services(request)
    how = form.choice("how", How)
    number = form.text("number", required=True, most=200)
    if form.ok:
        try:
            said = Said(how, form.value("reason"))
            stopped = await built.opt_outs.stop(person(request), number, said)
            told = "opted_out" if stopped.number_id else "opted_out_already"
            return go(HERE, told=told, undo=undo_of(stopped))
        except Invalid as refused:
            form.refused_by(refused)
    return await _index(request, form, Form.of(), status=422)


async def create(request: web.Request) -> web.Response:
    """A new list."""
    form, built = await read_form(request), services(request)
    kind, campaign_id = form.choice("kind", ListKind), form.record_id("campaign")
    days = form.number("fresh_days", least=1, most=3_650) if form.value("fresh_days") else None
    if form.ok:
        try:
            list_id = await built.lists.create(
                person(request),
                kind,
                form.value("title"),
                campaign_id=campaign_id if kind is ListKind.CAMPAIGN else None,
                country=form.value("country"),
                fresh_days=days,
            )
            return go(_at(list_id), told="list_made")
        except Invalid as refused:
            form.refused_by(refused)
    return await _index(request, Form.of(), form, status=422)


async def show(request: web.Request) -> web.Response:
    """One list: its numbers, its imports."""
    return await _show(request, Form.of(), Form.of())


async def progress(request: web.Request) -> web.Response:
    """How far the file is that is read into it."""
    await _list(request)
    return partial(
        request,
        "do_not_call/_progress.html",
        list_id=_list_id(request),
        reading=services(request).list_reading.find(_list_id(request)),
    )


async def add(request: web.Request) -> web.Response:
    """Put a number on this list."""
    form, built = await read_form(request), services(request)
    how = form.choice("how", How)
    until = form.moment("until", visit(request).reader)
    if form.ok:
        try:
            said = Said(how, form.value("reason"), until=until)
            await built.do_not_call.add(
                person(request), _list_id(request), form.value("number"), said
            )
        except Invalid as refused:
            form.refused_by(refused)
    if not form.ok:
        return await _show(request, form, Form.of(), status=422)
    return go(_at(_list_id(request)), told="number_listed")


async def rename(request: web.Request) -> web.Response:
    """Call the list otherwise."""
    form, list_id = await read_form(request), _list_id(request)
    try:
        await services(request).lists.rename(person(request), list_id, form.value("title"))
    except Invalid as refused:
        form.refused_by(refused)
        return await _show(request, Form.of(), form, status=422)
    return go(_at(list_id), told="list_renamed")


async def retire(request: web.Request) -> web.Response:
    """Give it up; it comes back by `bring_back`."""
    form, list_id = await read_form(request), _list_id(request)
    try:
        await services(request).lists.retire(person(request), list_id)
    except NotFound:
        raise
    except CrmError as refused:
        form.refused_by(refused)
        return await _show(request, Form.of(), form, status=422)
    return go(HERE, told="list_retired")


async def bring_back(request: web.Request) -> web.Response:
    """Use it again."""
    await read_form(request)
    await services(request).lists.bring_back(person(request), _list_id(request))
    return go(_at(_list_id(request)), told="list_brought_back")


async def remove(request: web.Request) -> web.Response:
    """Take a number off its list, with a reason; back to where one was."""
    form, number_id = await read_form(request), _number_id(request)
    list_id = form.record_id("list")
    form.text("why", required=True, most=500)
    form.demand()
    await services(request).do_not_call.remove(person(request), number_id, form.value("why"))
    back = HERE if list_id is None else _at(list_id)
    return go(back, told="number_unlisted", undo=f"{HERE}/{number_id}/undo")


async def undo(request: web.Request) -> web.Response:
    """The number stands there again as it did."""
    await read_form(request)
    await services(request).do_not_call.restore(person(request), _number_id(request))
    return go(HERE, told="number_relisted")


async def take_back(request: web.Request) -> web.Response:
    """Who said stop may be called again: by a consent that he gave since; for scripts."""
    form = await read_form(request)
    consent_id = form.record_id("consent", required=True)
    form.demand()
    await services(request).opt_outs.take_back(
        person(request), _number_id(request), consent_id or 0
    )
    return web.json_response({})


async def _index(
    request: web.Request, form: Form, making: Form, *, status: int = 200
) -> web.Response:
    built, asked = services(request), read_query(request)
    written = asked.text("q", most=200)
    e164 = normalise(written, built.settings.exchange.country).e164 if written else None
    now = built.clock.now()
    async with built.storage.read() as connection:
        found = await list_lists(connection)
        retired = await list_lists(connection, retired=True)
        listings = await list_of_number(connection, e164) if e164 else []
        national = await list_national(connection, [e164]) if e164 else []
        campaigns = await list_campaigns(connection, limit=200)
    return page(
        request,
        "do_not_call/index.html",
        status=status,
        lists=found,
        old=[each for each in found if each.is_old(now)],
        retired=retired,
        written=written,
        e164=e164,
        listings=listings,
        national=national,
        form=form,
        making=making,
        kinds=tuple(ListKind),
        hows=OPT_OUTS,
        campaigns=[(each.id, each.title) for each in campaigns],
        campaign_titles={each.id: each.title for each in campaigns},
        may_keep=_may_keep(request),
        may_look=person(request).role is not Role.OPERATOR,
    )


async def _show(
    request: web.Request, form: Form, naming: Form, *, status: int = 200
) -> web.Response:
    built, asked = services(request), read_query(request)
    kept = await _list(request)
    digits, removed = asked.text("digits", most=40), asked.ticked("removed")
    before_id = asked.record_id("before")
    is_national = kept.list.kind == ListKind.NATIONAL
    async with built.storage.read() as connection:
        rows = (
            []
            if is_national
            else await list_numbers(
                connection,
                kept.list.id,
                digits=digits,
                removed=removed,
                before_id=before_id,
                limit=PAGE + 1,
            )
        )
        imports = await list_imports(connection, kept.list.id)
    reading = built.list_reading.find(kept.list.id)
    begun = [each for each in imports if each.state == ImportState.READING]
    is_read = reading is not None and not reading.is_over
    return page(
        request,
        "do_not_call/show.html",
        status=status,
        kept=kept,
        list_id=kept.list.id,
        is_national=is_national,
        is_old=kept.is_old(_now(request)),
        rows=rows[:PAGE],
        older=rows[PAGE - 1].id if len(rows) > PAGE else None,
        is_first=before_id is None,
        digits=digits,
        removed=removed,
        imports=imports,
        reading=reading,
        broken=begun[0] if begun and not is_read else None,
        form=form,
        naming=naming,
        hows=tuple(how for how in How if how is not How.IMPORTED),
        may_keep=_may_keep(request),
    )


async def _list(request: web.Request) -> ListInUse:
    async with services(request).storage.read() as connection:
        for retired in (False, True):
            for each in await list_lists(connection, retired=retired):
                if each.list.id == _list_id(request):
                    return each
    raise NotFound(list_id=_list_id(request))


def _may_keep(request: web.Request) -> bool:
    role: Role = person(request).role
    return role in KEEPERS


def _now(request: web.Request) -> datetime:
    return services(request).clock.now()


def _at(list_id: int) -> str:
    return f"{HERE}/lists/{list_id}"


def _list_id(request: web.Request) -> int:
    return int(request.match_info["list_id"])


def _number_id(request: web.Request) -> int:
    return int(request.match_info["number_id"])
