"""The story of a lead or a deal on its page: its client's, with its own changes; what is written
down and kept there is marked as its own."""

from aiohttp import web

from crm_core.clients.timeline import Whose
from crm_core.deals.queries import read_deal
from crm_core.leads.queries import read_lead
from web.forms import read_form
from web.views.client_card import timeline_of
from web.views.files import keep
from web.visits import partial, person, services


async def of_deal(request: web.Request) -> web.Response:
    """One page of the timeline beside a deal: `?shown=calls&after=…`."""
    return await _timeline(request, await _deal(request))


async def of_lead(request: web.Request) -> web.Response:
    """One page of the timeline beside a lead."""
    return await _timeline(request, await _lead(request))


async def note_of_deal(request: web.Request) -> web.Response:
    """Write something down about a deal; for scripts."""
    return await _note(request, await _deal(request))


async def note_of_lead(request: web.Request) -> web.Response:
    """Write something down about a lead; for scripts."""
    return await _note(request, await _lead(request))


async def files_of_deal(request: web.Request) -> web.Response:
    """Keep each file of a multipart body with a deal; for scripts."""
    whose = await _deal(request)
    return await keep(request, whose.client_id, deal_id=whose.deal_id)


async def files_of_lead(request: web.Request) -> web.Response:
    """Keep each file of a multipart body with a lead; for scripts."""
    whose = await _lead(request)
    return await keep(request, whose.client_id, lead_id=whose.lead_id)


async def _timeline(request: web.Request, whose: Whose) -> web.Response:
    async with services(request).storage.read() as connection:
        known = await timeline_of(request, connection, whose)
    return partial(request, "clients/_lines.html", **known)


async def _note(request: web.Request, whose: Whose) -> web.Response:
    form = await read_form(request)
    note_id = await services(request).clients.add_note(
        person(request),
        whose.client_id,
        form.value("text"),
        lead_id=whose.lead_id,
        deal_id=whose.deal_id,
    )
    return web.json_response({"note_id": note_id})


async def _deal(request: web.Request) -> Whose:
    deal_id = int(request.match_info["deal_id"])
    async with services(request).storage.read() as connection:
        deal = await read_deal(connection, person(request), deal_id)
    return Whose(deal.client_id, deal_id=deal_id)


async def _lead(request: web.Request) -> Whose:
    lead_id = int(request.match_info["lead_id"])
    async with services(request).storage.read() as connection:
        lead = await read_lead(connection, person(request), lead_id)
    return Whose(lead.client_id, lead_id=lead_id)
