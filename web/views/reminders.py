"""What somebody is reminded of: cards in the corner of every page until he acts on them."""

from datetime import timedelta

from aiohttp import web

from crm_core.tasks.reminders import list_ringing
from web.due_picks import DuePick, due_of
from web.forms import read_form
from web.views.tasks import task_id_of
from web.visits import partial, person, services, visit

TOMORROW = "tomorrow"
LONGEST_MINUTES = 24 * 60


async def index(request: web.Request) -> web.Response:
    """All cards; fetched on every page, and again when something rings."""
    async with services(request).storage.read() as connection:
        ringing = await list_ringing(connection, person(request).id)
    return partial(request, "tasks/_reminders.html", ringing=ringing)


async def snooze(request: web.Request) -> web.Response:
    """Ring again in so many `minutes`, or tomorrow."""
    form = await read_form(request)
    now = services(request).clock.now()
    if form.value("minutes") == TOMORROW:
        until = due_of(DuePick.TOMORROW, now, visit(request).reader)
    else:
        minutes = form.number("minutes", least=1, most=LONGEST_MINUTES, default=10)
        until = now + timedelta(minutes=minutes)
    await services(request).reminders.snooze(person(request), task_id_of(request), until)
    return web.json_response({})


async def dismiss(request: web.Request) -> web.Response:
    """It has been seen; the task stays open."""
    await services(request).reminders.dismiss(person(request), task_id_of(request))
    return web.json_response({})


async def done(request: web.Request) -> web.Response:
    """The task itself is done."""
    await services(request).tasks.done(person(request), task_id_of(request))
    return web.json_response({})
