"""The board and the list of leads and of deals: one page, two ways to look at it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final

from aiohttp import web

from crm_core.agents.people import Agent
from crm_core.agents.rights import Action, RecordKind, Scope
from crm_core.catalogues import Catalogue, list_entries
from crm_core.deals.board import read_board
from crm_core.deals.filtering import RecordFilter, Whose
from crm_core.deals.pipelines import Pipeline, list_pipelines
from crm_core.lists.shapes import ListName
from web.boards_live import DEALS_TOPIC, LEADS_TOPIC
from web.forms import Form, read_form
from web.list_asking import like, liking_of
from web.list_pages import list_data
from web.sentences import sentence
from web.views import lists
from web.visits import page, partial, person, services, visit


class Look(StrEnum):
    """The way to look at records."""

    BOARD = "board"
    LIST = "list"


class Period(StrEnum):
    """When deals are expected."""

    ANY = ""
    OVERDUE = "overdue"
    THIS_MONTH = "this_month"
    NEXT_MONTH = "next_month"
    QUARTER = "quarter"


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where records of a kind are shown: their path, and the topic on which pages hear of them."""

    kind: RecordKind
    path: str
    topic: str

    @property
    def name(self) -> ListName:
        return ListName(self.path.removeprefix("/"))


DEALS: Final = Shelf(RecordKind.DEAL, "/deals", DEALS_TOPIC)
LEADS: Final = Shelf(RecordKind.LEAD, "/leads", LEADS_TOPIC)


async def index(request: web.Request, shelf: Shelf) -> web.Response:
    """The whole page, in the way that is asked for or that is one's usual."""
    look = await _look(request, shelf)
    data = await _page(request, shelf) | await _of(request, shelf, look)
    loss_reasons = await _loss_reasons(request)
    return page(request, "boards/index.html", loss_reasons=loss_reasons, look=look, **data)


async def like_look(request: web.Request, shelf: Shelf) -> web.Response:
    """This way of the two is one's usual from now on, for scripts."""
    form = await read_form(request)
    look = form.choice("look", Look)
    form.demand()
    await like(request, shelf.name, look=look)
    return web.json_response({})


async def records(request: web.Request, shelf: Shelf) -> web.Response:
    """The board or the list alone, as a page fetches it anew."""
    look = await _look(request, shelf)
    if look is Look.LIST:
        return await lists.records(request, shelf.name)
    data = await _page(request, shelf) | await _of(request, shelf, look)
    return partial(request, "boards/_records.html", look=look, **data)


async def export(request: web.Request, shelf: Shelf) -> web.StreamResponse:
    """What is chosen in the list, as a file."""
    return await lists.export(request, shelf.name)


async def move(request: web.Request, shelf: Shelf, record_id: int) -> web.Response:
    """From stage `before` to `stage`: `{told, undo}`, for scripts."""
    form, commands = await read_form(request), commands_of(request, shelf)
    stage_id = form.record_id("stage", required=True) or 0
    change_id = await commands.move(
        person(request),
        record_id,
        stage_id,
        before=form.record_id("before", required=True) or 0,
        loss_reason_id=form.record_id("loss_reason"),
    )
    return web.json_response(
        {
            "told": await moved_text(request, shelf, stage_id),
            "undo": f"{shelf.path}/{record_id}/unmove/{change_id}",
        }
    )


async def unmove(request: web.Request, shelf: Shelf, record_id: int) -> web.Response:
    """Take one's own last move back: `{told}`."""
    await read_form(request)
    change_id = int(request.match_info["change_id"])
    await commands_of(request, shelf).undo_move(person(request), record_id, change_id)
    return web.json_response({"told": sentence(visit(request).reader, "undone", {})})


def commands_of(request: web.Request, shelf: Shelf) -> Any:
    """The commands on records of this kind."""
    built = services(request)
    return built.leads if shelf.kind is RecordKind.LEAD else built.deals


async def moved_text(request: web.Request, shelf: Shelf, stage_id: int) -> str:
    """What is said when a record has come to a stage."""
    async with services(request).storage.read() as connection:
        found = await list_pipelines(connection, shelf.kind, active=None)
    titles = {stage.id: stage.title for pipeline in found for stage in pipeline.stages}
    return sentence(visit(request).reader, "record_moved", {"stage": titles.get(stage_id, "")})


