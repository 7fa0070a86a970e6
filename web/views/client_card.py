"""The client card: where we stopped, one timeline, everything about the client in its place."""

from collections.abc import Mapping
from functools import partial as partial_of
from typing import Any, Final

from aiohttp import web

from crm_core.agents.people import Agent, list_agents
from crm_core.agents.rights import Action, RecordKind
from crm_core.audit import AuditEntry
from crm_core.catalogues import entry_titles, list_entries
from crm_core.clients.access import access_client, may
from crm_core.clients.contact_points import PointKind
from crm_core.clients.erasing import HOLDERS, may_erase
from crm_core.clients.files import MOST_BYTES
from crm_core.clients.queries import Client
from crm_core.clients.requisites import COUNTRIES, requisites_of
from crm_core.clients.standing import read_standing
from crm_core.clients.timeline import STORY, Cursor, LineKind, Whose, read_timeline
from crm_core.deals.cards import cards_of_client
from crm_core.deals.pipelines import list_pipelines
from crm_core.errors import NotFound
from crm_core.search.kinds import SearchKind
from crm_core.storage.engine import Connection
from crm_core.tasks.queries import open_tasks_of
from dialer.campaigns.access import visible_campaigns
from dialer.entries.standings import standings_of
from web.cursors import read_cursor, written_cursor
from web.forms import read_form
from web.own_fields import OwnHistory, read_own
from web.views.audit import changes_of, is_all_hidden
from web.views.calling import calling_of
from web.views.deletion import gone
from web.visits import page, partial, person, services, visit

KINDS_OF_FILTER: Final[Mapping[str, frozenset[LineKind]]] = {
    "all": STORY,
    "calls": frozenset({LineKind.CALL}),
    "notes": frozenset({LineKind.NOTE}),
    "tasks": frozenset({LineKind.TASK, LineKind.STAGE}),
    "files": frozenset({LineKind.FILE}),
    "changes": frozenset({LineKind.CHANGE}),
}
"""What each choice above the timeline shows."""


async def show(request: web.Request) -> web.Response:
    """The whole page."""
    actor, client_id = person(request), _id(request)
    async with services(request).storage.read() as connection:
        try:
            client = await access_client(connection, actor, client_id)
        except NotFound as missing:
            return await gone(request, RecordKind.CLIENT, client_id, missing)
        card = await card_of(connection, actor, client)
        own = await _own(request, connection, client_id)
        calling = await calling_of(request, connection, client)
        timeline = await timeline_of(request, connection, Whose(client_id))
    shown = {**card, **own, **calling, **_office(request), **timeline}
    return page(request, "clients/show.html", **shown)


async def card(request: web.Request) -> web.Response:
    """The card alone, without its timeline: what a page fetches anew when something changed."""
    actor = person(request)
    async with services(request).storage.read() as connection:
        client = await access_client(connection, actor, _id(request))
        known = await card_of(connection, actor, client)
        own = await _own(request, connection, client.id)
        calling = await calling_of(request, connection, client)
    shown = {**known, **own, **calling, **_office(request)}
    return partial(request, "clients/_card.html", **shown, lines=None)


async def timeline(request: web.Request) -> web.Response:
    """One page of the timeline: `?shown=calls&after=…`."""
    actor, client_id = person(request), _id(request)
    async with services(request).storage.read() as connection:
        await access_client(connection, actor, client_id)
        known = await timeline_of(request, connection, Whose(client_id))
    return partial(request, "clients/_lines.html", **known)


async def add_number(request: web.Request) -> web.Response:
    """One more number, or several written in one line; of a contact where one is chosen."""
    form = await read_form(request)
    contact_id = form.record_id("contact_id")
    form.demand()
    await services(request).clients.add_number(
        person(request),
        _id(request),
        form.value("written"),
        label=form.value("label"),
        contact_id=contact_id,
    )
    return web.json_response({})


async def add_point(request: web.Request) -> web.Response:
    """One more e-mail, messenger, address or site."""
    form = await read_form(request)
    kind, contact_id = form.choice("kind", PointKind), form.record_id("contact_id")
    form.demand()
    await services(request).clients.add_point(
        person(request),
        _id(request),
        kind,
        form.value("written"),
        label=form.value("label"),
        contact_id=contact_id,
    )
    return web.json_response({})


