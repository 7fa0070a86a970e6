"""Two clients that are one: found, looked at side by side, made one, made two again."""

from aiohttp import web

from crm_core.agents.people import list_agents
from crm_core.agents.rights import Action
from crm_core.catalogues import entry_titles
from crm_core.clients.access import access_client
from crm_core.clients.queries import Client
from crm_core.clients.similar import find_similar
from crm_core.clients.uniting import CHOICES, list_differences
from crm_core.errors import CrmError, Invalid, NotFound
from crm_core.storage.engine import Connection
from web.forms import Form, read_form, read_query
from web.sentences import sentence
from web.visits import go, page, person, services, visit, wants_json


async def show(request: web.Request) -> web.Response:
    """Who may be the same; with `?with=…` the two side by side."""
    return await _show(request, read_query(request))


async def merge(request: web.Request) -> web.Response:
    """Make them one; on to the one that stays."""
    form, kept_id = await read_form(request), _id(request)
    other_id = form.record_id("with", required=True)
    if form.ok and other_id is not None:
        taken = [field for field in CHOICES if form.value(field) == "merged"]
        try:
            await services(request).merging.unite(person(request), kept_id, other_id, taken)
        except NotFound:
            form.refuse("with", "not_a_choice")
        except CrmError as refused:
            form.refused_by(refused)
        else:
            return go(f"/clients/{kept_id}", told="clients_merged")
    return await _show(request, form, status=422)


async def undo(request: web.Request) -> web.Response:
    """Two again; for forms and for scripts."""
    await read_form(request)
    merge_id = int(request.match_info["merge_id"])
    back_id = await services(request).merging.undo(person(request), merge_id)
    if wants_json(request):
        return web.json_response({"told": sentence(visit(request).reader, "merge_taken_back")})
    return go(f"/clients/{back_id}", told="merge_taken_back")


async def _show(request: web.Request, form: Form, *, status: int = 200) -> web.Response:
    actor = person(request)
    async with services(request).storage.read() as connection:
        client = await access_client(connection, actor, _id(request), Action.EDIT)
        other = await _other(request, connection, form, client)
        agents = await list_agents(connection, active=None)
        return page(
            request,
            "clients/merge.html",
            status=status,
            form=form,
            client=client,
            other=other,
            differences=await list_differences(connection, actor, client.id, other.id)
            if other
            else [],
            similar=await _similar(request, connection, client) if other is None else [],
            names={agent.id: agent.name for agent in agents},
            titles=await entry_titles(connection),
        )


async def _other(
    request: web.Request, connection: Connection, form: Form, client: Client
) -> Client | None:
    """Who is looked at beside him, where somebody was chosen who may be."""
    other_id = form.record_id("with") if form.value("with") else None
    if other_id is None:
        return None
    try:
        if other_id == client.id:
            raise Invalid("with", "same_client")
        return await access_client(connection, person(request), other_id, Action.EDIT)
    except NotFound:
        form.refuse("with", "not_a_choice")
    except CrmError as refused:
        form.refused_by(refused)
    return None


async def _similar(request: web.Request, connection: Connection, client: Client) -> list[object]:
    number = next((each.written for each in client.numbers if not each.wrong), "")
    email = next((each.written for each in client.points if each.kind == "email"), "")
    country = services(request).settings.exchange.country
    found = await find_similar(
        connection, person(request), country, name=client.name, number=number, email=email
    )
    return [each for each in found if each.client_id != client.id]


def _id(request: web.Request) -> int:
    return int(request.match_info["client_id"])
