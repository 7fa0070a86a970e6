"""What an operator does with a card: notes, the client, the form after the call, the call itself.

A card is the permission: without one of this call on his screen a person gets NotFound. The form
may come a moment too early or too late for that: what somebody has typed is worth waiting for.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from typing import Final

from aiohttp import web

from crm_core.calls.detail import get_call
from crm_core.errors import Conflict, Invalid, NotFound
from crm_core.tasks.next_step import NextStep
from screenpop.cards import Card
from web.due_picks import DuePick, due_of
from web.forms import Form, read_form
from web.i18n import N_
from web.visits import person, services, visit
from web.wiring import WRAP_UPS

HEARING_SECONDS: Final = 3.0  # that the end of a talk may take to be written down
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
    """Disposition, note and next step, in one; also when the card has just gone, by its deadline
    or a restart."""
    form, call_id = await read_form(request), request.match_info["call_id"]
    step = _next_step(request, await _queue_of(request, call_id), form)
    disposition_id, note = form.record_id("disposition"), form.written.get("note", "")

    async def save() -> None:
        wrap_ups = services(request).wrap_ups
        await wrap_ups.finish(person(request), call_id, disposition_id, note, step)

    try:
        await _once_open(request, call_id, save)
    except Invalid as refused:
        raise Invalid(refused.field, _code_of(refused), **refused.values) from refused
    return web.json_response({})


def _code_of(refused: Invalid) -> str:
    """One line tells what the whole form lacks: it names the field that is missing."""
    missing = {"disposition": "disposition_missing", "next_step": "next_step_needed"}
    return missing.get(refused.field, "required") if refused.code == "required" else refused.code


async def skip(request: web.Request) -> web.Response:
    """Nothing to say, where the queue's rules permit it."""
    call_id = _card(request).call_id
    await _once_open(
        request, call_id, lambda: services(request).wrap_ups.skip(person(request), call_id)
    )
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
    card = _find_card(request)
    if card is None:
        raise NotFound(call_id=request.match_info["call_id"])
    return card


def _find_card(request: web.Request) -> Card | None:
    board = services(request).screens.presenter.board
    return board.card(request.match_info["call_id"], person(request).id)


async def _queue_of(request: web.Request, call_id: str) -> str:
    """The call's queue, or "". Raises NotFound for a call that is not his to see."""
    card = _find_card(request)
    if card is not None:
        return card.queue
    async with services(request).storage.read() as connection:
        return (await get_call(connection, person(request), call_id)).call.queue or ""


async def _once_open(
    request: web.Request, call_id: str, work: Callable[[], Awaitable[None]]
) -> None:
    """Do `work` on the wrap-up; one whose beginning is still to be written down is waited for.
    Raises Conflict where that takes too long: the form stays on the screen, and may be sent again.
    """
    try:
        return await work()
    except NotFound:
        if _find_card(request) is None:
            raise
        with suppress(TimeoutError):
            async with asyncio.timeout(HEARING_SECONDS):
                await services(request).bus.caught_up(WRAP_UPS)
    try:
        await work()
    except NotFound as missing:
        raise Conflict("form_not_open", call_id=call_id) from missing


async def _link(request: web.Request, card: Card, client_id: int) -> None:
    """Remember it for the number where there is one; this call is his in any case."""
    built, agent = services(request), person(request)
    candidates = {each.client_id for each in card.dossier.candidates}
    if client_id in candidates:
        await built.clients.choose(agent, card.dossier.number or card.number, client_id)
    await built.call_links.link(agent, card.call_id, client_id)


def _next_step(request: web.Request, queue: str, form: Form) -> NextStep | None:
    """The promised step; None when neither a time nor a text is given."""
    text = form.written.get("step", "").strip()
    due_at = _due_at(request, form)
    if due_at is None:
        if text:
            raise Invalid("due_at", "when_missing")
        return None
    text = text or visit(request).reader.gettext(DEFAULT_STEP)
    whom = form.written.get("assignee", "")
    if whom == "team" and queue:
        return NextStep(text, due_at, queue=queue)
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
