"""A task: its page, a new one, a changed one, and what is said about it."""

from dataclasses import replace
from datetime import datetime

from aiohttp import web

from crm_core.agents.directory import list_queues
from crm_core.agents.people import Agent, list_agents
from crm_core.audit import list_audit
from crm_core.errors import Conflict, Invalid, NotFound
from crm_core.lists.tasks import ALL, MINE
from crm_core.storage.engine import Connection
from crm_core.tasks.about import (
    ABOUT,
    NOBODY,
    About,
    KnownAbout,
    checked_about,
    contacts_of,
    known_about,
)
from crm_core.tasks.access import may_change
from crm_core.tasks.comments import list_comments
from crm_core.tasks.next_step import PromiseKind
from crm_core.tasks.queries import TaskRow, get_task
from crm_core.wrap_up.queries import find_demanded
from telephony.numbers import normalise
from web.due_picks import DuePick
from web.formats import for_input
from web.forms import GENERAL_FIELD, Form, read_form
from web.i18n import N_
from web.repeating import repeat_words
from web.views.task_fields import (
    MEETING_MINUTES,
    OWN_DATE,
    PICKS,
    choices,
    form_of,
    own_first,
    read_about,
    read_assignee,
    read_due,
    read_step,
    refuse_first,
)
from web.visits import go, page, person, services, visit, wants_json
from web.words import WORDS

MOST_HISTORY = 30
ONLY_THIS = "this"
"""What the form of a task that repeats is for: this one, or all from this one on."""


async def show(request: web.Request) -> web.Response:
    """One task with everything one can do with it, what was said about it, and its history."""
    task = await task_of(request)
    return await show_task(request, task, form_of(task, visit(request).reader))


async def new(request: web.Request) -> web.Response:
    """The form of a next step; it may know already what it is about, and when."""
    known = {name: request.query.get(name, "")[:15] for name in ABOUT}
    at = request.query.get("due_at", "")[:16]
    kind = request.query.get("kind", "")
    form = Form.of(
        number=request.query.get("number", "")[:40],
        text=request.query.get("text", "")[:200],
        kind=kind if kind in set(PromiseKind) else PromiseKind.NEXT_STEP.value,
        pick=OWN_DATE if at else DuePick.TOMORROW.value,
        due_at=at,
        lasting=MEETING_MINUTES,
        remind="",
        every="1",
        assignee=f"agent:{person(request).id}",
        **known,
    )
    return await _new(request, form)


async def create(request: web.Request) -> web.Response:
    """A next step outside of any call; where a script asks, its id."""
    form, actor = await read_form(request), person(request)
    step = read_step(request, form, read_due(request, form))
    agent_id, queue = read_assignee(form)
    about = read_about(form)
    number = normalise(form.text("number", most=64), services(request).settings.exchange.country)
    if form.ok and step is not None:
        step = replace(step, assignee_agent_id=agent_id, queue=queue)
        try:
            task_id = await services(request).tasks.create(
                actor, step, about, number=number.key[:32]
            )
        except Invalid as refused:
            form.refused_by(refused)
        except NotFound:
            form.refuse(GENERAL_FIELD, "no_such_client")
    if wants_json(request):
        refuse_first(form)
        return web.json_response({"task_id": task_id})
    if not form.ok:
        return await _new(request, form, status=422)
    for place, record_id in (
        ("clients", about.client_id),
        ("leads", about.lead_id),
        ("deals", about.deal_id),
    ):
        if record_id:
            return go(f"/{place}/{record_id}", told="task_created")
    return go(f"/tasks?view={ALL if queue else MINE}", told="task_created")


async def save(request: web.Request) -> web.Response:
    """Whatever the form holds; where somebody was faster, what was typed stays in it."""
    form, task = await read_form(request), await task_of(request)
    due_at = form.moment("due_at", visit(request).reader, required=True)
    version = form.number("version", least=0, most=2**31 - 1)
    if due_at is not None and form.value("due_at") == form.value("due_before"):
        due_at = task.due_at  # to the second as it is
    try:
        await _save(request, form, task, due_at, version)
    except Conflict as refused:
        form.refuse(GENERAL_FIELD, refused.code)
    except Invalid as refused:
        form.refused_by(refused)
    if form.ok:
        return go(f"/tasks/{task.id}", told="task_saved")
    task = await task_of(request)
    form.written["version"] = str(task.version)
    return await show_task(request, task, form, status=422)


