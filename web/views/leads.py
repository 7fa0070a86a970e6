"""Leads: on the board and in the list, one whole on its page, made, taken, made a client."""

from typing import Any

from aiohttp import web

from crm_core.agents.directory import list_queues
from crm_core.agents.people import list_agents
from crm_core.agents.rights import Action, RecordKind
from crm_core.catalogues import Catalogue, list_entries
from crm_core.clients.access import access_client, may
from crm_core.clients.editable import KINDS
from crm_core.clients.files import MOST_BYTES
from crm_core.clients.queries import Client
from crm_core.deals.moving import LEADS as TRAIL
from crm_core.deals.pipelines import list_pipelines, pipeline_of
from crm_core.deals.queries import done_actions_of
from crm_core.errors import CrmError, NotFound
from crm_core.leads.access import may_with_lead
from crm_core.leads.conversion import find_conversion
from crm_core.leads.queries import Lead, read_lead
from crm_core.leads.records import NewLead, Party
from crm_core.search.kinds import SearchKind
from crm_core.tasks.queries import TaskFilter, list_tasks
from web.forms import Form, read_form
from web.own_fields import read_own
from web.views import boards
from web.views.boards import LEADS
from web.views.deals import owners_first
from web.views.deletion import gone
from web.visits import go, page, partial, person, services, visit

_PARTY = ("name", "kind", "contact_name", "number", "email")


async def index(request: web.Request) -> web.Response:
    """The board or the list."""
    return await boards.index(request, LEADS)


async def records(request: web.Request) -> web.Response:
    """The board or the list alone."""
    return await boards.records(request, LEADS)


async def like_look(request: web.Request) -> web.Response:
    """The board or the list is what one sees first."""
    return await boards.like_look(request, LEADS)


async def export(request: web.Request) -> web.StreamResponse:
    """What is chosen in the list, as a file."""
    return await boards.export(request, LEADS)


async def move(request: web.Request) -> web.Response:
    """To another stage, for scripts."""
    return await boards.move(request, LEADS, _id(request))


async def unmove(request: web.Request) -> web.Response:
    """A move is taken back, for scripts."""
    return await boards.unmove(request, LEADS, _id(request))


async def new(request: web.Request) -> web.Response:
    """An empty form, or one that knows the number or the client already."""
    given = {each: request.query.get(each, "")[:300] for each in ("name", "number", "client_id")}
    return await _new(request, Form.of(kind="person", **given))


async def create(request: web.Request) -> web.Response:
    """A new lead; on to its page."""
    form = await read_form(request)
    client_id, stage_id = form.record_id("client_id"), form.record_id("stage")
    source_id, campaign_id = form.record_id("source"), form.record_id("marketing_campaign")
    party = None if client_id else Party(**{name: form.value(name) for name in _PARTY})
    if form.ok:
        try:
            lead_id = await services(request).leads.create(
                person(request),
                NewLead(
                    party,
                    client_id,
                    form.value("title"),
                    form.value("request"),
                    source_id,
                    campaign_id,
                    stage_id,
                    unowned=form.ticked("unowned"),
                ),
            )
        except NotFound:
            form.refuse("client_id", "not_a_choice")
        except CrmError as refused:
            form.refused_by(refused)
        else:
            return go(f"/leads/{lead_id}", told="lead_created")
    return await _new(request, form, status=422)


async def show(request: web.Request) -> web.Response:
    """The lead whole."""
    try:
        return page(request, "leads/show.html", **await _lead(request))
    except NotFound as missing:
        return await gone(request, RecordKind.LEAD, _id(request), missing)


async def card(request: web.Request) -> web.Response:
    """What a page fetches anew when something has changed."""
    return partial(request, "leads/_page.html", **await _lead(request))


async def take(request: web.Request) -> web.Response:
    """One's own from now on."""
    await read_form(request)
    await services(request).leads.take(person(request), _id(request))
    return go(f"/leads/{_id(request)}", told="lead_is_yours")


async def reopen(request: web.Request) -> web.Response:
    """On from where it stood."""
    await read_form(request)
    await services(request).leads.reopen(person(request), _id(request))
    return go(f"/leads/{_id(request)}", told="record_reopened")


async def tick(request: web.Request) -> web.Response:
    """An action of a stage was done, or was not; for scripts."""
    form, action_id = await read_form(request), int(request.match_info["action_id"])
    await services(request).leads.tick(
        person(request), _id(request), action_id, done=form.ticked("done")
    )
    return web.json_response({})


async def _new(request: web.Request, form: Form, *, status: int = 200) -> web.Response:
    client_id = form.record_id("client_id") if form.value("client_id") else None
    async with services(request).storage.read() as connection:
        pipelines = await list_pipelines(connection, RecordKind.LEAD)
        entries = await list_entries(connection)
        client: Client | None = None
        if client_id is not None:
            try:
                client = await access_client(connection, person(request), client_id)
            except NotFound:
                form.refuse("client_id", "not_a_choice")
    return page(
        request,
        "leads/new.html",
        status=status,
        form=form,
        client=client,
        kinds=KINDS,
        pipelines=pipelines,
        wanted_pipeline=request.query.get("pipeline", ""),
        sources=[(each.id, each.title) for each in entries[Catalogue.SOURCE]],
        campaigns=[(each.id, each.title) for each in entries[Catalogue.MARKETING_CAMPAIGN]],
    )


async def _lead(request: web.Request) -> dict[str, Any]:
    actor, lead_id = person(request), _id(request)
    async with services(request).storage.read() as connection:
        lead: Lead = await read_lead(connection, actor, lead_id)
        pipeline = await pipeline_of(connection, RecordKind.LEAD, lead.stage_id)
        entries = await list_entries(connection, active=None)
        tasks = await list_tasks(connection, actor, TaskFilter(lead_id=lead_id))
        queues = await list_queues(connection, active=None)
        return {
            "shelf": LEADS,
            "lead": lead,
            "own": await read_own(
                connection, actor, visit(request).reader, SearchKind.LEAD, lead_id
            ),
            "party": await access_client(connection, actor, lead.client_id),
            "may_edit_party": await may(connection, actor, lead.client_id, Action.EDIT),
            "catalogues": entries,
            "most_file_bytes": MOST_BYTES,
            "pipeline": pipeline,
            "stage": pipeline.stage(lead.stage_id),
            "done": await done_actions_of(connection, TRAIL, lead_id),
            "sources": entries[Catalogue.SOURCE],
            "campaigns": entries[Catalogue.MARKETING_CAMPAIGN],
            "owners": owners_first(await list_agents(connection), actor),
            "tasks": tasks.rows,
            "queue_titles": {queue.name: queue.title for queue in queues},
            "loss_reasons": [
                (each.id, each.title) for each in entries[Catalogue.LOSS_REASON] if each.active
            ],
            "may_edit": await may_with_lead(connection, actor, lead_id, Action.EDIT),
            "may_delete": await may_with_lead(connection, actor, lead_id, Action.DELETE),
            "may_hand_over": actor.role != "operator" or lead.owner_agent_id in (None, actor.id),
            "converted": await find_conversion(connection, actor, lead_id),
        }


def _id(request: web.Request) -> int:
    return int(request.match_info["lead_id"])
