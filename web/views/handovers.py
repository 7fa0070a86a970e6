"""Handing over: one client, what is chosen in a list, all that somebody has; and taking back."""

from typing import Any, Final

from aiohttp import web

from crm_core.agents.people import get_agent
from crm_core.agents.rights import Action, RecordKind
from crm_core.clients.access import access_client
from crm_core.deals.access import access_deal
from crm_core.handing_over.choosing import EVERYTHING, Along, Chosen, everything_of, one
from crm_core.handing_over.queries import get_handover, list_handovers, read_progress
from crm_core.leads.access import access_lead
from web.forms import Form, read_form, read_query
from web.selection import read_selection
from web.sentences import sentence
from web.visits import go, page, partial, person, services, visit, wants_json

PAGE: Final = 50
_DOORS: Final = {
    RecordKind.CLIENT: access_client,
    RecordKind.LEAD: access_lead,
    RecordKind.DEAL: access_deal,
}


async def index(request: web.Request) -> web.Response:
    """Who handed what to whom, the newest first."""
    before_id = Form.of(before=read_query(request).value("before")).record_id("before")
    async with services(request).storage.read() as connection:
        rows = await list_handovers(
            connection, person(request), before_id=before_id, limit=PAGE + 1
        )
    older = rows[PAGE - 1].id if len(rows) > PAGE else None
    return page(
        request,
        "handovers/index.html",
        rows=rows[:PAGE],
        older=older,
        is_first=before_id is None,
    )


async def show(request: web.Request) -> web.Response:
    """One handover: how far it is, what it was, the way back."""
    return page(request, "handovers/show.html", **await _handover(request))


async def progress(request: web.Request) -> web.Response:
    """How far it is, for the page that watches it."""
    return partial(request, "handovers/_progress.html", **await _handover(request))


async def undo(request: web.Request) -> web.Response:
    """Take it back; for forms and for scripts."""
    await read_form(request)
    built, handover_id = services(request), _id(request)
    await built.handovers.undo(person(request), handover_id)
    await built.handing_over.start(handover_id)
    if wants_json(request):
        told = sentence(visit(request).reader, "handover_taken_back")
        return web.json_response({"told": told})
    return go(f"/handovers/{handover_id}", told="handover_taken_back")


async def of_client(request: web.Request) -> web.Response:
    """Another owner for one client, with what is open about him; for scripts."""
    return await _of_one(request, RecordKind.CLIENT)


async def of_lead(request: web.Request) -> web.Response:
    """Another owner for one lead, with whoever asks and what is to be done; for scripts."""
    return await _of_one(request, RecordKind.LEAD)


async def of_deal(request: web.Request) -> web.Response:
    """Another owner for one deal, with what is to be done about it; for scripts."""
    return await _of_one(request, RecordKind.DEAL)


async def of_clients(request: web.Request) -> web.Response:
    """The chosen clients, with what was ticked to go along."""
    form = await read_form(request)
    chosen = await read_selection(request, form, "clients")
    return await _begin(request, form, Chosen(chosen, along=along_of(form)), back="/clients")


async def of_leads(request: web.Request) -> web.Response:
    """The chosen leads, with whoever asked and the tasks about them."""
    form = await read_form(request)
    chosen = await read_selection(request, form, "leads")
    return await _begin(request, form, Chosen(leads=chosen, along=along_of(form)), back="/leads")


async def of_deals(request: web.Request) -> web.Response:
    """The chosen deals, with the tasks about them."""
    form = await read_form(request)
    chosen = await read_selection(request, form, "deals")
    return await _begin(request, form, Chosen(deals=chosen, along=along_of(form)), back="/deals")


async def of_person(request: web.Request) -> web.Response:
    """All that somebody has, to somebody else: for who leaves."""
    form, agent_id = await read_form(request), int(request.match_info["agent_id"])
    async with services(request).storage.read() as connection:
        await get_agent(connection, agent_id)
    return await _begin(request, form, everything_of(agent_id), back=f"/admin/people/{agent_id}")


async def _of_one(request: web.Request, kind: RecordKind) -> web.Response:
    """To whom `owner` says, or nobody: `{told, undo}`, nothing where it is his already."""
    form, record_id = await read_form(request), int(request.match_info[f"{kind.value}_id"])
    to_agent_id = form.record_id("owner")
    form.demand()
    built, actor = services(request), person(request)
    async with built.storage.read() as connection:
        await _DOORS[kind](connection, actor, record_id, Action.EDIT)
    handover_id = await built.handovers.begin(actor, to_agent_id, one(kind, record_id))
    if handover_id is None:
        return web.json_response({})
    await built.handing_over.start(handover_id)
    told = sentence(visit(request).reader, f"{kind.value}_handed_over")
    return web.json_response({"told": told, "undo": f"/handovers/{handover_id}/undo"})


async def _begin(request: web.Request, form: Form, chosen: Chosen, *, back: str) -> web.Response:
    """On to the page of the handover, or `back` where nothing changes hands."""
    to_agent_id = form.record_id("to", required=True)
    form.demand()
    built = services(request)
    handover_id = await built.handovers.begin(person(request), to_agent_id, chosen)
    if handover_id is None:
        return go(back, told="nothing_to_hand_over")
    await built.handing_over.start(handover_id)
    return go(f"/handovers/{handover_id}")


def along_of(form: Form) -> frozenset[Along]:
    """What was ticked to go along; all, where the form did not ask."""
    if not form.ticked("asked_along"):
        return EVERYTHING
    return frozenset(each for each in Along if form.ticked(f"along_{each.value}"))


async def _handover(request: web.Request) -> dict[str, Any]:
    async with services(request).storage.read() as connection:
        handover = await get_handover(connection, person(request), _id(request))
        return {
            "handover": handover,
            "progress": await read_progress(connection, handover),
            "may_undo": handover.may_undo(person(request)),
        }


def _id(request: web.Request) -> int:
    return int(request.match_info["handover_id"])
