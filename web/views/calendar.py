"""The calendar: a day or week of oneself or a colleague; what has a time is dragged to another."""

from datetime import date, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

from crm_core.agents.people import Agent
from crm_core.tasks.calendar import list_entries, list_watchable
from web.calendar_layout import bounds, days_of, lay_out
from web.forms import read_form
from web.views.task_fields import KINDS, refuse_first
from web.views.tasks import task_id_of
from web.visits import page, partial, person, services, visit

VIEWS: Final = ("day", "week")
EARLIEST, LATEST = date(1990, 1, 1), date(2199, 12, 31)


async def show(request: web.Request) -> web.Response:
    """The whole page."""
    return page(request, "calendar/show.html", **await _calendar(request))


async def grid(request: web.Request) -> web.Response:
    """The part that changes."""
    return partial(request, "calendar/_grid.html", **await _calendar(request))


async def move(request: web.Request) -> web.Response:
    """To another time, as long as before: `at` by the reader's clock. The `version` it has now."""
    form = await read_form(request)
    at = form.moment("at", visit(request).reader, required=True)
    version = form.number("version", least=0, most=2**31 - 1)
    refuse_first(form)
    tasks, actor = services(request).tasks, person(request)
    now = await tasks.edit(actor, task_id_of(request), version, due_at=at)
    return web.json_response({"version": now})


async def _calendar(request: web.Request) -> dict[str, Any]:
    built, actor, reader = services(request), person(request), visit(request).reader
    local = built.clock.now().astimezone(reader.zone)
    view = request.query.get("view", "")
    view = view if view in VIEWS else "week"
    on = _read_day(request.query.get("on", ""), local.date())
    days = days_of(view, on)
    begin, end = bounds(days, reader.zone)
    async with built.storage.read() as connection:
        colleagues = await list_watchable(connection, actor)
        whose = _whose(request, actor, colleagues)
        entries = await list_entries(connection, actor, whose.id, begin, end)
    step = timedelta(days=1 if view == "day" else 7)
    agent = {"agent": whose.id} if whose.id != actor.id else {}
    return {
        "view": view,
        "days": days,
        "blocks": lay_out(entries, days, reader.zone),
        "today": local.date(),
        "now_minutes": local.hour * 60 + local.minute,
        "whose": whose,
        "colleagues": colleagues,
        "kinds": KINDS,
        "grid_address": _address("/calendar/grid", view=view, on=on, **agent),
        "addresses": {
            "today": _address("/calendar", view=view, **agent),
            "before": _address("/calendar", view=view, on=on - step, **agent),
            "after": _address("/calendar", view=view, on=on + step, **agent),
            "day": _address("/calendar", view="day", on=on, **agent),
            "week": _address("/calendar", view="week", on=on, **agent),
            "days": [_address("/calendar", view="day", on=day, **agent) for day in days],
        },
        "on": on,
    }


def _whose(request: web.Request, actor: Agent, colleagues: list[Agent]) -> Agent:
    asked = request.query.get("agent", "")
    return next((one for one in colleagues if str(one.id) == asked), actor)


def _read_day(written: str, today: date) -> date:
    try:
        asked = date.fromisoformat(written)
    except ValueError:
        return today
    return asked if EARLIEST <= asked <= LATEST else today


def _address(path: str, **asked: object) -> str:
    return f"{path}?{urlencode(asked)}"
