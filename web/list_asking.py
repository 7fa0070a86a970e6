"""A list as one person asks for it: its address understood, with his columns and his views."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from aiohttp import web

from crm_core.agents.people import Agent
from crm_core.agents.roles import Role
from crm_core.errors import Invalid
from crm_core.lists.filters import Asking
from crm_core.lists.questions import read_question
from crm_core.lists.reading import Asked, ask_list, read_shape
from crm_core.lists.saved_views import SavedView, list_views
from crm_core.lists.shapes import ListName, StandingView
from crm_core.lists.tasks import MINE, OVERDUE, STANDING
from crm_core.preferences import Preference, read_preference
from crm_core.storage.engine import Connection
from web.list_addresses import ListAddress
from web.visits import person, services, visit

ALL = "all"
"""The view that is none: everything; of tasks a standing one."""


@dataclass(frozen=True, slots=True)
class AskedList:
    """`address` says all by itself now, whatever view it came from: `view`, None for none; or one
    of the `standing` ones that the list has from the beginning."""

    address: ListAddress
    asked: Asked
    views: tuple[SavedView, ...]
    view: SavedView | None
    usual_view: int | str | None
    standing: str = ""

    @property
    def as_standing(self) -> bool:
        """Whether exactly what a standing view keeps is asked for."""
        kept = standing_views(self.address.name).get(self.standing)
        if kept is None or self.address.search:
            return False
        return dict(kept.filters) == dict(self.address.filters)

    @property
    def narrows(self) -> bool:
        """Whether anything is asked for that could be cleared."""
        return bool(self.address.filters or self.address.search)

    @property
    def is_changed(self) -> bool:
        """Whether something else is asked for than the view keeps."""
        if self.view is None:
            return False
        state, address = self.view.state, self.address
        same_columns = address.columns in ((), state.columns)
        return not (
            dict(state.filters) == dict(address.filters)
            and same_columns
            and address.sort in ("", state.order)
            and not address.search
        )


def standing_views(name: ListName) -> Mapping[str, StandingView]:
    """The views that the list has from the beginning, by their words in an address."""
    return STANDING if name is ListName.TASKS else {}


def usual_view(actor: Agent, name: ListName) -> str:
    """The standing view that somebody sees first who has not chosen; "": none."""
    if name is not ListName.TASKS:
        return ""
    return {Role.SUPERVISOR: OVERDUE, Role.OPERATOR: MINE}.get(actor.role, ALL)


def asking_of(request: web.Request) -> Asking:
    """Who asks, and what is today where he lives."""
    built = services(request)
    country = built.settings.exchange.country
    return Asking(person(request), built.clock.now(), visit(request).reader.zone, country)


async def ask(request: web.Request, connection: Connection, address: ListAddress) -> AskedList:
    """What the address asks for, by itself or by the view it names or that is one's usual."""
    actor = person(request)
    liked = await liking_of(connection, actor.id, address.name)
    views = tuple(await list_views(connection, actor, address.name))
    usual = liked.get("view")
    if not (address.states or address.view or address.cursor):
        there = usual in standing_views(address.name) or any(view.id == usual for view in views)
        address = replace(address, view=str(usual) if there else usual_view(actor, address.name))
    standing = address.view if address.view in standing_views(address.name) else ""
    view = next((each for each in views if str(each.id) == address.view), None)
    refused: tuple[Invalid, ...] = ()
    if address.view not in ("", ALL) and view is None and not standing:
        refused = (Invalid("view", "view_gone"),) if not address.states else ()
        address = replace(address, view="" if address.states else address.view)
    if view is not None and not address.states:
        state = view.state
        address = replace(
            address, filters=state.filters, columns=state.columns, sort=state.order, states=True
        )
    if standing and not address.states:
        kept = standing_views(address.name)[standing]
        address = replace(address, filters=kept.filters, sort=kept.order, states=True)
    columns = view.state.columns if view else tuple(map(str, liked.get("columns") or ()))
    if standing and not columns:
        columns = standing_views(address.name)[standing].columns
    asked = await understand(request, connection, address, columns, refused)
    return AskedList(address, asked, views, view, usual, standing)


async def understand(
    request: web.Request,
    connection: Connection,
    address: ListAddress,
    columns: tuple[str, ...] = (),
    refused: tuple[Invalid, ...] = (),
) -> Asked:
    """The address as a question; `columns` where it names none, `refused` what is wrong besides."""
    asking = asking_of(request)
    shape = await read_shape(connection, asking.actor, address.name)
    question = read_question(
        shape,
        address.filters,
        asking,
        search=address.search,
        order=address.sort,
        columns=address.columns or columns,
    )
    question = replace(question, refused=(*refused, *question.refused))
    country = services(request).settings.exchange.country
    return await ask_list(connection, shape, question, asking, country)


def preference_of(name: ListName) -> Preference:
    """Where one's liking of a list is kept."""
    return Preference(f"list:{name}")


async def liking_of(connection: Connection, agent_id: int, name: ListName) -> Mapping[str, Any]:
    """How somebody likes to see a list: his columns, his usual view, the look."""
    kept = await read_preference(connection, agent_id, preference_of(name))
    return kept if isinstance(kept, dict) else {}


async def like(request: web.Request, name: ListName, **changes: Any) -> None:
    """Remember how the person likes to see a list."""
    actor, built = person(request), services(request)
    async with built.storage.read() as connection:
        liked = await liking_of(connection, actor.id, name)
    if {**liked, **changes} != liked:
        await built.preferences.keep(actor, preference_of(name), {**liked, **changes})
