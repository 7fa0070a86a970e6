"""The views of a list as tabs: those it has from the beginning, then those that people saved."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from crm_core.agents.people import Agent
from crm_core.agents.roles import Role
from crm_core.lists.questions import read_question
from crm_core.lists.reading import count
from crm_core.lists.saved_views import SavedView
from crm_core.lists.tasks import OVERDUE, TEAM
from crm_core.storage.engine import Connection
from web.i18n import Reader
from web.list_addresses import look_of
from web.list_asking import ALL, AskedList, standing_views, usual_view
from web.list_words import ALL as ALL_TITLES
from web.list_words import STANDING


@dataclass(frozen=True, slots=True)
class Tab:
    """A view above the list."""

    title: str
    href: str
    current: bool
    shared: bool
    usual: bool
    id: int | None
    count: int = 0
    late: bool = False


async def standing_counts(connection: Connection, shown: AskedList) -> Mapping[str, int]:
    """How many wait in each of the standing views; what is done waits for nobody."""
    asked, counts = shown.asked, dict[str, int]()
    for name, view in standing_views(asked.shape.name).items():
        if view.order != asked.shape.usual_order and view.order:
            continue
        question = read_question(asked.shape, view.filters, asked.asking)
        there = replace(asked, question=question, found=None, clients=())
        counts[name] = await count(connection, there.condition(), asked.shape)
    return counts


def tabs(actor: Agent, reader: Reader, shown: AskedList, counts: Mapping[str, int]) -> list[Tab]:
    name = shown.address.name
    look = "&look=list" if look_of(name) else ""
    if standing := standing_views(name):
        liked = shown.usual_view or usual_view(actor, name)
        first = [
            _standing_tab(reader, shown, each, liked, counts.get(each, 0))
            for each in standing
            if each != TEAM or counts[TEAM] or shown.standing == TEAM or actor.role is Role.OPERATOR
        ]
        return [*first, *(_tab(shown, view, look) for view in shown.views)]
    everything = Tab(
        reader.gettext(ALL_TITLES[name]),
        f"/{name}?view={ALL}{look}",
        shown.view is None,
        shared=True,
        usual=shown.usual_view is None,
        id=None,
    )
    return [everything, *(_tab(shown, view, look) for view in shown.views)]


def _standing_tab(reader: Reader, shown: AskedList, name: str, liked: int | str, there: int) -> Tab:
    return Tab(
        reader.gettext(STANDING[name]),
        f"/{shown.address.name}?view={name}",
        shown.view is None and shown.standing == name,
        shared=True,
        usual=liked == name,
        id=None,
        count=there,
        late=name == OVERDUE,
    )


def _tab(shown: AskedList, view: SavedView, look: str) -> Tab:
    return Tab(
        view.title,
        f"/{shown.address.name}?view={view.id}{look}",
        shown.view is not None and shown.view.id == view.id,
        view.shared,
        shown.usual_view == view.id,
        view.id,
    )
