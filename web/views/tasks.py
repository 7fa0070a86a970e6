"""A task: its page, a new one, and its buttons: done, postpone, hand over and the like."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from aiohttp import web

from crm_core.agents.directory import list_queues
from crm_core.agents.people import Agent, list_agents
from crm_core.audit import list_audit
from crm_core.clients.access import access_client
from crm_core.errors import Conflict, Invalid, NotFound
from crm_core.tasks.next_step import NextStep
from crm_core.tasks.queries import TaskRow, get_task
from crm_core.wrap_up.queries import find_demanded
from telephony.numbers import normalise
from web.due_picks import DuePick, due_of
from web.forms import GENERAL_FIELD, Form, read_form
from web.i18n import N_
from web.views.login import safe_next
from web.views.task_fields import OWN_DATE, PICKS, own_first, read_assignee, read_due
from web.views.task_lists import ALL, MINE, address_of
from web.visits import go, page, person, services, visit

MOST_HISTORY = 30


async def show(request: web.Request) -> web.Response:
    """One task with everything one can do with it, and its history."""
    task = await _task(request)
    form = Form.of(text=task.text, due_at=_for_input(request, task.due_at), version=task.version)
    return await _show(request, task, form)


async def new(request: web.Request) -> web.Response:
    """The form of a next step; it may know the client and the number already."""
    form = Form.of(
        client_id=request.query.get("client_id", "")[:15],
        number=request.query.get("number", "")[:40],
        pick=DuePick.TOMORROW.value,
        assignee=f"agent:{person(request).id}",
    )
    return await _new(request, form)


async def create(request: web.Request) -> web.Response:
    """A next step outside of any call."""
    form, actor = await read_form(request), person(request)
    due_at = read_due(request, form)
    agent_id, queue = read_assignee(form)
    client_id = form.record_id("client_id")
    number = normalise(form.text("number", most=64), services(request).settings.exchange.country)
    if form.ok and due_at is not None:
        step = NextStep(form.value("text"), due_at, agent_id, queue)
        try:
            await services(request).tasks.create(
                actor, step, client_id=client_id, number=number.key[:32]
            )
        except Invalid as refused:
            form.refused_by(refused)
        except NotFound:
            form.refuse(GENERAL_FIELD, "no_such_client")
    if not form.ok:
        return await _new(request, form, status=422)
    back = f"/clients/{client_id}" if client_id else address_of(view=ALL if queue else MINE)
    return go(back, told="task_created")


async def save(request: web.Request) -> web.Response:
    """Another text or due time; where somebody was faster, what was typed stays in the form."""
    form = await read_form(request)
    due_at = form.moment("due_at", visit(request).reader, required=True)
    version = form.number("version", least=0, most=2**31 - 1)
    if form.ok and due_at is not None:
        try:
            unchanged = form.value("due_at") == form.value("due_before")
            await services(request).tasks.edit(
                person(request),
                _id(request),
                version,
                text=form.value("text"),
                due_at=None if unchanged else due_at,
            )
        except Conflict as refused:
            form.refuse(GENERAL_FIELD, refused.code)
        except Invalid as refused:
            form.refused_by(refused)
    if form.ok:
        return go(f"/tasks/{_id(request)}", told="task_saved")
    task = await _task(request)
    form.written["version"] = str(task.version)
    return await _show(request, task, form, status=422)


async def done(request: web.Request) -> web.Response:
    """It is done; the list offers to undo it."""
    return await _finish(request, services(request).tasks.done)


async def cancel(request: web.Request) -> web.Response:
    """It need not be done any more."""
    return await _finish(request, services(request).tasks.cancel)


async def reopen(request: web.Request) -> web.Response:
    """Undo."""
    form = await read_form(request)
    try:
        await services(request).tasks.reopen(person(request), _id(request))
    except Conflict as refused:
        return go(_back(form), told=refused.code)
    return go(_back(form), told="task_reopened")


async def take(request: web.Request) -> web.Response:
    """Make a team's task one's own."""
    form = await read_form(request)
    try:
        await services(request).tasks.take(person(request), _id(request))
    except Conflict as refused:
        return go(_back(form), told=refused.code)
    return go(_back(form), told="task_taken")


async def postpone(request: web.Request) -> web.Response:
    """To one of the quick picks."""
    form = await read_form(request)
    pick, version = form.choice("pick", DuePick), form.number("version", least=0, most=2**31 - 1)
    if not form.ok:
        return go(_back(form), told="refused")
    due_at = due_of(pick, services(request).clock.now(), visit(request).reader)
    try:
        await services(request).tasks.edit(person(request), _id(request), version, due_at=due_at)
    except Conflict as refused:
        return go(_back(form), told=refused.code)
    return go(_back(form), told="task_postponed")


async def hand_over(request: web.Request) -> web.Response:
    """To a colleague, or to the team of a queue."""
    form = await read_form(request)
    agent_id, queue = read_assignee(form)
    version = form.number("version", least=0, most=2**31 - 1)
    if form.ok:
        try:
            await services(request).tasks.hand_over(
                person(request), _id(request), version, assignee_agent_id=agent_id, queue=queue
            )
        except Conflict as refused:
            if refused.code == "wrap_up_by_form":  # its page has no such field
                return go(f"/tasks/{_id(request)}", told=refused.code)
            form.refuse("assignee", refused.code)
        except Invalid as refused:
            form.refuse("assignee", refused.code, **refused.values)
    if form.ok:
        return go(await _where_seen(request), told="task_handed_over")
    task = await _task(request)
    form.written |= {"text": task.text, "due_at": _for_input(request, task.due_at)}
    form.written["version"] = str(task.version)
    return await _show(request, task, form, status=422)


async def _finish(
    request: web.Request, finish: Callable[[Agent, int], Awaitable[None]]
) -> web.Response:
    form = await read_form(request)
    back = _back(form)
    try:
        await finish(person(request), _id(request))
    except Conflict as refused:
        return go(back, told=refused.code)
    if back.startswith("/tasks?"):
        return go(f"{back}&did={_id(request)}")
    return go(back, told="task_done")


async def _task(request: web.Request) -> TaskRow:
    async with services(request).storage.read() as connection:
        return await get_task(connection, person(request), _id(request))


async def _where_seen(request: web.Request) -> str:
    """The task's page; the list, where one gave away the last right to see it."""
    try:
        await _task(request)
    except NotFound:
        return "/tasks"
    return f"/tasks/{_id(request)}"


