"""The one box: results as somebody types, a page of all of them, and what he opened lately."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial as bound

from aiohttp import web

from crm_core.agents.people import Agent
from crm_core.errors import NotFound
from crm_core.search.finding import MOST, NOTES, find
from crm_core.search.folding import folded
from crm_core.search.kinds import SearchKind
from crm_core.search.openings import OPENED, recent
from crm_core.search.question import is_number
from crm_core.search.results import Found
from telephony.numbers import readable
from web.forms import read_form
from web.i18n import N_, Reader
from web.navigation import Entry, entries_for
from web.search_lines import Line, Readable, line_of
from web.visits import page, partial, person, services, visit

MOST_IN_BOX = 6
MOST_ON_PAGE = 25
GROUP_NAMES = {
    SearchKind.CLIENT: N_("Clients"),
    SearchKind.LEAD: N_("Leads"),
    SearchKind.DEAL: N_("Deals"),
    SearchKind.TASK: N_("Tasks"),
    SearchKind.NOTE: N_("Notes"),
}
_BY_NAME = {kind.value: kind for kind in GROUP_NAMES}


@dataclass(frozen=True, slots=True)
class Shown:
    """A group of lines; `more` where there are others still."""

    kind: SearchKind
    name: str
    lines: tuple[Line, ...]
    more: bool


async def box(request: web.Request) -> web.Response:
    """The options for what was typed so far; before anything is, what was opened lately."""
    asked, actor = _asked(request), person(request)
    groups = await _found(request, asked, most=MOST_IN_BOX)
    opened: list[Line] = []
    if not asked:
        async with services(request).storage.read() as connection:
            write = _readable(request)
            opened = [line_of(hit, None, write) for hit in await recent(connection, actor)]
    return partial(
        request,
        "search/_options.html",
        asked=asked,
        groups=groups,
        opened=opened,
        pages=pages_for(actor, asked, visit(request).reader),
        is_number=is_number(asked, services(request).settings.exchange.country),
    )


async def index(request: web.Request) -> web.Response:
    """All results, or all of one kind."""
    asked = _asked(request)
    kind = _BY_NAME.get(request.query.get("kind", ""))
    kinds = tuple(SearchKind) if kind is None else NOTES if kind is SearchKind.NOTE else (kind,)
    most = MOST_ON_PAGE if kind is None else MOST
    groups = await _found(request, asked, kinds=kinds, most=most, thorough=True)
    return page(
        request,
        "search/index.html",
        asked=asked,
        groups=groups,
        kind=kind,
        is_number=is_number(asked, services(request).settings.exchange.country),
    )


async def opened(request: web.Request) -> web.Response:
    """Remember what was opened: `kind` and `record_id`."""
    form = await read_form(request)
    kind = form.choice("kind", SearchKind)
    record_id = form.record_id("record_id")
    if not form.ok or kind not in OPENED or record_id is None:
        raise NotFound
    await services(request).openings.note(person(request), kind, record_id)
    return web.json_response({})


def pages_for(actor: Agent, asked: str, reader: Reader) -> list[Entry]:
    """The pages whose name begins as what was typed; all of them for nothing."""
    wanted = folded(asked)
    return [
        entry
        for entry in entries_for(actor.role)
        if folded(reader.gettext(entry.label)).startswith(wanted)
    ]


async def _found(
    request: web.Request,
    asked: str,
    *,
    kinds: Iterable[SearchKind] = tuple(SearchKind),
    most: int,
    thorough: bool = False,
) -> list[Shown]:
    built, reader = services(request), visit(request).reader
    country = built.settings.exchange.country
    async with built.storage.read() as connection:
        found = await find(
            connection,
            person(request),
            asked,
            country,
            kinds=tuple(kinds),
            most=most,
            thorough=thorough,
        )
    return _shown(found, reader, request) if found is not None else []


def _shown(found: Found, reader: Reader, request: web.Request) -> list[Shown]:
    write = _readable(request)
    return [
        Shown(
            group.kind,
            reader.gettext(GROUP_NAMES[group.kind]),
            tuple(line_of(hit, found.question, write) for hit in group.hits),
            group.more,
        )
        for group in found.groups
    ]


def _readable(request: web.Request) -> Readable:
    return bound(readable, country=services(request).settings.exchange.country)


def _asked(request: web.Request) -> str:
    return request.query.get("q", "").replace("\0", " ").strip()[:200]