def may_edit(actor: Agent, shelf: Shelf) -> bool:
    """Whether he may make and move records of this kind at all."""
    return actor.scope(shelf.kind, Action.EDIT) is not Scope.NONE


async def _page(request: web.Request, shelf: Shelf) -> dict[str, Any]:
    actor = person(request)
    async with services(request).storage.read() as connection:
        pipelines = await list_pipelines(connection, shelf.kind)
    return {
        "shelf": shelf,
        "asked": _asked(request),
        "form": Form.of(**{name: request.query.get(name, "") for name in _QUERY}),
        "periods": tuple(Period),
        "may_edit": may_edit(actor, shelf),
        "query": {name: value for name, value in request.query.items() if name in _QUERY and value},
        "pipelines": pipelines,
        "pipeline": _chosen(request, pipelines),
    }


async def _of(request: web.Request, shelf: Shelf, look: Look) -> dict[str, Any]:
    """What the board shows, or the list."""
    if look is Look.LIST:
        return await list_data(request, shelf.name)
    actor, now, asked = person(request), services(request).clock.now(), _asked(request)
    async with services(request).storage.read() as connection:
        pipeline = _chosen(request, await list_pipelines(connection, shelf.kind))
        if pipeline is None:
            return {"columns": ()}
        limits = _limits(request)
        columns = await read_board(connection, actor, pipeline, asked, now, limits=limits)
    return {"columns": columns}


_QUERY = ("look", "pipeline", "whose", "search", "stale", "period")


async def _look(request: web.Request, shelf: Shelf) -> Look:
    written = request.query.get("look", "")
    if written not in set(Look):
        async with services(request).storage.read() as connection:
            written = (await liking_of(connection, person(request).id, shelf.name)).get("look", "")
    return Look(written) if written in set(Look) else Look.BOARD


def _asked(request: web.Request) -> RecordFilter:
    query = request.query
    whose = query.get("whose", "")
    today = services(request).clock.now().astimezone(visit(request).reader.zone).date()
    period = query.get("period", "")
    return RecordFilter(
        whose=Whose(whose) if whose in set(Whose) else Whose.ALL,
        search=query.get("search", "").replace("\0", "").strip(),
        stale=bool(query.get("stale")),
        expected=days_of(Period(period) if period in set(Period) else Period.ANY, today),
    )


def days_of(period: Period, today: date) -> tuple[date | None, date | None]:
    """First and last day of a period as somebody means it today."""
    first = today.replace(day=1)
    if period is Period.OVERDUE:
        return None, today - timedelta(days=1)
    if period is Period.THIS_MONTH:
        return first, _months_on(first, 1) - timedelta(days=1)
    if period is Period.NEXT_MONTH:
        return _months_on(first, 1), _months_on(first, 2) - timedelta(days=1)
    if period is Period.QUARTER:
        begins = first.replace(month=first.month - (first.month - 1) % 3)
        return begins, _months_on(begins, 3) - timedelta(days=1)
    return None, None


def _months_on(first: date, months: int) -> date:
    years, month = divmod(first.month - 1 + months, 12)
    return first.replace(year=first.year + years, month=month + 1)


def _chosen(request: web.Request, pipelines: list[Pipeline]) -> Pipeline | None:
    wanted = _whole(request.query.get("pipeline", ""), 0)
    first = pipelines[0] if pipelines else None
    return next((each for each in pipelines if each.id == wanted), first)


def _limits(request: web.Request) -> Mapping[int, int]:
    """How many cards of which stage: `?more=12:100&more=13:50`."""
    limits = {}
    for written in request.query.getall("more", [])[:50]:
        stage, _, limit = written.partition(":")
        limits[_whole(stage, 0)] = max(1, _whole(limit, 1))
    return limits


def _whole(written: str, otherwise: int) -> int:
    is_number = written.isascii() and written.isdecimal() and len(written) < 10
    return int(written) if is_number else otherwise


async def _loss_reasons(request: web.Request) -> list[tuple[int, str]]:
    async with services(request).storage.read() as connection:
        entries = await list_entries(connection)
    return [(entry.id, entry.title) for entry in entries[Catalogue.LOSS_REASON]]
