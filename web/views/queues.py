"""Administration of queues: what people call them, the rules after their calls, and their teams."""

from typing import Any

from aiohttp import web

from crm_core.agents.directory import Queue, get_queue, list_members, list_queues
from crm_core.agents.people import list_agents
from crm_core.agents.queues import (
    HIGHEST_PENALTY,
    LONGEST_CALLBACK_SECONDS,
    LONGEST_WRAP_UP_SECONDS,
    SHORTEST_CALLBACK_SECONDS,
    SHORTEST_WRAP_UP_SECONDS,
)
from crm_core.errors import CrmError, Invalid, NotFound
from web.forms import Form, read_form
from web.visits import go, page, person, services

HERE = "/admin/queues"
MINUTE = 60
USUAL = {
    "wrap_up_seconds": 60,
    "next_step_required": 1,
    "callback_due_minutes": 15,
}


async def index(request: web.Request) -> web.Response:
    """All queues with their rules and the size of their teams, the retired last."""
    async with services(request).storage.read() as connection:
        queues = await list_queues(connection, active=None)
        sizes: dict[int, int] = {}
        for member in await list_members(connection):
            sizes[member.queue_id] = sizes.get(member.queue_id, 0) + 1
    ordered = sorted(queues, key=lambda queue: not queue.active)
    return page(request, "queues/index.html", queues=ordered, sizes=sizes)


async def new(request: web.Request) -> web.Response:
    """The form with the usual rules."""
    return page(request, "queues/new.html", form=Form.of(**USUAL))


async def create(request: web.Request) -> web.Response:
    """One more queue; on to its team."""
    form = await read_form(request)
    rules = _read_rules(form)
    if form.ok:
        try:
            queue_id = await services(request).desks.queues.create(person(request), **rules)
        except CrmError as refused:
            form.refused_by(refused)
        else:
            return go(f"{HERE}/{queue_id}", told="queue_created")
    return page(request, "queues/new.html", status=422, form=form)


async def show(request: web.Request) -> web.Response:
    """One queue: its rules and its team."""
    queue = await _queue(request)
    return await _show(request, queue, _form_of(queue), Form.of(penalty=0))


async def save(request: web.Request) -> web.Response:
    """Keep names and rules."""
    queue, form = await _queue(request), await read_form(request)
    rules = _read_rules(form)
    if form.ok:
        try:
            await services(request).desks.queues.edit(person(request), queue.id, **rules)
        except CrmError as refused:
            form.refused_by(refused)
    if not form.ok:
        return await _show(request, queue, form, Form.of(penalty=0), status=422)
    return go(f"{HERE}/{queue.id}", told="queue_saved")


async def set_member(request: web.Request) -> web.Response:
    """Put somebody into the team, or change when he is rung."""
    queue, form = await _queue(request), await read_form(request)
    agent_id = form.record_id("agent_id", required=True)
    penalty = form.number("penalty", least=0, most=HIGHEST_PENALTY, default=0)
    if form.ok and agent_id is not None:
        try:
            await services(request).desks.queues.set_member(
                person(request), queue.id, agent_id, penalty=penalty
            )
        except NotFound:
            form.refuse("agent_id", "not_a_choice")
        except Invalid as refused:
            form.refused_by(refused)
    if not form.ok:
        return await _show(request, queue, _form_of(queue), form, status=422)
    return go(f"{HERE}/{queue.id}", told="queue_team_saved")


async def remove_member(request: web.Request) -> web.Response:
    """Take somebody out of the team."""
    queue, agent_id = await _queue(request), int(request.match_info["agent_id"])
    await services(request).desks.queues.remove_member(person(request), queue.id, agent_id)
    return go(f"{HERE}/{queue.id}", told="queue_team_saved")


async def retire(request: web.Request) -> web.Response:
    """Its rules and team are used no longer; calls of the past keep its name."""
    queue = await _queue(request)
    await services(request).desks.queues.retire(person(request), queue.id)
    return go(HERE, told="queue_retired")


async def restore(request: web.Request) -> web.Response:
    """In use again."""
    queue = await _queue(request)
    await services(request).desks.queues.restore(person(request), queue.id)
    return go(HERE, told="queue_restored")


async def _queue(request: web.Request) -> Queue:
    async with services(request).storage.read() as connection:
        return await get_queue(connection, int(request.match_info["queue_id"]))


def _read_rules(form: Form) -> dict[str, Any]:
    """The fields of `Queues.create`; minutes on the page are seconds below."""
    minutes = form.number(
        "callback_due_minutes",
        least=SHORTEST_CALLBACK_SECONDS // MINUTE,
        most=LONGEST_CALLBACK_SECONDS // MINUTE,
    )
    return {
        "name": form.value("name"),
        "title": form.value("title"),
        "wrap_up_seconds": form.number(
            "wrap_up_seconds", least=SHORTEST_WRAP_UP_SECONDS, most=LONGEST_WRAP_UP_SECONDS
        ),
        "wrap_up_skippable": form.ticked("wrap_up_skippable"),
        "next_step_required": form.ticked("next_step_required"),
        "callback_due_seconds": minutes * MINUTE,
    }


def _form_of(queue: Queue) -> Form:
    return Form.of(
        name=queue.name,
        title=queue.title,
        wrap_up_seconds=queue.wrap_up_seconds,
        wrap_up_skippable=1 if queue.wrap_up_skippable else None,
        next_step_required=1 if queue.next_step_required else None,
        callback_due_minutes=max(1, queue.callback_due_seconds // MINUTE),
    )


async def _show(
    request: web.Request, queue: Queue, form: Form, member_form: Form, *, status: int = 200
) -> web.Response:
    async with services(request).storage.read() as connection:
        members = await list_members(connection, queue.id)
        agents = await list_agents(connection)
    inside = {member.agent_id for member in members}
    return page(
        request,
        "queues/show.html",
        status=status,
        queue=queue,
        form=form,
        member_form=member_form,
        members=members,
        roles={agent.id: agent.role for agent in agents},
        others=[(agent.id, agent.name) for agent in agents if agent.id not in inside],
    )
