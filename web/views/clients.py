"""Clients: found however they are written, shown whole, changed without losing anybody's work."""

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from crm_core.agents.directory import list_queues
from crm_core.agents.people import Agent, list_agents
from crm_core.calls.detail import wrap_ups_of
from crm_core.calls.filtering import CallFilter
from crm_core.calls.queries import list_calls
from crm_core.clients.access import access_client
from crm_core.clients.queries import Client, count_clients, list_clients, search_clients
from crm_core.clients.records import KINDS
from crm_core.errors import Conflict, CrmError, Invalid
from crm_core.tasks.queries import open_tasks_of
from telephony.numbers import normalise
from web.forms import GENERAL_FIELD, Form, Refusal, read_form
from web.visits import go, page, person, services

PAGE = 50
MOST_FOUND = 100
"""Best matches of a search; whoever sees more is asked to write more."""
HISTORY = 20
NO_FORMS: Mapping[str, Form] = {}
_CONTACT_FIELDS = {"name": "contact_name", "number": "contact_number"}


async def index(request: web.Request) -> web.Response:
    """The newest clients, or the best matches of `search`; `owner=me` only my own."""
    built, actor = services(request), person(request)
    country = built.settings.exchange.country
    search = request.query.get("search", "").replace("\0", "").strip()
    owner = actor.id if request.query.get("owner") == "me" else None
    written = request.query.get("before", "")
    before = (
        int(written) if written.isascii() and written.isdecimal() and len(written) < 10 else None
    )
    async with built.storage.read() as connection:
        total = await count_clients(connection, country, search=search, owner_agent_id=owner)
        if search and owner is None:
            rows = await search_clients(connection, search, country, limit=MOST_FOUND)
        else:
            rows = await list_clients(
                connection,
                country,
                search=search,
                owner_agent_id=owner,
                before_id=before,
                limit=PAGE,
            )
    more = not (search and owner is None) and len(rows) == PAGE
    return page(
        request,
        "clients/index.html",
        rows=rows,
        total=total,
        search=search,
        mine=owner is not None,
        is_first=before is None,
        last_id=rows[-1].id if more else None,
        is_number=bool(normalise(search, country).digits) and not _has_letters(search),
    )


async def new(request: web.Request) -> web.Response:
    """An empty form, or one that knows the `number` or `name` already."""
    given = {name: request.query.get(name, "")[:300] for name in ("name", "number")}
    return page(request, "clients/new.html", form=Form.of(kind="person", **given), kinds=KINDS)


async def create(request: web.Request) -> web.Response:
    """A new client; on to his page."""
    form = await read_form(request)
    try:
        client_id = await services(request).clients.create(
            person(request),
            name=form.value("name"),
            kind=form.value("kind") or KINDS[0],
            number=form.value("number"),
            contact_name=form.value("contact_name"),
        )
    except CrmError as refused:
        form.refused_by(refused)
        return page(request, "clients/new.html", status=422, form=form, kinds=KINDS)
    return go(f"/clients/{client_id}", told="client_created")


async def show(request: web.Request) -> web.Response:
    """The client whole: numbers, people, note, tasks, and every call with what was written."""
    return await _show(request)


async def edit(request: web.Request) -> web.Response:
    """The form of name, kind and note."""
    client = await _client(request)
    form = Form.of(name=client.name, kind=client.kind, note=client.note, version=client.version)
    return page(request, "clients/edit.html", client=client, form=form, kinds=KINDS, theirs=None)


async def save(request: web.Request) -> web.Response:
    """Keep the form; where somebody was faster, show both versions and lose neither."""
    client_id, form = _id(request), await read_form(request)
    version = form.number("version", least=0, most=2**31 - 1)
    theirs: Mapping[str, object] | None = None
    fields = {name: form.value(name) for name in ("name", "kind", "note")}
    if form.ok:
        try:
            await services(request).clients.edit(person(request), client_id, version, **fields)
        except Conflict as refused:
            theirs = {
                name: refused.values[name]
                for name in fields
                if refused.values.get(name, fields[name]) != fields[name]
            }
            form.refuse(GENERAL_FIELD, "client_changed_meanwhile")
            form.written["version"] = str(refused.values.get("version", version))
        except Invalid as refused:
            form.refused_by(refused)
    if form.ok:
        return go(f"/clients/{client_id}", told="client_saved")
    client = await _client(request)
    return page(
        request,
        "clients/edit.html",
        status=409 if theirs is not None else 422,
        client=client,
        form=form,
        kinds=KINDS,
        theirs=theirs,
    )


async def add_number(request: web.Request) -> web.Response:
    """One more number, or several written in one line; of a contact where one is chosen."""
    form = await read_form(request)
    contact_id = form.record_id("contact_id")
    if form.ok:
        try:
            await services(request).clients.add_number(
                person(request),
                _id(request),
                form.value("number"),
                label=form.value("label"),
                contact_id=contact_id,
            )
        except (Invalid, Conflict) as refused:
            form.refuse(getattr(refused, "field", "number"), refused.code, **refused.values)
    if not form.ok:
        return await _show(request, {"number": form}, status=422)
    return go(f"/clients/{_id(request)}", told="client_number_added")


async def remove_number(request: web.Request) -> web.Response:
    """Forget a number."""
    number_id = _id(request, "number_id")
    await services(request).clients.remove_number(person(request), _id(request), number_id)
    return go(f"/clients/{_id(request)}", told="client_number_removed")


