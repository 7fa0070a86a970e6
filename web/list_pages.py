"""What the page of a list shows: chips, the menu of filters, heads, tabs, what to loosen."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

from crm_core.agents.people import list_agents
from crm_core.agents.rights import Action, Scope
from crm_core.lists.filters import Option
from crm_core.lists.office_words import OF_WORK
from crm_core.lists.questions import find_order, read_question
from crm_core.lists.reading import (
    MOST_COUNTED,
    Asked,
    ListPage,
    ask_list,
    client_named,
    count,
    read_page,
    sums,
)
from crm_core.lists.rights import scope_of
from crm_core.lists.saved_views import MAY_SHARE
from crm_core.lists.shapes import ColumnType, ListColumn, ListName
from crm_core.search.question import is_number
from crm_core.storage.engine import Connection
from dialer.campaigns.access import LEADING
from dialer.campaigns.queries import list_campaigns
from dialer.campaigns.states import CampaignState
from web.boards_live import DEALS_TOPIC, LEADS_TOPIC
from web.i18n import Reader
from web.list_addresses import BOARDED, LOOK, ListAddress, look_of, read_address
from web.list_asking import AskedList, ask
from web.list_chips import chips, editors, without
from web.list_export import LIMITS, Format
from web.list_tabs import standing_counts, tabs
from web.list_words import (
    TITLES,
    column_title,
    filter_title,
)
from web.lists_live import CALLS_TOPIC, TASKS_TOPIC
from web.visits import person, services, visit

TOPICS: Final[Mapping[ListName, str]] = {
    ListName.LEADS: LEADS_TOPIC,
    ListName.DEALS: DEALS_TOPIC,
    ListName.TASKS: TASKS_TOPIC,
    ListName.CALLS: CALLS_TOPIC,
}
MOST_LOOSENED: Final = 6
FILLED: Final = (CampaignState.DRAFT, CampaignState.RUNNING, CampaignState.PAUSED)
"""Campaigns on whose list people may be put from the list of clients."""
_RIGHT: Final = frozenset(
    {ColumnType.MONEY, ColumnType.NUMBER, ColumnType.DAYS, ColumnType.SECONDS}
)
Pairs = list[tuple[str, str]]
Loosened = tuple[str, int, str]
_NO_SUMS: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Head:
    """A column as it is shown; `sort`: the list sorted by it, "" where it cannot be."""

    column: ListColumn
    title: str
    sort: str
    sorted: str  # "", "ascending", "descending"
    right: bool


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
        counts = await standing_counts(connection, shown)
        named = await client_named(connection, asked)
        bulk = _bulk(request, name)
        campaigns = await list_campaigns(connection, states=FILLED) if bulk["campaign"] else []
        bulk["campaign"] = bool(campaigns)
    reader = visit(request).reader
    return {
        "name": name,
        "title": reader.gettext(TITLES[name]),
        "topic": TOPICS.get(name, ""),
        "with_look": "&look=list" if name in BOARDED else "",
        "shown": shown,
        "address": shown.address,
        "question": asked.question,
        "rows": page.rows,
        "heads": _heads(reader, shown),
        "chips": chips(reader, shown, named),
        "editors": editors(reader, shown),
        "all_columns": _columns(reader, asked),
        "tabs": tabs(person(request), reader, shown, counts),
        "view": shown.view,
        "total": min(total, MOST_COUNTED),
        "more": total > MOST_COUNTED or asked.found_more,
        "sums": amounts,
        "older": shown.address.written(page.after) if page.after else "",
        "newer": shown.address.written(page.before) if page.before else "",
        "loosen": loosen,
        "kept": [*shown.address.query(), *look_of(name)],
        "kept_but_search": [
            *replace(shown.address, search="", cursor=None).query(),
            *look_of(name),
        ],
        "src": f"/{name}/records?{_src(request)}",
        "board": _board(shown.address) if name in BOARDED else "",
        "bulk": bulk,
        "campaigns": campaigns,
        "ticks": any(bulk.values()),
        "exports": _exports(request, shown, total),
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
        wider = without(shown, name)
        if wider is None:
            continue
        question = read_question(
            asked.shape, wider.filters, asked.asking, search=wider.search, order=wider.sort
        )
        freer = await ask_list(connection, asked.shape, question, asked.asking, country)
        there = await count(connection, freer.condition(), asked.shape)
        if there:
            title = filter_title(reader, asked.shape.filters[name])
            found.append((title, there, wider.written()))
    return sorted(found, key=lambda each: each[1])


def _exports(
    request: web.Request, shown: AskedList, total: int
) -> list[tuple[Format, str, str, bool]]:
    """Each format, its address with the columns that are shown and with all, and whether the list
    is short enough; () where it is taken by ticking, or not at all."""
    shape, address = shown.asked.shape, shown.address
    path = f"/{shape.name}/export"
    may = scope_of(person(request), shape.name, Action.EXPORT) is not Scope.NONE
    if shape.name not in OF_WORK or not may or shown.asked.question.refused:
        return []
    of_shown = replace(address, columns=shown.asked.question.columns, cursor=None)
    of_all = replace(address, columns=shape.file_columns or tuple(shape.columns), cursor=None)
    return [
        (
            each,
            of_shown.written(path=f"{path}.{each}"),
            of_all.written(path=f"{path}.{each}"),
            0 < total <= LIMITS[each] or total > MOST_COUNTED,
        )
        for each in Format
    ]


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


def _tags(asked: Asked) -> tuple[Option, ...]:
    each = asked.shape.filters.get("tag")
    return each.options if each else ()


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
    actor = person(request)
    if name in OF_WORK:
        return dict.fromkeys(("hand_over", "tags", "export", "delete", "campaign"), False)
    routes = {resource.canonical for resource in request.app.router.resources()}

    def may(action: Action, path: str) -> bool:
        return f"/{name}/{path}" in routes and actor.scope(name.kind, action) is not Scope.NONE

    return {
        "hand_over": may(Action.EDIT, "hand-over"),
        "tags": may(Action.EDIT, "tags"),
        "export": may(Action.EXPORT, "export.{format}"),
        "delete": may(Action.DELETE, "delete"),
        "campaign": f"/{name}/campaign" in routes and actor.role in LEADING,
    }
