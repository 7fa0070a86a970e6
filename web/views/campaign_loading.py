"""Filling a campaign's list: from a view of the clients, or from those who are ticked there."""

from collections.abc import Sequence
from typing import Final

from aiohttp import web

from crm_core.agents.rights import Action
from crm_core.errors import CrmError
from crm_core.lists.reading import Asked, count, selected
from crm_core.lists.saved_views import SavedView, list_views
from crm_core.lists.shapes import ListName
from crm_core.storage.engine import Connection
from dialer.campaigns.access import access_campaign
from dialer.entries.figures import count_chosen, segments_of
from dialer.entries.loaded import Wanted
from dialer.entries.queries import client_names
from web.campaign_loads import LoadingOfList
from web.forms import Form, read_form
from web.list_addresses import ListAddress
from web.list_asking import understand
from web.selection import read_selection
from web.views.campaigns import data_of
from web.visits import go, page, partial, person, services

MOST_COUNTED: Final = 10_000_000
ALL: Final = "all"


async def show(request: web.Request) -> web.Response:
    """Whom to put on the list, and how; what was put on it last."""
    return await _show(request, Form.of(priority=5, mobile_first="1", view=ALL))


async def start(request: web.Request) -> web.Response:
    """Put all of a view on the list; the page watches how far it is."""
    form, campaign_id = await read_form(request), _id(request)
    built, actor = services(request), person(request)
    wanted = _wanted(form)
    async with built.storage.read() as connection:
        await access_campaign(connection, actor, campaign_id, Action.EDIT)
        view = await _view(request, connection, form)
        asked = await _asked(request, connection, view)
        if asked.question.refused:
            form.refuse("view", "view_gone")
        total = 0
        if form.ok:
            total = await count(connection, asked.condition(), asked.shape, most=MOST_COUNTED)
    if form.ok and not total:
        form.refuse("view", "nobody_there")
    if form.ok:
        source = wanted.source or (view.title if view else "")
        try:
            await built.campaign_loads.start(
                actor, campaign_id, selected(asked), _from(wanted, source), total
            )
            return go(f"/campaigns/{campaign_id}/load")
        except CrmError as refused:
            form.refused_by(refused)
    return await _show(request, form, status=422)


async def of_clients(request: web.Request) -> web.Response:
    """Put the clients who are chosen in their list on a campaign's; on to its page."""
    form = await read_form(request)
    chosen = await read_selection(request, form, ListName.CLIENTS)
    campaign_id = form.record_id("campaign", required=True) or 0
    segment = form.value("segment")
    form.demand()
    built, actor = services(request), person(request)
    async with built.storage.read() as connection:
        await access_campaign(connection, actor, campaign_id, Action.EDIT)
        total = await count_chosen(connection, chosen)
    await built.campaign_loads.start(actor, campaign_id, chosen, Wanted(segment), total)
    return go(f"/campaigns/{campaign_id}/load")


async def progress(request: web.Request) -> web.Response:
    """How far it is, for the page that watches it."""
    async with services(request).storage.read() as connection:
        campaign = await access_campaign(connection, person(request), _id(request), Action.EDIT)
        load = await services(request).campaign_loads.find(connection, campaign.id)
        names = await _names(connection, request, load)
    return partial(
        request, "campaigns/_loading.html", load=load, names=names, **data_of(campaign, request)
    )


async def _show(request: web.Request, form: Form, *, status: int = 200) -> web.Response:
    built, actor = services(request), person(request)
    async with built.storage.read() as connection:
        campaign = await access_campaign(connection, actor, _id(request), Action.EDIT)
        views = await list_views(connection, actor, ListName.CLIENTS)
        segments = await segments_of(connection, campaign.id)
        load = await built.campaign_loads.find(connection, campaign.id)
        names = await _names(connection, request, load)
    return page(
        request,
        "campaigns/load.html",
        status=status,
        **data_of(campaign, request),
        form=form,
        views=[(ALL, "")] + [(str(each.id), each.title) for each in views],
        segments=sorted({*segments, *campaign.quotas.most} - {""}),
        load=load,
        names=names,
    )


def _wanted(form: Form) -> Wanted:
    return Wanted(
        form.text("segment", most=64),
        form.number("priority", least=0, most=9, default=5),
        form.ticked("mobile_first"),
        source=form.text("source", most=200),
    )


def _from(wanted: Wanted, source: str) -> Wanted:
    return Wanted(wanted.segment, wanted.priority, wanted.mobile_first, None, source)


async def _view(request: web.Request, connection: Connection, form: Form) -> SavedView | None:
    """None for all clients; refused where there is no such view."""
    if form.value("view") == ALL:
        return None
    views = await list_views(connection, person(request), ListName.CLIENTS)
    for each in views:
        if str(each.id) == form.value("view"):
            return each
    form.refuse("view", "view_gone")
    return None


async def _asked(request: web.Request, connection: Connection, view: SavedView | None) -> Asked:
    filters = {} if view is None else view.state.filters
    address = ListAddress(ListName.CLIENTS, filters, states=True)
    return await understand(request, connection, address)


async def _names(
    connection: Connection, request: web.Request, load: LoadingOfList | None
) -> dict[int, str]:
    """Of those who were not put on the list, as far as they are told."""
    if load is None or not load.loaded.told:
        return {}
    ids: Sequence[int] = [client_id for client_id, _ in load.loaded.told]
    return await client_names(connection, person(request), ids)


def _id(request: web.Request) -> int:
    return int(request.match_info["campaign_id"])
