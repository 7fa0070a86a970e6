"""What the page of a list shows: chips, the menu of filters, heads, tabs, what to loosen."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

from crm_core.agents.people import list_agents
from crm_core.agents.rights import Action, Scope
from crm_core.errors import Invalid
from crm_core.lists.filters import Filter, FilterType, Option
from crm_core.lists.questions import find_order, read_question
from crm_core.lists.reading import (
    MOST_COUNTED,
    Asked,
    ListPage,
    ask_list,
    count,
    read_page,
    sums,
)
from crm_core.lists.saved_views import MAY_SHARE, SavedView
from crm_core.lists.shapes import ColumnType, ListColumn, ListName
from crm_core.lists.values import Days, Span, Words
from crm_core.search.question import is_number
from crm_core.storage.engine import Connection
from web.boards_live import DEALS_TOPIC, LEADS_TOPIC
from web.i18n import Reader
from web.list_addresses import LOOK, ListAddress, read_address
from web.list_asking import ALL, AskedList, ask
from web.list_export import LIMITS
from web.list_words import ALL as ALL_TITLES
from web.list_words import (
    COMING,
    PAST,
    PERIODS,
    TITLES,
    column_title,
    filter_title,
    option_title,
    said,
)
from web.visits import person, services, visit

TOPICS: Final[Mapping[ListName, str]] = {
    ListName.LEADS: LEADS_TOPIC,
    ListName.DEALS: DEALS_TOPIC,
}
MOST_LOOSENED: Final = 6
_RIGHT: Final = frozenset({ColumnType.MONEY, ColumnType.NUMBER, ColumnType.DAYS})
Pairs = list[tuple[str, str]]
Loosened = tuple[str, int, str]
_NO_SUMS: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is on. `refusal`: why it cannot be. `remove`: the list without it."""

    name: str
    title: str
    text: str
    remove: str
    refusal: Invalid | None
    editable: bool


@dataclass(frozen=True, slots=True)
class Editor:
    """How a filter is set. `options`: key, title, ticked, colour; `kept`: what else the address
    says; `ends`: what stands in the two fields of a span; `quick`: words with their lists."""

    name: str
    title: str
    type: FilterType
    options: tuple[tuple[str, str, bool, str], ...]
    kept: Pairs
    ends: tuple[str, str]
    text: str
    quick: tuple[tuple[str, str, bool], ...]
    currency: str
    is_on: bool


@dataclass(frozen=True, slots=True)
class Head:
    """A column as it is shown; `sort`: the list sorted by it, "" where it cannot be."""

    column: ListColumn
    title: str
    sort: str
    sorted: str  # "", "ascending", "descending"
    right: bool


@dataclass(frozen=True, slots=True)
class Tab:
    """A view above the list."""

    title: str
    href: str
    current: bool
    shared: bool
    usual: bool
    id: int | None


async def list_data(request: web.Request, name: ListName) -> dict[str, Any]:
    """All that `lists/_list.html` needs."""
    address = read_address(name, request.query.items())
    async with services(request).storage.read() as connection:
        shown = await ask(request, connection, address)
        asked = shown.asked
        page = ListPage((), None, None)
        total, amounts, loosen = 0, _NO_SUMS, list[Loosened]()
        if not asked.question.refused:
            total = await _total(connection, asked)
            if total:
                few = total <= MOST_COUNTED
                page = await read_page(connection, asked, shown.address.cursor, few=few)
            amounts = await sums(connection, asked)
            if not page.rows and shown.address.cursor is None:
                loosen = await _loosen(request, connection, shown)
        agents = await list_agents(connection)
    reader = visit(request).reader
    return {
        "name": name,
        "title": reader.gettext(TITLES[name]),
        "topic": TOPICS.get(name, ""),
        "shown": shown,
        "address": shown.address,
        "question": asked.question,
        "rows": page.rows,
        "heads": _heads(reader, shown),
        "chips": _chips(reader, shown),
        "editors": _editors(reader, shown),
        "all_columns": _columns(reader, asked),
        "tabs": _tabs(reader, shown),
        "view": shown.view,
        "total": min(total, MOST_COUNTED),
        "more": total > MOST_COUNTED or asked.found_more,
        "sums": amounts,
        "older": shown.address.written(page.after) if page.after else "",
        "newer": shown.address.written(page.before) if page.before else "",
        "loosen": loosen,
        "kept": [*shown.address.query(), *_look(name)],
        "kept_but_search": [
            *replace(shown.address, search="", cursor=None).query(),
            *_look(name),
        ],
        "src": f"/{name}/records?{_src(request)}",
        "board": _board(shown.address),
        "bulk": _bulk(request, name),
        "agents": [(agent.id, agent.name) for agent in agents],
        "tags": [option.title for option in _tags(asked) if option.title],
        "is_number": is_number(asked.question.search, services(request).settings.exchange.country),
        "may_share": person(request).role in MAY_SHARE,
        "limits": LIMITS,
        "nobody_fits": not page.rows and asked.question.narrows,
    }


async def _total(connection: Connection, asked: Asked) -> int:
    return await count(connection, asked.condition(), asked.shape)


async def _loosen(request: web.Request, connection: Connection, shown: AskedList) -> list[Loosened]:
    """What each filter hides by itself: its title, how many there were without it, and where."""
    reader, asked = visit(request).reader, shown.asked
    country = services(request).settings.exchange.country
    found = []
    for name in list(asked.question.written)[:MOST_LOOSENED]:
        without = _without(shown, name)
        if without is None:
            continue
        question = read_question(
            asked.shape, without.filters, asked.asking, search=without.search, order=without.sort
        )
        freer = await ask_list(connection, asked.shape, question, asked.asking, country)
        there = await count(connection, freer.condition(), asked.shape)
        if there:
            title = filter_title(reader, asked.shape.filters[name])
            found.append((title, there, without.written()))
    return sorted(found, key=lambda each: each[1])


