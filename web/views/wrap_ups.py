"""A wrap-up that missed its deadline: finished late from the task that it left, or given up."""

from aiohttp import web

from crm_core.agents.directory import list_dispositions, list_queues
from crm_core.agents.people import list_agents
from crm_core.errors import Conflict, Invalid, NotFound
from crm_core.tasks.next_step import NextStep
from crm_core.tasks.queries import TaskRow, get_task
from crm_core.wrap_up.queries import OpenWrapUp, find_demanded
from web.forms import GENERAL_FIELD, Form, read_form
from web.i18n import N_
from web.views.task_fields import OWN_DATE, PICKS, own_first, read_assignee, read_due
from web.visits import go, page, person, services

NO_STEP = "none"


async def show(request: web.Request) -> web.Response:
    """The form; the task's page where there is nothing to finish, or it is somebody else's."""
    task, owed = await _demand(request)
    if owed is None:
        return go(f"/tasks/{task.id}")
    form = Form.of(note=owed.note, pick=NO_STEP, assignee=f"agent:{person(request).id}")
    return await _show(request, task, form)


async def save(request: web.Request) -> web.Response:
    """Disposition, note and next step; the task is done with it."""
    task, owed = await _demand(request)
    if owed is None:
        return go(f"/tasks/{task.id}")
    form = await read_form(request)
    disposition_id = form.record_id("disposition", required=True)
    step = _next_step(request, form)
    if form.ok:
        try:
            await services(request).wrap_ups.finish(
                person(request), owed.call_id, disposition_id, form.value("note"), step
            )
        except Invalid as refused:
            if refused.field == "next_step":
                form.refuse("pick", "next_step_needed")
            else:
                form.refused_by(refused)
        except (Conflict, NotFound) as refused:
            form.refuse(GENERAL_FIELD, refused.code)
    if not form.ok:
        return await _show(request, task, form, status=422)
    return go("/tasks", told="wrap_up_saved")


async def close(request: web.Request) -> web.Response:
    """By whoever supervises: the form will not come, and why."""
    task_id, form = int(request.match_info["task_id"]), await read_form(request)
    try:
        reason = form.value("reason")
        await services(request).tasks.close_unfilled(person(request), task_id, reason)
    except Invalid as refused:
        told = "reason_missing" if refused.code == "required" else "reason_too_long"
        return go(f"/tasks/{task_id}", told=told)
    except Conflict as refused:
        return go(f"/tasks/{task_id}", told=refused.code)
    return go(f"/tasks/{task_id}", told="wrap_up_closed")


async def _demand(request: web.Request) -> tuple[TaskRow, OpenWrapUp | None]:
    actor, task_id = person(request), int(request.match_info["task_id"])
    async with services(request).storage.read() as connection:
        task = await get_task(connection, actor, task_id)
        return task, await find_demanded(connection, task_id, actor.id)


def _next_step(request: web.Request, form: Form) -> NextStep | None:
    if form.value("pick") == NO_STEP:
        return None
    text = form.text("text", required=True, most=2000)
    due_at = read_due(request, form)
    agent_id, queue = read_assignee(form)
    if not form.ok or due_at is None:
        return None
    return NextStep(text, due_at, agent_id, queue)


async def _show(
    request: web.Request, task: TaskRow, form: Form, *, status: int = 200
) -> web.Response:
    async with services(request).storage.read() as connection:
        dispositions = await list_dispositions(connection)
        agents, queues = await list_agents(connection), await list_queues(connection)
    return page(
        request,
        "tasks/wrap_up.html",
        status=status,
        task=task,
        form=form,
        dispositions=[(each.id, each.title) for each in dispositions],
        picks=[
            (NO_STEP, N_("no next step")),
            *PICKS.items(),
            (OWN_DATE, N_("at another time")),
        ],
        people=[(f"agent:{agent.id}", agent.name) for agent in own_first(agents, person(request))],
        teams=[(f"queue:{queue.name}", queue.title) for queue in queues],
    )