async def _show(
    request: web.Request, task: TaskRow, form: Form, *, status: int = 200
) -> web.Response:
    built, actor = services(request), person(request)
    async with built.storage.read() as connection:
        agents, queues = await list_agents(connection), await list_queues(connection)
        history = await list_audit(
            connection, subject="task", subject_id=task.id, limit=MOST_HISTORY
        )
        owes = await find_demanded(connection, task.id, actor.id) is not None
    holder = f"agent:{task.assignee_agent_id}" if task.assignee_agent_id else f"queue:{task.queue}"
    form.written.setdefault("assignee", holder)
    return page(
        request,
        "tasks/show.html",
        status=status,
        task=task,
        owes_wrap_up=owes,
        form=form,
        due_before=_for_input(request, task.due_at),
        picks=PICKS,
        people=[(f"agent:{agent.id}", agent.name) for agent in own_first(agents, actor)],
        teams=[(f"queue:{queue.name}", queue.title) for queue in queues],
        queue_titles={queue.name: queue.title for queue in queues},
        history=history,
    )


async def _new(request: web.Request, form: Form, *, status: int = 200) -> web.Response:
    built, actor = services(request), person(request)
    client = None
    async with built.storage.read() as connection:
        agents, queues = await list_agents(connection), await list_queues(connection)
        client_id = Form.of(client_id=form.value("client_id")).record_id("client_id")
        if client_id is not None:
            try:
                client = await access_client(connection, actor, client_id)
            except NotFound:
                form.written["client_id"] = ""
    return page(
        request,
        "tasks/new.html",
        status=status,
        form=form,
        client=client,
        picks=[*PICKS.items(), (OWN_DATE, N_("at another time"))],
        people=[(f"agent:{agent.id}", agent.name) for agent in own_first(agents, actor)],
        teams=[(f"queue:{queue.name}", queue.title) for queue in queues],
    )


def _back(form: Form) -> str:
    back = safe_next(form.value("back"))
    return back if back.startswith(("/tasks", "/clients/", "/calls/", "/floor")) else "/tasks"


def _for_input(request: web.Request, at: datetime) -> str:
    return at.astimezone(visit(request).reader.zone).strftime("%Y-%m-%dT%H:%M")


def _id(request: web.Request) -> int:
    return int(request.match_info["task_id"])