def _without(shown: AskedList, name: str) -> ListAddress | None:
    """The list without one filter; a usual one is taken off by asking for all."""
    usual = shown.asked.shape.usual_filters
    if name not in usual:
        return shown.address.but(**{name: ""})
    if shown.asked.question.written[name] == ALL:
        return None
    return shown.address.but(**{name: ALL})


def _chips(reader: Reader, shown: AskedList) -> list[Chip]:
    asked = shown.asked
    refused = {error.field: error for error in asked.question.refused}
    chips = []
    for name, written in asked.question.written.items():
        each, value = asked.shape.filters.get(name), asked.question.values.get(name)
        without = _without(shown, name)
        chips.append(
            Chip(
                name,
                filter_title(reader, each) if each else name[:40],
                said(reader, each, written, value) if each and value else written[:40],
                without.written() if without else "",
                refused.get(name),
                each is not None,
            )
        )
    return chips


def _editors(reader: Reader, shown: AskedList) -> list[Editor]:
    return [_editor(reader, shown, each) for each in shown.asked.shape.filters.values()]


def _editor(reader: Reader, shown: AskedList, each: Filter) -> Editor:
    written = shown.asked.question.written.get(each.name, "")
    value = shown.asked.question.values.get(each.name)
    keys = [key.strip() for key in written.split(",")]
    options = tuple(
        (option.key, option_title(reader, each, option.key), option.key in keys, option.colour)
        for option in each.options
        if option.active or option.key in keys
    )
    ends = ("", "")
    if isinstance(value, Span):
        least, most = value.least, value.most
        ends = ("" if least is None else f"{least:f}", "" if most is None else f"{most:f}")
    if isinstance(value, Days):
        first, last = value.first, value.last
        ends = (first.isoformat() if first else "", last.isoformat() if last else "")
    periods = {FilterType.PAST: PAST, FilterType.COMING: COMING}.get(each.type, ())
    quick = tuple(
        (
            reader.gettext(PERIODS[period]),
            shown.address.but(**{each.name: period}).written(),
            written == period,
        )
        for period in periods
    )
    return Editor(
        each.name,
        filter_title(reader, each),
        each.type,
        options,
        [*shown.address.but(**{each.name: ""}).query(), *_look(shown.address.name)],
        ends,
        value.text if isinstance(value, Words) else "",
        quick,
        each.currency,
        bool(written),
    )


def _heads(reader: Reader, shown: AskedList) -> list[Head]:
    shape, question = shown.asked.shape, shown.asked.question
    order, falls = find_order(shape, question.order)
    heads = []
    for name in question.columns:
        column, by = shape.columns[name], shape.orders.get(name)
        sort, stands = "", ""
        if by is not None:
            down = by.falls
            if order.name == name and shown.asked.found is None:
                stands, down = "descending" if falls else "ascending", not falls
            written = f"-{name}" if down else name
            sort = replace(shown.address, sort=written, cursor=None, states=True).written()
        heads.append(
            Head(column, column_title(reader, column), sort, stands, column.type in _RIGHT)
        )
    return heads


def _columns(reader: Reader, asked: Asked) -> list[tuple[str, str, bool]]:
    """Every column: the shown first, in their order; name, title, whether it is shown."""
    shown = asked.question.columns
    names = [*shown, *(name for name in asked.shape.columns if name not in shown)]
    return [(n, column_title(reader, asked.shape.columns[n]), n in shown) for n in names]


def _tabs(reader: Reader, shown: AskedList) -> list[Tab]:
    name = shown.address.name
    look = "&look=list" if _look(name) else ""
    everything = Tab(
        reader.gettext(ALL_TITLES[name]),
        f"/{name}?view={ALL}{look}",
        shown.view is None,
        shared=True,
        usual=shown.usual_view is None,
        id=None,
    )
    return [everything, *(_tab(shown, view, look) for view in shown.views)]


def _tab(shown: AskedList, view: SavedView, look: str) -> Tab:
    return Tab(
        view.title,
        f"/{shown.address.name}?view={view.id}{look}",
        shown.view is not None and shown.view.id == view.id,
        view.shared,
        shown.usual_view == view.id,
        view.id,
    )


def _tags(asked: Asked) -> tuple[Option, ...]:
    return asked.shape.filters["tag"].options


def _look(name: ListName) -> Pairs:
    return [] if name is ListName.CLIENTS else [(LOOK, "list")]


def _board(address: ListAddress) -> str:
    """The board that asks for as much of the same as a board can."""
    owner = address.filters.get("owner", "")
    asked = {
        LOOK: "board",
        "whose": {"none": "nobody"}.get(owner, owner if owner in ("me", "team") else ""),
        "pipeline": address.filters.get("pipeline", ""),
        "period": address.filters.get("expected", ""),
        "stale": "1" if "stale" in address.filters else "",
        "search": address.search,
    }
    return f"{address.path}?{urlencode({name: text for name, text in asked.items() if text})}"


def _src(request: web.Request) -> str:
    return request.query_string


def _bulk(request: web.Request, name: ListName) -> dict[str, bool]:
    """What may be done with what is ticked: where there is a way to do it, and the right."""
    actor, kind = person(request), name.kind
    routes = {resource.canonical for resource in request.app.router.resources()}

    def may(action: Action, path: str) -> bool:
        return f"/{name}/{path}" in routes and actor.scope(kind, action) is not Scope.NONE

    return {
        "hand_over": may(Action.EDIT, "hand-over"),
        "tags": may(Action.EDIT, "tags"),
        "export": may(Action.EXPORT, "export.{format}"),
        "delete": may(Action.DELETE, "delete"),
    }