async def _save(
    request: web.Request, form: Form, task: TaskRow, due_at: datetime | None, version: int
) -> None:
    tasks, actor = services(request).tasks, person(request)
    if task.kind not in set(PromiseKind):
        if form.ok and due_at is not None:
            moved = due_at if due_at != task.due_at else None
            await tasks.edit(actor, task.id, version, text=form.value("text"), due_at=moved)
        return
    step = read_step(request, form, due_at)
    # What the form does not offer stays.
    about = About(task.client_id, task.lead_id, task.deal_id, form.record_id("contact_id"))
    if form.ok and step is not None:
        if task.rrule and step.repeat is not None:
            step = replace(step, zone=task.rrule_zone)  # the wall whose clock it goes by
        only_this = form.value("which") == ONLY_THIS
        await tasks.rewrite(actor, task.id, version, step, about, only_this=only_this)


async def comment(request: web.Request) -> web.Response:
    """Say something about it."""
    form = await read_form(request)
    try:
        await services(request).comments.add(
            person(request), task_id_of(request), form.value("comment")
        )
    except Invalid as refused:
        task = await task_of(request)
        shown = form_of(task, visit(request).reader)
        shown.written["comment"] = form.value("comment")
        shown.refuse("comment", refused.code, **refused.values)
        return await show_task(request, task, shown, status=422)
    return go(f"/tasks/{task_id_of(request)}#comments")


async def task_of(request: web.Request) -> TaskRow:
    """The task of the address. NotFound."""
    async with services(request).storage.read() as connection:
        return await get_task(connection, person(request), task_id_of(request))


async def show_task(
    request: web.Request, task: TaskRow, form: Form, *, status: int = 200
) -> web.Response:
    """The page of a task, with what its form holds."""
    built, actor, reader = services(request), person(request), visit(request).reader
    async with built.storage.read() as connection:
        agents, queues = await list_agents(connection), await list_queues(connection)
        history = await list_audit(
            connection, subject="task", subject_id=task.id, limit=MOST_HISTORY
        )
        comments = await list_comments(connection, task.id)
        owes = await find_demanded(connection, task.id, actor.id) is not None
        may_edit = await may_change(connection, actor, task.id)
        people = await contacts_of(connection, task.client_id)
    holder = f"agent:{task.assignee_agent_id}" if task.assignee_agent_id else f"queue:{task.queue}"
    form.written.setdefault("assignee", holder)
    return page(
        request,
        "tasks/show.html",
        status=status,
        task=task,
        owes_wrap_up=owes,
        may_edit=may_edit,
        form=form,
        due_before=for_input(reader, task.due_at),
        picks=PICKS,
        people=[(f"agent:{agent.id}", agent.name) for agent in own_first(agents, actor)],
        teams=[(f"queue:{queue.name}", queue.title) for queue in queues],
        queue_titles={queue.name: queue.title for queue in queues},
        contacts=people,
        repeats=repeat_words(reader, task.rrule),
        comments=comments,
        history=history,
        shown_fields=WORDS["audit_field"],
        **choices(form, reader),
    )


async def _new(request: web.Request, form: Form, *, status: int = 200) -> web.Response:
    built, actor = services(request), person(request)
    async with built.storage.read() as connection:
        agents, queues = await list_agents(connection), await list_queues(connection)
        known = await _known_about(connection, actor, form)
        people = await contacts_of(connection, known.client_id if known else None)
    return page(
        request,
        "tasks/new.html",
        status=status,
        form=form,
        known=known,
        contacts=people,
        picks=[*PICKS.items(), (OWN_DATE, N_("at another time"))],
        people=[(f"agent:{agent.id}", agent.name) for agent in own_first(agents, actor)],
        teams=[(f"queue:{queue.name}", queue.title) for queue in queues],
        **choices(form, visit(request).reader),
    )


async def _known_about(connection: Connection, actor: Agent, form: Form) -> KnownAbout | None:
    """What the new task is about, where it may be seen; else the form forgets it."""
    about = read_about(Form.of(**{name: form.value(name) for name in ABOUT}))
    if about == NOBODY:
        return None
    try:
        return await known_about(connection, await checked_about(connection, actor, about))
    except (Invalid, NotFound):
        form.written |= dict.fromkeys(ABOUT, "")
        return None


def task_id_of(request: web.Request) -> int:
    """The id in the address."""
    return int(request.match_info["task_id"])
