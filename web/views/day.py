"""My day: the next thing to do, large, and the queue beside it; worked through without a list."""

from datetime import UTC, datetime, time, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

from crm_core.clients.standing import read_standing
from crm_core.day.queries import count_done, list_items, numbers_to_call
from crm_core.day.ranking import Item, ItemKind, Queue, Ranked, Reason, rank
from crm_core.errors import Invalid, NotFound
from crm_core.leads.queries import read_lead
from crm_core.tasks.about import About
from crm_core.tasks.next_step import NextStep, PromiseKind
from crm_core.tasks.queries import TaskRow, get_task
from crm_core.wording import existing_id
from web.due_picks import DuePick, due_of
from web.forms import read_form
from web.i18n import N_
from web.views.task_fields import PICKS, read_due, refuse_first
from web.visits import page, partial, person, services, visit

MOST_SKIPPED: Final = 100
MOST_SHOWN: Final = 40
REASONS: Final = {
    Reason.MEETING_BEGINS: N_("Meeting"),
    Reason.CALLBACK_LATE: N_("Late callback"),
    Reason.CALL_PROMISED: N_("Promised call"),
    Reason.CALLBACK: N_("Callback"),
    Reason.LEAD_FRESH: N_("Fresh lead"),
    Reason.OVERDUE: N_("Overdue"),
    Reason.CLIENT_OWES: N_("The client owes it"),
    Reason.WRAP_UP_OWED: N_("Wrap-up to finish"),
    Reason.DUE_TODAY: N_("Due today"),
    Reason.CLIENT_QUIET: N_("Gone quiet"),
}
WHY: Final = {
    Reason.MEETING_BEGINS: N_("You are expected at this time."),
    Reason.CALLBACK_LATE: N_("They called, nobody answered, and the time to call back is over."),
    Reason.CALL_PROMISED: N_("You have promised to call at this time."),
    Reason.CALLBACK: N_("They called and nobody answered. They are still waiting."),
    Reason.LEAD_FRESH: N_("Nobody has done anything about this request yet."),
    Reason.OVERDUE: N_("This was to be done by now."),
    Reason.CLIENT_OWES: N_("The client has promised this by now. Look whether it was done."),
    Reason.WRAP_UP_OWED: N_("The form about this call was not filled in."),
    Reason.DUE_TODAY: N_("This is to be done today."),
    Reason.CLIENT_QUIET: N_("Nobody has heard of this client for long, and nothing is promised."),
}


async def show(request: web.Request) -> web.Response:
    """The whole page."""
    return page(request, "day/show.html", **await _day(request))


async def queue(request: web.Request) -> web.Response:
    """The part that changes: fetched after each action, and when something was done elsewhere."""
    return partial(request, "day/_day.html", **await _day(request))


async def done(request: web.Request) -> web.Response:
    """It is done; of a lead, that it was seen to. Answers how to take it back."""
    await read_form(request)
    kind, record_id = _key(request)
    built, actor = services(request), person(request)
    if kind is ItemKind.TASK:
        await built.tasks.done(actor, record_id)
        return web.json_response({"undo": f"/day/task-{record_id}/undo"})
    if kind is ItemKind.LEAD:
        await built.day.see_to_lead(actor, record_id)
        return web.json_response({})
    raise NotFound(client_id=record_id)


async def undo(request: web.Request) -> web.Response:
    """The task was not done after all."""
    await read_form(request)
    kind, record_id = _key(request)
    if kind is not ItemKind.TASK:
        raise NotFound(id=record_id)
    await services(request).tasks.reopen(person(request), record_id)
    return web.json_response({})


async def later(request: web.Request) -> web.Response:
    """To one of the picks: the task itself; of a lead or a client a call is promised for then."""
    form = await read_form(request)
    pick = form.choice("pick", DuePick)
    refuse_first(form)
    due_at = due_of(pick, services(request).clock.now(), visit(request).reader)
    kind, record_id = _key(request)
    tasks, actor = services(request).tasks, person(request)
    if kind is ItemKind.TASK:
        task = await _task(request, record_id)
        await tasks.edit(actor, record_id, task.version, due_at=due_at)
        return web.json_response({})
    text = form.text("text", most=300) or visit(request).reader.gettext("Get in touch")
    step = NextStep(text, due_at, actor.id, kind=PromiseKind.CALL)
    await tasks.create(actor, step, _about(kind, record_id))
    return web.json_response({})


