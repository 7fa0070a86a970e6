"""Somebody on the line wants no more calls: noted where the call is, holds at once, and a slip is
taken back from the toast that tells it."""

from aiohttp import web

from crm_core.calls.detail import get_call
from crm_core.calls.queries import CallRow
from crm_core.clients.queries import kind_of
from dialer.campaigns.access import visible_campaigns
from dialer.do_not_call.kinds import How
from dialer.do_not_call.looking import list_of_number
from dialer.do_not_call.opt_outs import Stopped
from dialer.do_not_call.records import Said
from dialer.entries.standings import campaigns_naming
from telephony.events import Direction
from telephony.numbers import normalise
from web.forms import read_form
from web.sentences import sentence
from web.visits import go, partial, person, services, visit, wants_json


async def show(request: web.Request) -> web.Response:
    """Whether he has said so already, and the form by which it is noted."""
    built, actor = services(request), person(request)
    now = built.clock.now()
    async with built.storage.read() as connection:
        call = (await get_call(connection, actor, request.match_info["call_id"])).call
        e164 = _number_of(request, call)
        listings = await list_of_number(connection, e164) if e164 else []
        seen = visible_campaigns(actor)
        found = await campaigns_naming(connection, e164, seen, call_id=call.call_id) if e164 else []
        kind = await kind_of(connection, call.client_id) if call.client_id else None
    stood = [each for each in listings if each.opt_out and each.holds(now)]
    silent = {each.campaign_id for each in stood}
    return partial(
        request,
        "calls/_stop.html",
        call=call,
        e164=e164,
        kind=kind,
        stood=stood,
        is_silent=None in silent,
        campaigns=[each for each in found if each[0] not in silent],
    )


async def stop(request: web.Request) -> web.Response:
    """He wants no more calls, or none of one campaign: `{told, undo}`, for scripts."""
    built, actor, form = services(request), person(request), await read_form(request)
    campaign_id = form.record_id("campaign")
    form.demand()
    async with built.storage.read() as connection:
        call = (await get_call(connection, actor, request.match_info["call_id"])).call
    said = Said(How.SAID, form.value("reason"), call.client_id, call.call_id)
    stopped = await built.opt_outs.stop(
        actor,
        _number_of(request, call) or "",
        said,
        everybody=form.ticked("everybody"),
        campaign_id=campaign_id,
    )
    return web.json_response(told_of(request, stopped, campaign_id))


async def undo(request: web.Request) -> web.Response:
    """It was a slip; for forms and for scripts."""
    await read_form(request)
    number_id = int(request.match_info["number_id"])
    await services(request).opt_outs.undo(person(request), number_id)
    if wants_json(request):
        return web.json_response({"told": sentence(visit(request).reader, "opt_out_undone")})
    return go("/do-not-call", told="opt_out_undone")


def told_of(
    request: web.Request, stopped: Stopped, campaign_id: int | None = None
) -> dict[str, str]:
    """What a script tells after `OptOuts.stop`, and by which address it is undone."""
    reader = visit(request).reader
    if stopped.number_id is None:
        return {"told": sentence(reader, "opted_out_already")}
    code = "opted_out" if campaign_id is None else "opted_out_of_campaign"
    return {"told": sentence(reader, code), "undo": undo_of(stopped)}


def undo_of(stopped: Stopped) -> str:
    """The address by which it is undone; "" where nothing was done."""
    return "" if stopped.number_id is None else f"/opt-outs/{stopped.number_id}/undo"


def _number_of(request: web.Request, call: CallRow) -> str | None:
    """The number of who is on the line, in E.164; None of a colleague, or where none is known."""
    if call.direction == Direction.INTERNAL:
        return None
    outbound = call.direction == Direction.OUTBOUND
    heard = call.number or (call.dialled if outbound else call.caller)
    return normalise(heard, services(request).settings.exchange.country).e164
