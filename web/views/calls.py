"""The call log: the list with its filter, one call opened, and the list as a file."""

from dataclasses import replace
from enum import StrEnum

from aiohttp import web

from crm_core.agents.directory import list_dispositions, list_queues
from crm_core.agents.people import Agent, list_agents
from crm_core.calls.detail import get_call
from crm_core.calls.queries import CallPage, count_calls, list_calls
from crm_core.clients.listing import ClientRow, search_clients
from crm_core.clients.queries import get_client
from crm_core.errors import Invalid, NotFound
from crm_core.storage.engine import Connection
from crm_core.tasks.queries import open_tasks_of
from telephony.events import Direction, Outcome
from web.call_picture import draw
from web.call_questions import (
    PERIODS,
    CallQuestion,
    read_cursor,
    read_question,
    write_cursor,
)
from web.export import LIMITS, Export, Format
from web.flight import MAY_EXPORT
from web.forms import read_query
from web.i18n import N_, Reader
from web.visits import go, page, person, services, visit
from web.words import word

MOST_CHOICES = 8
"""Clients offered where what was written fits several."""
NO_CALLS = CallPage((), None)


async def index(request: web.Request) -> web.Response:
    """The filtered list, a page at a time, newest first."""
    built, question = services(request), _question(request)
    country = built.settings.exchange.country
    before = read_cursor(request.query.get("before", ""))
    reader = visit(request).reader
    shown, total = NO_CALLS, 0
    async with built.storage.read() as connection:
        question, client_name, choices = await _with_client(
            connection, person(request), question, country
        )
        if question.form.ok and not choices:
            shown = await list_calls(
                connection, person(request), question.filter, country=country, before=before
            )
            total = await count_calls(connection, person(request), question.filter, country=country)
        queues = await list_queues(connection, active=None)
        agents = await list_agents(connection, active=None)
        dispositions = await list_dispositions(connection, active=None)
    return page(
        request,
        "calls/index.html",
        status=200 if question.form.ok else 422,
        question=question,
        form=question.form,
        periods=PERIODS,
        picks=(
            ("direction", N_("Direction"), _words(reader, Direction, "direction")),
            ("outcome", N_("Outcome"), _words(reader, Outcome, "outcome")),
            ("agent", N_("Operator"), [(agent.id, agent.name) for agent in agents]),
            ("queue", N_("Queue"), [(queue.name, queue.title) for queue in queues]),
            ("disposition", N_("Disposition"), [(each.id, each.title) for each in dispositions]),
        ),
        queue_titles={queue.name: queue.title for queue in queues},
        client_name=client_name,
        choices=choices,
        rows=shown.rows,
        total=total,
        older=question.address("/calls", before=write_cursor(shown.next)) if shown.next else "",
        is_first=before is None,
        exports=_exports(question, total),
        limits=LIMITS,
    )


async def show(request: web.Request) -> web.Response:
    """One call: its picture, its story in words, who wrote what, what follows."""
    built, actor = services(request), person(request)
    async with built.storage.read() as connection:
        detail = await get_call(connection, actor, request.match_info["call_id"])
        call = detail.call
        queues = await list_queues(connection, active=None)
        tasks = await open_tasks_of(connection, client_id=call.client_id, number=call.number)
    return page(
        request,
        "calls/show.html",
        detail=detail,
        call=call,
        picture=draw(detail, built.clock.now()),
        queue_titles={queue.name: queue.title for queue in queues},
        tasks=tasks,
        kept=await built.call_exporter.kept(call) if actor.role in MAY_EXPORT else None,
    )


async def export(request: web.Request) -> web.StreamResponse:
    """Exactly the calls of the filter, all of them, as a file; noted in the audit trail."""
    built, question = services(request), _question(request)
    country = built.settings.exchange.country
    if request.match_info["format"] not in list(Format):
        raise NotFound
    form = Format(request.match_info["format"])
    async with built.storage.read() as connection:
        question, _, choices = await _with_client(connection, person(request), question, country)
        if not question.form.ok or choices:
            return go(question.address("/calls"))
        total = await count_calls(connection, person(request), question.filter, country=country)
        titles = {q.name: q.title for q in await list_queues(connection, active=None)}
    if total > LIMITS[form]:
        raise Invalid("period", "export_too_large", most=LIMITS[form], total=total)
    asked = question.address("")
    job = Export(built, person(request), visit(request).reader, question.filter, titles)
    return await job.send(request, form, total, asked)


def _question(request: web.Request) -> CallQuestion:
    return read_question(read_query(request), visit(request).reader, services(request).clock.now())


async def _with_client(
    connection: Connection, actor: Agent, question: CallQuestion, country: str
) -> tuple[CallQuestion, str, list[ClientRow]]:
    """The question with its client found, the client's name, and the choices where several fit."""
    form = question.form
    if question.filter.client_id is not None:
        try:
            return question, (await get_client(connection, question.filter.client_id)).name, []
        except NotFound:
            form.refuse("client_id", "no_such_client")
            return question, "", []
    if not question.client_text or not form.ok:
        return question, "", []
    found, _ = await search_clients(
        connection, actor, question.client_text, country, limit=MOST_CHOICES
    )
    if not found:
        form.refuse("client", "no_such_client")
    if len(found) != 1:
        return question, "", found
    form.written |= {"client": "", "client_id": str(found[0].id)}
    asked = replace(question.filter, client_id=found[0].id)
    return replace(question, filter=asked, client_text=""), found[0].name, []


def _words(reader: Reader, kind: type[StrEnum], about: str) -> list[tuple[str, str]]:
    return [(each.value, word(reader, each.value, about)) for each in kind]


def _exports(question: CallQuestion, total: int) -> list[tuple[Format, str, bool]]:
    """Each format with its address and whether the list is short enough for it."""
    return [
        (form, question.address(f"/calls/export.{form}"), 0 < total <= LIMITS[form])
        for form in Format
    ]