async def next_step(request: web.Request) -> web.Response:
    """What comes after it: a new promise about the same; what it comes after is done with that."""
    form = await read_form(request)
    due_at = read_due(request, form)
    text = form.text("text", required=True, most=2000)
    refuse_first(form)
    kind, record_id = _key(request)
    actor, about = person(request), _about(kind, record_id)
    number = ""
    if kind is ItemKind.TASK:
        task = await _task(request, record_id)
        if task.kind == "wrap_up":  # whose form asks for the next step itself
            raise Invalid("text", "wrap_up_by_form")
        about = About(task.client_id, task.lead_id, task.deal_id, task.contact_id)
        number = task.number
    if due_at is not None:
        step = NextStep(text, due_at, actor.id)
        await services(request).tasks.create(actor, step, about, number=number)
    if kind is ItemKind.TASK:
        await services(request).tasks.done(actor, record_id)
    return web.json_response({})


async def _day(request: web.Request) -> dict[str, Any]:
    built, actor, reader = services(request), person(request), visit(request).reader
    now = built.clock.now()
    midnight = datetime.combine(now.astimezone(reader.zone).date(), time(), reader.zone)
    until = (midnight + timedelta(days=1)).astimezone(UTC)
    days = built.settings.office.quiet_days
    quiet_since = now - timedelta(days=days) if days > 0 else datetime.min.replace(tzinfo=UTC)
    async with built.storage.read() as connection:
        items = await list_items(connection, actor, until=until, quiet_since=quiet_since)
        did = await count_done(connection, actor.id, midnight.astimezone(UTC))
        ranked = rank(items, now)
        shown, skipped = _in_order(request, ranked)
        focus = _focus(request, ranked, shown)
        about = await _about_focus(request, connection, focus.item) if focus else {}
    return {
        "queue": shown,
        "later": ranked.later,
        "skipped": skipped,
        "focus": focus,
        "did": did,
        "most_shown": MOST_SHOWN,
        "reasons": REASONS,
        "why": WHY,
        "picks": PICKS,
        "address": _address(skipped, focus),
        "standing": None,
        "numbers": [],
        "task": None,
        "lead": None,
        **about,
    }


def _in_order(request: web.Request, ranked: Queue) -> tuple[list[Ranked], list[str]]:
    """The queue with what was skipped at its end, and which of it was."""
    asked = request.query.get("skipped", "").split(",")[:MOST_SKIPPED]
    there = {one.item.key for one in ranked.now}
    skipped = [key for key in dict.fromkeys(asked) if key in there]
    last = [one for key in skipped for one in ranked.now if one.item.key == key]
    return [*(one for one in ranked.now if one.item.key not in skipped), *last], skipped


def _focus(request: web.Request, ranked: Queue, shown: list[Ranked]) -> Ranked | None:
    """What somebody is at stays before him, whatever comes meanwhile; else the next thing."""
    asked = request.query.get("focus", "")
    chosen = (one for one in (*shown, *ranked.later) if one.item.key == asked)
    return next(chosen, shown[0] if shown else None)


def _address(skipped: list[str], focus: Ranked | None) -> str:
    """Where exactly this is to be had again."""
    asked = {"skipped": ",".join(skipped), "focus": focus.item.key if focus else ""}
    given = {name: value for name, value in asked.items() if value}
    return f"/day/queue?{urlencode(given, safe=',')}" if given else "/day/queue"


async def _about_focus(request: web.Request, connection: Any, item: Item) -> dict[str, Any]:
    """Where we stopped, and which numbers may be called."""
    known: dict[str, Any] = {}
    numbers: list[tuple[str, str]] = [(item.number, "")] if item.number else []
    if item.client_id is not None:
        known["standing"] = await read_standing(connection, item.client_id)
        theirs = await numbers_to_call(connection, item.client_id)
        numbers += [one for one in theirs if one[0] != item.number]
    if item.kind is ItemKind.TASK:
        known["task"] = await get_task(connection, person(request), item.id)
    if item.kind is ItemKind.LEAD:
        known["lead"] = await read_lead(connection, person(request), item.id)
    return {**known, "numbers": numbers}


async def _task(request: web.Request, task_id: int) -> TaskRow:
    async with services(request).storage.read() as connection:
        return await get_task(connection, person(request), task_id)


def _about(kind: ItemKind, record_id: int) -> About:
    if kind is ItemKind.LEAD:
        return About(lead_id=record_id)
    return About(client_id=record_id)


def _key(request: web.Request) -> tuple[ItemKind, int]:
    """`task-12` of the address. Raises NotFound for anything else."""
    kind, _, number = request.match_info["key"].partition("-")
    if kind not in set(ItemKind) or not (number.isascii() and number.isdecimal()):
        raise NotFound(key=request.match_info["key"][:40])
    return ItemKind(kind), existing_id(int(number[:15]))