async def add_contact(request: web.Request) -> web.Response:
    """A new person at the client."""
    form = await read_form(request)
    contact_id = await services(request).clients.add_contact(
        person(request),
        _id(request),
        name=form.value("name"),
        position=form.value("position"),
        number=form.value("number"),
    )
    return web.json_response({"contact_id": contact_id})


async def add_entity(request: web.Request) -> web.Response:
    """One more legal entity."""
    form = await read_form(request)
    given = {key: value for key, value in form.written.items() if key in _requisites()}
    await services(request).clients.add_entity(
        person(request),
        _id(request),
        country=form.value("country"),
        name=form.value("name"),
        **given,
    )
    return web.json_response({})


async def add_note(request: web.Request) -> web.Response:
    """Write something down."""
    form = await read_form(request)
    note_id = await services(request).clients.add_note(
        person(request), _id(request), form.value("text")
    )
    return web.json_response({"note_id": note_id})


async def card_of(connection: Connection, actor: Agent, client: Client) -> dict[str, Any]:
    """What `clients/_card.html` shows, but for the timeline."""
    tasks = await open_tasks_of(connection, client_id=client.id, number="", limit=50)
    agents = await list_agents(connection)
    return {
        "client": client,
        "standing": await read_standing(connection, client.id),
        "ours": [task for task in tasks if task.owed_by == "us"],
        "theirs": [task for task in tasks if task.owed_by == "client"],
        "deals": await cards_of_client(connection, actor, RecordKind.DEAL, client.id),
        "leads": await cards_of_client(connection, actor, RecordKind.LEAD, client.id),
        "catalogues": await list_entries(connection, active=None),
        "may_edit": await may(connection, actor, client.id, Action.EDIT),
        "may_see_data": may_erase(actor)
        or actor.role in HOLDERS
        or await may(connection, actor, client.id, Action.EXPORT),
        "may_delete": await may(connection, actor, client.id, Action.DELETE),
        "owners": [(agent.id, agent.name) for agent in agents],
        "may_hand_over": actor.role != "operator" or client.owner_agent_id in (None, actor.id),
        "stage_titles": {
            stage.id: stage.title
            for pipeline in await list_pipelines(connection, active=None)
            for stage in pipeline.stages
        },
        "standings": await standings_of(connection, client.id, visible_campaigns(actor)),
        "requisites_of": requisites_of,
        "most_file_bytes": MOST_BYTES,
        "countries": COUNTRIES,
    }


async def timeline_of(request: web.Request, connection: Connection, whose: Whose) -> dict[str, Any]:
    """What `clients/_lines.html` shows. Beside a lead or a deal all that happened with its client
    is told, but of changes only its own: the client's stand on his card."""
    shown = request.query.get("shown", "all")
    shown = shown if shown in KINDS_OF_FILTER else "all"
    after: Cursor | None = read_cursor(request.query.get("after", ""))
    found = await read_timeline(
        connection,
        whose if shown == "changes" else Whose(whose.client_id),
        kinds=KINDS_OF_FILTER[shown],
        after=after,
        reader=person(request),
    )
    names = {agent.id: agent.name for agent in await list_agents(connection, active=None)}
    titles = await entry_titles(connection)
    own = await OwnHistory.read(connection, person(request).role, visit(request).reader)
    return {
        "lines": [
            line
            for line in found.lines
            if not (isinstance(line.about, AuditEntry) and is_all_hidden(line.about, own))
        ],
        "shown": shown,
        "filters": tuple(KINDS_OF_FILTER),
        "changes_of": partial_of(changes_of, names=names, titles=titles, own=own),
        "is_first": after is None,
        "older": written_cursor(found.next) if found.next else "",
    }


async def _own(request: web.Request, connection: Connection, client_id: int) -> dict[str, Any]:
    """The office's own fields of this client, as this person sees them."""
    actor, reader = person(request), visit(request).reader
    return {"own": await read_own(connection, actor, reader, SearchKind.CLIENT, client_id)}


def _office(request: web.Request) -> dict[str, Any]:
    return {"office_country": services(request).settings.exchange.country}


def _requisites() -> frozenset[str]:
    return frozenset(key for country in COUNTRIES for key in requisites_of(country))


def _id(request: web.Request) -> int:
    return int(request.match_info["client_id"])
