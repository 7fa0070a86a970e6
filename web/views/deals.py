"""Deals: on the board and in the list, one whole on its page, made, moved, won, lost, sold."""

from typing import Any

from aiohttp import web

from crm_core.agents.directory import list_queues
from crm_core.agents.people import Agent, list_agents
from crm_core.agents.rights import Action, RecordKind
from crm_core.catalogues import Catalogue, list_entries
from crm_core.clients.access import access_client
from crm_core.clients.files import MOST_BYTES
from crm_core.deals.access import may_with_deal
from crm_core.deals.lines import written_scaled
from crm_core.deals.moving import DEALS as TRAIL
from crm_core.deals.pipelines import list_pipelines, pipeline_of
from crm_core.deals.products import list_products
from crm_core.deals.queries import Deal, done_actions_of, people_of, read_deal
from crm_core.deals.records import NewDeal
from crm_core.deals.selling import list_lines
from crm_core.editing.fields import Day
from crm_core.errors import CrmError, NotFound
from crm_core.money import read_amount, written_amount
from crm_core.search.kinds import SearchKind
from crm_core.storage.engine import Connection
from crm_core.tasks.queries import TaskFilter, list_tasks
from web.forms import Form, read_form
from web.own_fields import read_own
from web.views import boards
from web.views.boards import DEALS, may_edit
from web.views.deletion import gone
from web.visits import go, page, partial, person, services, visit

LINE_FIELDS = ("title", "quantity", "price", "discount")


async def index(request: web.Request) -> web.Response:
    """The board or the list."""
    return await boards.index(request, DEALS)


async def records(request: web.Request) -> web.Response:
    """The board or the list alone."""
    return await boards.records(request, DEALS)


async def like_look(request: web.Request) -> web.Response:
    """The board or the list is what one sees first."""
    return await boards.like_look(request, DEALS)


async def export(request: web.Request) -> web.StreamResponse:
    """What is chosen in the list, as a file."""
    return await boards.export(request, DEALS)


async def move(request: web.Request) -> web.Response:
    """To another stage, for scripts."""
    return await boards.move(request, DEALS, _id(request))


async def unmove(request: web.Request) -> web.Response:
    """A move is taken back, for scripts."""
    return await boards.unmove(request, DEALS, _id(request))


async def new(request: web.Request) -> web.Response:
    """An empty form, or one that knows the client already."""
    given = {name: request.query.get(name, "")[:15] for name in ("client_id", "stage")}
    return await _new(request, Form.of(**given))


async def create(request: web.Request) -> web.Response:
    """A new deal; on to its page."""
    form = await read_form(request)
    client_id = form.record_id("client_id", required=True)
    stage_id = form.record_id("stage")
    if form.ok and client_id is not None:
        try:
            currency = await _currency(request, stage_id)
            deal_id = await services(request).deals.create(
                person(request),
                NewDeal(
                    form.value("title"),
                    client_id,
                    stage_id,
                    read_amount("amount", form.value("amount"), currency),
                    expected_on=Day().read("expected_on", form.value("expected_on"), {}),
                ),
            )
        except NotFound:
            form.refuse("client_id", "not_a_choice")
        except CrmError as refused:
            form.refused_by(refused)
        else:
            return go(f"/deals/{deal_id}", told="deal_created")
    return await _new(request, form, status=422)


async def show(request: web.Request) -> web.Response:
    """The deal whole."""
    try:
        return page(request, "deals/show.html", **await _deal(request))
    except NotFound as missing:
        return await gone(request, RecordKind.DEAL, _id(request), missing)


async def card(request: web.Request) -> web.Response:
    """What a page fetches anew when something has changed."""
    return partial(request, "deals/_page.html", **await _deal(request))


async def reopen(request: web.Request) -> web.Response:
    """On from where it stood."""
    await read_form(request)
    await services(request).deals.reopen(person(request), _id(request))
    return go(f"/deals/{_id(request)}", told="record_reopened")


async def tick(request: web.Request) -> web.Response:
    """An action of a stage was done, or was not; for scripts."""
    form, action_id = await read_form(request), int(request.match_info["action_id"])
    await services(request).deals.tick(
        person(request), _id(request), action_id, done=form.ticked("done")
    )
    return web.json_response({})


