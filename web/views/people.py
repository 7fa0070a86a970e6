"""Administration of people: hired, changed, given a new password, let go, taken back."""

from aiohttp import web

from crm_core.agents.directory import list_extensions, list_members, list_queues
from crm_core.agents.people import Agent, get_agent, list_agents
from crm_core.agents.roles import Role
from crm_core.errors import CrmError
from web.forms import Form, read_form
from web.i18n import LANGUAGES, time_zones
from web.settings import OfficeSettings
from web.visits import go, page, person, services

FIELDS = ("login", "name", "language", "time_zone")


async def index(request: web.Request) -> web.Response:
    """Everybody who works here; `left` shows those who left too."""
    left = request.query.get("left") == "1"
    async with services(request).storage.read() as connection:
        people = await list_agents(connection, active=None)
        desks = {desk.agent_id: desk.number for desk in await list_extensions(connection)}
        titles = {queue.id: queue.title for queue in await list_queues(connection)}
        teams: dict[int, list[str]] = {}
        for member in await list_members(connection):
            if member.queue_id in titles:
                teams.setdefault(member.agent_id, []).append(titles[member.queue_id])
    shown = sorted(people, key=lambda agent: not agent.active)
    return page(
        request,
        "people/index.html",
        people=[agent for agent in shown if agent.active or left],
        left=left,
        gone=sum(not agent.active for agent in people),
        desks=desks,
        teams=teams,
    )


async def new(request: web.Request) -> web.Response:
    """An empty form, in the language and zone of the office; where no settings say what those are,
    in the administrator's own."""
    office, unset, own = services(request).settings.office, OfficeSettings(), person(request)
    form = Form.of(
        role=Role.OPERATOR.value,
        language=own.language if office.language == unset.language else office.language,
        time_zone=own.time_zone if office.time_zone == unset.time_zone else office.time_zone,
    )
    return _new(request, form)


async def create(request: web.Request) -> web.Response:
    """Somebody new; on to his page, where desk and teams are one step away."""
    form = await read_form(request)
    role, password = form.choice("role", Role), form.secret("password")
    values = {name: form.text(name, required=True) for name in FIELDS}
    accounts = services(request).accounts
    for refused in await accounts.objections(values, password=password):
        form.refused_by(refused)
    if form.ok:
        try:
            agent = await accounts.create(
                person(request), values.pop("login"), values.pop("name"), role, password, **values
            )
        except CrmError as late:  # somebody took the login meanwhile
            form.refused_by(late)
        else:
            return go(f"/admin/people/{agent.id}", told="person_created")
    return _new(request, form, status=422)


async def show(request: web.Request) -> web.Response:
    """One person: what is known, the password, and the door."""
    agent = await _agent(request)
    return await _show(request, agent, _form_of(agent), Form.of())


async def save(request: web.Request) -> web.Response:
    """Keep login, name, role, language and zone."""
    agent, form = await _agent(request), await read_form(request)
    role = form.choice("role", Role)
    values = {name: form.text(name, required=True) for name in FIELDS}
    accounts = services(request).accounts
    for refused in await accounts.objections(values, agent_id=agent.id):
        form.refused_by(refused)
    if form.ok:
        try:
            newcomer = form.ticked("newcomer")
            await accounts.edit(person(request), agent.id, role=role, newcomer=newcomer, **values)
        except CrmError as late:
            form.refused_by(late)
    if not form.ok:
        return await _show(request, agent, form, Form.of(), status=422)
    return go(f"/admin/people/{agent.id}", told="person_saved")


async def set_password(request: web.Request) -> web.Response:
    """A new password for somebody else; he is logged out everywhere."""
    agent, form = await _agent(request), await read_form(request)
    password = form.secret("password")
    if form.ok:
        try:
            actor = person(request)
            if actor.id == agent.id:
                return go("/me")  # one's own asks for the old one
            await services(request).accounts.set_password(actor, agent.id, password)
        except CrmError as refused:
            form.refused_by(refused)
    if not form.ok:
        return await _show(request, agent, _form_of(agent), form, status=422)
    return go(f"/admin/people/{agent.id}", told="person_password_set")


async def deactivate(request: web.Request) -> web.Response:
    """Let somebody go; what he did stays."""
    agent = await _agent(request)
    try:
        await services(request).accounts.deactivate(person(request), agent.id)
    except CrmError as refused:
        form = _form_of(agent)
        form.refused_by(refused)
        return await _show(request, agent, form, Form.of(), status=409)
    return go(f"/admin/people/{agent.id}", told="person_deactivated")


async def reactivate(request: web.Request) -> web.Response:
    """Take somebody back."""
    agent = await _agent(request)
    await services(request).accounts.reactivate(person(request), agent.id)
    return go(f"/admin/people/{agent.id}", told="person_reactivated")


async def home(request: web.Request) -> web.Response:
    """Administration begins with the people."""
    return go("/admin/people")


async def _agent(request: web.Request) -> Agent:
    async with services(request).storage.read() as connection:
        return await get_agent(connection, int(request.match_info["agent_id"]))


def _form_of(agent: Agent) -> Form:
    return Form.of(
        login=agent.login,
        name=agent.name,
        role=agent.role.value,
        language=agent.language,
        time_zone=agent.time_zone,
        newcomer=1 if agent.newcomer else None,
    )


def _new(request: web.Request, form: Form, *, status: int = 200) -> web.Response:
    return page(
        request,
        "people/new.html",
        status=status,
        form=form,
        roles=list(Role),
        languages=LANGUAGES,
        zones=time_zones(),
    )


async def _show(
    request: web.Request, agent: Agent, form: Form, password: Form, *, status: int = 200
) -> web.Response:
    async with services(request).storage.read() as connection:
        desks = [desk for desk in await list_extensions(connection) if desk.agent_id == agent.id]
        titles = {queue.id: queue.title for queue in await list_queues(connection)}
        members = await list_members(connection)
        everybody = await list_agents(connection)
    return page(
        request,
        "people/show.html",
        status=status,
        agent=agent,
        form=form,
        password_form=password,
        roles=list(Role),
        languages=LANGUAGES,
        zones=time_zones(),
        desks=desks,
        colleagues=[(each.id, each.name) for each in everybody if each.id != agent.id],
        teams=[
            (m.queue_id, titles[m.queue_id])
            for m in members
            if m.agent_id == agent.id and m.queue_id in titles
        ],
    )