async def mark_wrong(request: web.Request) -> web.Response:
    """The client cannot be reached there; or, after all, he can (`wrong` is empty)."""
    form, number_id = await read_form(request), _id(request, "number_id")
    wrong = form.ticked("wrong")
    await services(request).clients.mark_wrong(
        person(request), _id(request), number_id, wrong=wrong
    )
    told = "client_number_wrong" if wrong else "client_number_right"
    return go(f"/clients/{_id(request)}", told=told)


async def add_contact(request: web.Request) -> web.Response:
    """A new person at the client."""
    form = await read_form(request)
    try:
        await services(request).clients.add_contact(
            person(request),
            _id(request),
            name=form.value("contact_name"),
            position=form.value("position"),
            number=form.value("contact_number"),
        )
    except (Invalid, Conflict) as refused:
        _refuse_contact(form, refused, "contact_number")
        return await _show(request, {"contact": form}, status=422)
    return go(f"/clients/{_id(request)}", told="client_contact_added")


async def edit_contact(request: web.Request) -> web.Response:
    """Another name or position for a person at the client."""
    form, contact_id = await read_form(request), _id(request, "contact_id")
    try:
        await services(request).clients.edit_contact(
            person(request),
            _id(request),
            contact_id,
            name=form.value("contact_name"),
            position=form.value("position"),
        )
    except Invalid as refused:
        _refuse_contact(form, refused, GENERAL_FIELD)
        return await _show(request, {f"contact-{contact_id}": form}, status=422)
    return go(f"/clients/{_id(request)}", told="client_contact_saved")


async def remove_contact(request: web.Request) -> web.Response:
    """Forget a person; his numbers stay the client's."""
    contact_id = _id(request, "contact_id")
    await services(request).clients.remove_contact(person(request), _id(request), contact_id)
    return go(f"/clients/{_id(request)}", told="client_contact_removed")


async def hand_over(request: web.Request) -> web.Response:
    """Another owner, or nobody."""
    form = await read_form(request)
    owner_id = form.record_id("owner")
    if form.ok:
        try:
            await services(request).clients.hand_over(person(request), _id(request), owner_id)
        except CrmError as refused:
            form.refuse("owner", refused.code, **refused.values)
    if not form.ok:
        return await _show(request, {"owner": form}, status=422)
    return go(f"/clients/{_id(request)}", told="client_handed_over")


async def _client(request: web.Request) -> Client:
    async with services(request).storage.read() as connection:
        return await access_client(connection, person(request), _id(request))


async def _show(
    request: web.Request, forms: Mapping[str, Form] = NO_FORMS, *, status: int = 200
) -> web.Response:
    """The page, with those `forms` that were refused: "number", "contact", "contact-7", "owner"."""
    built, actor, client_id = services(request), person(request), _id(request)
    async with built.storage.read() as connection:
        client = await access_client(connection, actor, client_id)
        tasks = await open_tasks_of(connection, client_id=client_id, number="", limit=50)
        calls = await list_calls(
            connection,
            actor,
            CallFilter(client_id=client_id),
            country=built.settings.exchange.country,
            limit=HISTORY,
        )
        notes = await wrap_ups_of(connection, [row.call_id for row in calls.rows])
        agents = await list_agents(connection)
        queues = await list_queues(connection, active=None)
    return page(
        request,
        "clients/show.html",
        status=status,
        client=client,
        tasks=tasks,
        queue_titles={queue.name: queue.title for queue in queues},
        calls=calls.rows,
        more_calls=calls.next is not None,
        notes=notes,
        forms=forms,
        blank=Form.of(owner=client.owner_agent_id),
        editing=_edited_contact(request, client, forms),
        owners=_owners(agents, actor),
        may_hand_over=_may_hand_over(actor, client.owner_agent_id),
    )


def _owners(agents: list[Agent], actor: Agent) -> list[tuple[int, str]]:
    """Whom a client may be given to: everybody who works here, oneself first."""
    ordered = sorted(agents, key=lambda agent: agent.id != actor.id)
    return [(agent.id, agent.name) for agent in ordered]


def _may_hand_over(actor: Agent, owner_id: int | None) -> bool:
    return actor.role != "operator" or owner_id in (None, actor.id)


@dataclass(frozen=True, slots=True)
class Editing:
    """The one contact whose form is open."""

    id: int
    form: Form


def _edited_contact(
    request: web.Request, client: Client, forms: Mapping[str, Form]
) -> Editing | None:
    for contact in client.contacts:
        if f"contact-{contact.id}" in forms:
            return Editing(contact.id, forms[f"contact-{contact.id}"])
        if request.query.get("contact") == str(contact.id):
            known = Form.of(contact_name=contact.name, position=contact.position)
            return Editing(contact.id, known)
    return None


def _refuse_contact(form: Form, refused: CrmError, otherwise: str) -> None:
    """Beside the field as this page calls it."""
    field = getattr(refused, "field", otherwise)
    form.errors.setdefault(_CONTACT_FIELDS.get(field, field), Refusal(refused.code, refused.values))


def _has_letters(text: str) -> bool:
    return any(character.isalpha() for character in text)


def _id(request: web.Request, name: str = "client_id") -> int:
    return int(request.match_info[name])