async def add_line(request: web.Request) -> web.Response:
    """One more line; for scripts."""
    form = await read_form(request)
    product_id = form.record_id("product_id")
    written = {name: form.value(name) for name in LINE_FIELDS}
    line_id = await services(request).selling.add(
        person(request), _id(request), product_id=product_id, **written
    )
    return web.json_response({"line_id": line_id})


async def change_line(request: web.Request) -> web.Response:
    """One field of a line, if it still is `before`; for scripts."""
    form, line_id = await read_form(request), int(request.match_info["line_id"])
    await services(request).selling.change(
        person(request),
        _id(request),
        line_id,
        *(form.value(each) for each in ("name", "written", "before")),
    )
    return web.json_response({})


async def remove_line(request: web.Request) -> web.Response:
    """A line less; for scripts."""
    await read_form(request)
    line_id = int(request.match_info["line_id"])
    await services(request).selling.remove(person(request), _id(request), line_id)
    return web.json_response({})


async def _new(request: web.Request, form: Form, *, status: int = 200) -> web.Response:
    actor = person(request)
    client_id = form.record_id("client_id") if form.value("client_id") else None
    async with services(request).storage.read() as connection:
        pipelines = await list_pipelines(connection, RecordKind.DEAL)
        client = None
        if client_id is not None:
            try:
                client = await access_client(connection, actor, client_id)
            except NotFound:
                form.refuse("client_id", "not_a_choice")
    return page(
        request,
        "deals/new.html",
        status=status,
        form=form,
        client=client,
        pipelines=pipelines,
        wanted_pipeline=request.query.get("pipeline", ""),
    )


async def _currency(request: web.Request, stage_id: int | None) -> str:
    async with services(request).storage.read() as connection:
        if stage_id is not None:
            return (await pipeline_of(connection, RecordKind.DEAL, stage_id)).currency
        pipelines = await list_pipelines(connection, RecordKind.DEAL)
    return pipelines[0].currency if pipelines else "EUR"


async def _deal(request: web.Request) -> dict[str, Any]:
    actor, deal_id = person(request), _id(request)
    async with services(request).storage.read() as connection:
        deal = await read_deal(connection, actor, deal_id)
        pipeline = await pipeline_of(connection, RecordKind.DEAL, deal.stage_id)
        contacts, entities = await people_of(connection, deal.client_id)
        entries = await list_entries(connection)
        tasks = await list_tasks(connection, actor, TaskFilter(deal_id=deal_id))
        queues = await list_queues(connection, active=None)
        return {
            "shelf": DEALS,
            "deal": deal,
            "own": await read_own(
                connection, actor, visit(request).reader, SearchKind.DEAL, deal_id
            ),
            "pipeline": pipeline,
            "stage": pipeline.stage(deal.stage_id),
            "done": await done_actions_of(connection, TRAIL, deal_id),
            "lines": await list_lines(connection, deal_id),
            "products": await _products(connection, deal),
            "contacts": contacts,
            "entities": entities,
            "owners": owners_first(await list_agents(connection), actor),
            "tasks": tasks.rows,
            "queue_titles": {queue.name: queue.title for queue in queues},
            "loss_reasons": [(e.id, e.title) for e in entries[Catalogue.LOSS_REASON]],
            "may_edit": await may_with_deal(connection, actor, deal_id, Action.EDIT),
            "may_delete": await may_with_deal(connection, actor, deal_id, Action.DELETE),
            "may_hand_over": actor.role != "operator" or deal.owner_agent_id in (None, actor.id),
            "written_amount": written_amount,
            "written_scaled": written_scaled,
            "most_file_bytes": MOST_BYTES,
            "may_make_more": may_edit(actor, DEALS),
        }


async def _products(connection: Connection, deal: Deal) -> list[Any]:
    """Those that can be sold in the deal's currency."""
    known = await list_products(connection)
    return [product for product in known if product.currency == deal.currency]


def owners_first(agents: list[Agent], actor: Agent) -> list[tuple[int, str]]:
    """Everybody who works here, oneself first."""
    ordered = sorted(agents, key=lambda agent: agent.id != actor.id)
    return [(agent.id, agent.name) for agent in ordered]


def _id(request: web.Request) -> int:
    return int(request.match_info["deal_id"])
