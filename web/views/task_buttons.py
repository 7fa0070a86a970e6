"""The buttons of a task: done, postpone, hand over; each goes back to where it was pressed."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from crm_core.agents.people import Agent
from crm_core.errors import Conflict, Invalid, NotFound
from web.due_picks import DuePick, due_of
from web.forms import Form, read_form
from web.views.login import safe_next
from web.views.task_fields import form_of, read_assignee
from web.views.tasks import show_task, task_id_of, task_of
from web.visits import go, person, services, visit

BACK_TO = ("/tasks", "/clients/", "/leads/", "/deals/", "/calls/", "/calendar", "/floor")


async def end_series(request: web.Request) -> web.Response:
    """This one is the last."""
    await read_form(request)
    try:
        await services(request).tasks.end_series(person(request), task_id_of(request))
    except Conflict as refused:
        return go(f"/tasks/{task_id_of(request)}", told=refused.code)
    return go(f"/tasks/{task_id_of(request)}", told="series_ended")


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
        await services(request).tasks.reopen(person(request), task_id_of(request))
    except Conflict as refused:
        return go(_back(form), told=refused.code)
    return go(_back(form), told="task_reopened")


async def take(request: web.Request) -> web.Response:
    """Make a team's task one's own."""
    form = await read_form(request)
    try:
        await services(request).tasks.take(person(request), task_id_of(request))
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
        await services(request).tasks.edit(
            person(request), task_id_of(request), version, due_at=due_at
        )
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
                person(request),
                task_id_of(request),
                version,
                assignee_agent_id=agent_id,
                queue=queue,
            )
        except Conflict as refused:
            if refused.code == "wrap_up_by_form":  # its page has no such field
                return go(f"/tasks/{task_id_of(request)}", told=refused.code)
            form.refuse("assignee", refused.code)
        except Invalid as refused:
            form.refuse("assignee", refused.code, **refused.values)
    if form.ok:
        return go(await _where_seen(request), told="task_handed_over")
    task = await task_of(request)
    shown = form_of(task, visit(request).reader)
    shown.errors |= form.errors
    shown.written["assignee"] = form.value("assignee")
    return await show_task(request, task, shown, status=422)


async def _finish(
    request: web.Request, finish: Callable[[Agent, int], Awaitable[None]]
) -> web.Response:
    form = await read_form(request)
    back = _back(form)
    try:
        await finish(person(request), task_id_of(request))
    except Conflict as refused:
        return go(back, told=refused.code)
    if back.startswith("/tasks?"):
        return go(f"{back}&did={task_id_of(request)}")
    return go(back, told="task_done")


async def _where_seen(request: web.Request) -> str:
    """The task's page; the list, where one gave away the last right to see it."""
    try:
        await task_of(request)
    except NotFound:
        return "/tasks"
    return f"/tasks/{task_id_of(request)}"


def _back(form: Form) -> str:
    back = safe_next(form.value("back"))
    return back if back.startswith(BACK_TO) else "/tasks"
