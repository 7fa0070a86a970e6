"""What an operator does with a card: notes, the client, the form after the call, the call itself.

A card is the permission: without one of this call on his screen a person gets NotFound.
"""

from datetime import datetime

from aiohttp import web

from crm_core.errors import Invalid, NotFound
from crm_core.tasks.next_step import NextStep
from screenpop.cards import Card
from web.due_picks import DuePick, due_of
from web.forms import Form, read_form
from web.i18n import N_
from web.visits import person, services, visit

LONGEST_NOTE = 10_000
DEFAULT_STEP = N_("Call back")
"""What was promised when only the time was chosen."""


async def note(request: web.Request) -> web.Response:
    """Keep what is being typed; called while the person types."""
    card, form = _card(request), await read_form(request)
    text = form.written.get("note", "")
    await services(request).wrap_ups.save_note(person(request), card.call_id, text)
    return web.json_response({})


async def choose_client(request: web.Request) -> web.Response:
    """This number (and this call) means that client."""
    card, form = _card(request), await read_form(request)
    client_id = form.record_id("client", required=True) or 0
    await _link(request, card, client_id)
    return web.json_response({"client_id": client_id})


async def create_client(request: web.Request) -> web.Response:
    """A new client from a name alone; the number is known."""
    card, form = _card(request), await read_form(request)
    number = card.dossier.number or card.number
    known = number if card.dossier.known not in ("anonymous", "internal") else None
    client_id = await services(request).clients.create(
        person(request), name=form.text("name"), number=known
    )
    await services(request).call_links.link(person(request), card.call_id, client_id)
    return web.json_response({"client_id": client_id})


async def finish(request: web.Request) -> web.Response:
    """Disposition, note and next step, in one."""
    card, form = _card(request), await read_form(request)
    step = _next_step(request, card, form)
    disposition_id, note = form.record_id("disposition"), form.written.get("note", "")
    try:
        await services(request).wrap_ups.finish(
            person(request), card.call_id, disposition_id, note, step
        )
    except Invalid as refused:
        raise Invalid(refused.field, _code_of(refused), **refused.values) from refused
    return web.json_response({})


def _code_of(refused: Invalid) -> str:
    """One line tells what the whole form lacks: it names the field that is missing."""
    missing = {"disposition": "disposition_missing", "next_step": "next_step_needed"}
    return missing.get(refused.field, "required") if refused.code == "required" else refused.code


async def skip(request: web.Request) -> web.Response:
    """Nothing to say, where the queue's rules permit it."""
    await services(request).wrap_ups.skip(person(request), _card(request).call_id)
    return web.json_response({})


async def hang_up(request: web.Request) -> web.Response:
    card = _card(request)
    await services(request).call_control.hang_up(card.call_id, card.interface)
    return web.json_response({})


async def hold(request: web.Request) -> web.Response:
    card = _card(request)
    await services(request).call_control.hold(card.call_id, card.interface)
    return web.json_response({})


async def resume(request: web.Request) -> web.Response:
    card = _card(request)
    await services(request).call_control.resume(card.call_id, card.interface)
    return web.json_response({})


async def transfer(request: web.Request) -> web.Response:
    """At once, or (`ask`) after a word with whoever gets the client."""
    card, form = _card(request), await read_form(request)
    control, number = services(request).call_control, form.text("number", required=True)
    if form.ticked("ask"):
        await control.consult(card.call_id, card.interface, number)
        services(request).screens.presenter.consult(card.call_id, card.agent_id, number)
    else:
        await control.transfer(card.call_id, card.interface, number)
    return web.json_response({})


async def connect(request: web.Request) -> web.Response:
    """Those two talk; I am out."""
    card = _card(request)
    await services(request).call_control.connect(card.call_id, card.interface)
    return web.json_response({})


async def back(request: web.Request) -> web.Response:
    """Back to the client, without handing over."""
    card = _card(request)
    services(request).screens.presenter.consult(card.call_id, card.agent_id, "")
    await services(request).call_control.back(card.call_id, card.interface)
    return web.json_response({})


def _card(request: web.Request) -> Card:
    call_id = request.match_info["call_id"]
    card = services(request).screens.presenter.board.card(call_id, person(request).id)
    if card is None:
        raise NotFound(call_id=call_id)
    return card


async def _link(request: web.Request, card: Card, client_id: int) -> None:
    """Remember it for the number where there is one; this call is his in any case."""
    built, agent = services(request), person(request)
    candidates = {each.client_id for each in card.dossier.candidates}
    if client_id in candidates:
        await built.clients.choose(agent, card.dossier.number or card.number, client_id)
    await built.call_links.link(agent, card.call_id, client_id)


def _next_step(request: web.Request, card: Card, form: Form) -> NextStep | None:
    """The promised step; None when neither a time nor a text is given."""
    text = form.written.get("step", "").strip()
    due_at = _due_at(request, form)
    if due_at is None:
        if text:
            raise Invalid("due_at", "when_missing")
        return None
    text = text or visit(request).reader.gettext(DEFAULT_STEP)
    whom = form.written.get("assignee", "")
    if whom == "team" and card.queue:
        return NextStep(text, due_at, queue=card.queue)
    return NextStep(text, due_at, assignee_agent_id=form.record_id("assignee"))


def _due_at(request: web.Request, form: Form) -> datetime | None:
    reader, pick = visit(request).reader, form.written.get("due", "")
    if pick in set(DuePick):
        return due_of(DuePick(pick), services(request).clock.now(), reader)
    due_at = form.moment("due_at", reader)
    refusal = form.error("due_at")
    if refusal:
        raise Invalid("due_at", refusal.code)
    return due_at
