"""A lead is made a client: what goes along is shown first, and all of it can be taken back."""

from typing import Final

from aiohttp import web

from crm_core.agents.people import list_agents
from crm_core.agents.rights import Action, RecordKind
from crm_core.clients.access import access_client, may
from crm_core.clients.queries import Client
from crm_core.clients.similar import Likeness, Similar, find_same
from crm_core.custom_fields.reading import list_fields
from crm_core.custom_fields.searched import own_values
from crm_core.deals.pipelines import list_pipelines, pipeline_of
from crm_core.editing.fields import Day
from crm_core.errors import CrmError, NotFound
from crm_core.leads.conversion import DealWish
from crm_core.leads.own_values import list_fitting
from crm_core.leads.queries import read_lead
from crm_core.money import read_amount
from crm_core.search.kinds import SearchKind
from crm_core.storage.engine import Connection
from web.forms import Form, read_form
from web.own_fields import OwnField, own
from web.views.boards import DEALS, may_edit
from web.visits import go, page, person, services, visit

NEW: Final = "new"
KNOWN: Final = "known"
"""Whom the lead becomes: besides, the id of a client who is likely the same."""


async def show(request: web.Request) -> web.Response:
    """The form that makes a client: a new one or one that is known, with a deal or without."""
    async with services(request).storage.read() as connection:
        lead = await read_lead(connection, person(request), _id(request))
    into = request.query.get("into", "")[:15]
    known = Form.of(title=lead.title, with_deal="1", into_client_id=into)
    return await _page(request, known)


async def convert(request: web.Request) -> web.Response:
    """Make the client; on to the deal, or to the client."""
    form = await read_form(request)
    into_id = _into(form)
    if form.value("whom") == KNOWN and into_id is None:
        form.refuse("into", "required")
    stage_id = form.record_id("stage")
    if form.ok:
        try:
            became = await services(request).conversion.convert(
                person(request),
                _id(request),
                into_client_id=into_id,
                deal=await _wish(request, form, stage_id) if form.ticked("with_deal") else None,
            )
        except NotFound:
            form.refuse("into", "not_a_choice")
        except CrmError as refused:
            form.refused_by(refused)
        else:
            told = "lead_converted_with_fields" if became.carried else "lead_converted"
            return go(f"/leads/{_id(request)}", told=told)
    return await _page(request, form, status=422)


async def undo(request: web.Request) -> web.Response:
    """As if it had not been made a client."""
    await read_form(request)
    change_id = int(request.match_info["change_id"])
    await services(request).conversion.undo(person(request), _id(request), change_id)
    return go(f"/leads/{_id(request)}", told="undone")


def _into(form: Form) -> int | None:
    """The client that was chosen: of the likely ones by his id, of the others by search."""
    whom = form.value("whom")
    if whom in ("", NEW):
        return None
    return form.record_id("into_client_id" if whom == KNOWN else "whom")


async def _likely(
    connection: Connection, request: web.Request, party: Client
) -> list[tuple[Similar, bool]]:
    """Clients who may be whoever asks, each with whether this person may make the two one."""
    actor, country = person(request), services(request).settings.exchange.country
    return [
        (each, await may(connection, actor, each.client_id, Action.EDIT))
        for each in await find_same(connection, actor, country, party)
    ]


def _chosen(form: Form, into: Client | None, likely: list[tuple[Similar, bool]]) -> str:
    """What is ticked at first: whoever has the same number or e-mail, unless somebody else was
    chosen already."""
    if form.value("whom"):
        return form.value("whom")
    if into is not None:
        return KNOWN
    sure = (each for each, allowed in likely if allowed and each.likeness is not Likeness.NAME)
    return next((str(each.client_id) for each in sure), NEW)


async def _wish(request: web.Request, form: Form, stage_id: int | None) -> DealWish:
    async with services(request).storage.read() as connection:
        if stage_id is not None:
            pipeline = await pipeline_of(connection, RecordKind.DEAL, stage_id)
            currency = pipeline.currency
        else:
            pipelines = await list_pipelines(connection, RecordKind.DEAL)
            currency = pipelines[0].currency if pipelines else "EUR"
    return DealWish(
        form.value("title"),
        stage_id,
        read_amount("amount", form.value("amount"), currency),
        expected_on=Day().read("expected_on", form.value("expected_on"), {}),
    )


async def _page(request: web.Request, form: Form, *, status: int = 200) -> web.Response:
    actor, into, likely = person(request), None, list[tuple[Similar, bool]]()
    async with services(request).storage.read() as connection:
        lead = await read_lead(connection, actor, _id(request))
        pipelines = await list_pipelines(connection, RecordKind.DEAL)
        party = await access_client(connection, actor, lead.client_id)
        into_id = form.record_id("into_client_id") if form.value("into_client_id") else None
        if into_id is not None:
            try:
                into = await access_client(connection, actor, into_id)
            except NotFound:
                form.refuse("into", "not_a_choice")
        if lead.client_since is None:
            likely = await _likely(connection, request, party)
        names = {agent.id: agent.name for agent in await list_agents(connection, active=None)}
    return page(
        request,
        "leads/convert.html",
        status=status,
        form=form,
        lead=lead,
        party=party,
        into=into,
        likely=likely,
        chosen=_chosen(form, into, likely),
        names=names,
        pipelines=pipelines,
        may_deal=may_edit(actor, DEALS),
        goes_along=await _going_along(request),
    )


async def _going_along(request: web.Request) -> list[tuple[OwnField, frozenset[str]]]:
    """The own fields that say something of the lead, each with the kinds of record that have a
    place for it."""
    actor, reader = person(request), visit(request).reader
    async with services(request).storage.read() as connection:
        fields = await list_fields(connection, "lead", role=actor.role)
        values = await own_values(connection, SearchKind.LEAD, _id(request)) if fields else {}
        places = {
            kind: {
                each.source.id
                for each in await list_fitting(connection, values, kind)
                if actor.role not in each.target.hidden_from
            }
            for kind in ("client", "deal")
        }
    known = [own(field, values, reader) for field in fields]
    return [
        (each, frozenset(kind for kind, ids in places.items() if each.field.id in ids))
        for each in known
        if not each.is_empty
    ]


def _id(request: web.Request) -> int:
    return int(request.match_info["lead_id"])
