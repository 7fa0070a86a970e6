"""The list of a campaign: looked through, explained entry by entry, kept."""

from collections.abc import Mapping
from typing import Final

from aiohttp import web

from crm_core.agents.people import list_agents
from crm_core.errors import Invalid
from crm_core.lists.reading import Selection, selected
from crm_core.lists.shapes import ListName
from crm_core.storage.engine import Connection
from crm_core.wording import LARGEST_ID
from dialer.campaigns.access import access_campaign
from dialer.campaigns.queries import Campaign
from dialer.compliance.refusals import Refused
from dialer.entries.changes import Change
from dialer.entries.choice import Choice, Chosen, Held, Rules
from dialer.entries.explaining import why
from dialer.entries.figures import ListFigures, figures_of, reasons_of, segments_of
from dialer.entries.foretelling import foretell
from dialer.entries.hours_learned import scores_of
from dialer.entries.keeping import RECYCLABLE
from dialer.entries.leasing import law_in_force
from dialer.entries.queries import (
    Entry,
    Wished,
    entries_named,
    get_entry,
    list_attempts,
    list_entries,
)
from dialer.entries.states import EntryState
from dialer.order.reasons import Waits
from web.campaign_words import reason, told_fact, told_until
from web.forms import Form, read_form, read_query
from web.i18n import zone_of
from web.list_addresses import ListAddress
from web.list_asking import understand
from web.views.campaigns import data_of
from web.visits import go, page, person, services, visit

PAGE: Final = 50
SHOWN: Final = 20
"""So many are told to be next."""
LOOKED_AT: Final = 256
"""Beyond those, where the law refuses some."""
MOST_TICKED: Final = 1_000
RECYCLED: Final = tuple(sorted(each.value for each in RECYCLABLE))


async def entries(request: web.Request) -> web.Response:
    """Page by page, by state, segment, reason and whatever finds a client."""
    form, built, actor = read_query(request), services(request), person(request)
    after = form.record_id("after") or 0
    async with built.storage.read() as connection:
        campaign = await access_campaign(connection, actor, _id(request))
        wished = await _wished(request, connection, form)
        rows = await list_entries(
            connection, actor, campaign.id, wished, after_id=after, limit=PAGE + 1
        )
        reasons = await reasons_of(connection, campaign.id)
        segments = await segments_of(connection, campaign.id)
    found = rows[:PAGE]
    kept = {name: form.value(name) for name in ("state", "segment", "reason", "search")}
    over = dict(reasons.of(EntryState.DONE, EntryState.NEVER))
    return page(
        request,
        "campaigns/entries.html",
        **data_of(campaign, request),
        rows=found,
        form=form,
        kept={name: text for name, text in kept.items() if text},
        narrows=any(kept.values()),
        states=tuple(EntryState),
        segments=segments,
        reasons=sorted({word for _, word in reasons.counts if word}),
        recyclable=[(each, over[each]) for each in RECYCLED if over.get(each)],
        older=found[-1].id if len(rows) > PAGE else None,
        is_first=not after,
    )


async def following(request: web.Request) -> web.Response:
    """Who would be called now, in order, and who was met and may not be; nothing is changed."""
    built, actor, reader = services(request), person(request), visit(request).reader
    now = built.clock.now()
    async with built.storage.read() as connection:
        campaign = await access_campaign(connection, actor, _id(request))
        rules = await rules_for(request, connection, campaign)
        choice = await foretell(connection, rules, now, SHOWN, spare=LOOKED_AT)
        met: list[Chosen | Held] = [*choice.chosen, *choice.held]
        known = await entries_named(connection, actor, [each.entry_id for each in met])
        figures = await figures_of(connection, [campaign.id], now)
        names = await _names(connection)
    return page(
        request,
        "campaigns/next.html",
        **data_of(campaign, request),
        chosen=[(each, known.get(each.entry_id)) for each in choice.chosen],
        held=[
            (
                known.get(each.entry_id),
                reason(reader, each.reason.value),
                told_until(reader, each.until, now, _zones(known.get(each.entry_id)))
                if each.until
                else "",
            )
            for each in choice.held[:SHOWN]
        ],
        held_more=max(0, len(choice.held) - SHOWN),
        closed=_closed(choice, figures.get(campaign.id)),
        figures=figures.get(campaign.id),
        names=names,
    )


def _closed(choice: Choice, figures: ListFigures | None) -> int:
    """How many were not even met, where everybody was who could be: there it is night, or their
    quota is full."""
    met = len(choice.chosen) + len(choice.held)
    if figures is None or len(choice.chosen) >= SHOWN or len(choice.held) >= LOOKED_AT:
        return 0
    return max(0, figures.open_now - met)


async def show(request: web.Request) -> web.Response:
    """Why one is called or not called now, and every call that was tried."""
    built, actor, reader = services(request), person(request), visit(request).reader
    now = built.clock.now()
    async with built.storage.read() as connection:
        campaign = await access_campaign(connection, actor, _id(request))
        entry = await get_entry(connection, actor, campaign.id, _entry_id(request))
        rules = await rules_for(request, connection, campaign)
        told = await why(connection, rules, entry.id, now)
        tried = await list_attempts(connection, entry.id)
        names = await _names(connection)
    earliest = told.earliest_at
    return page(
        request,
        "campaigns/entry.html",
        **data_of(campaign, request),
        entry=entry,
        is_next=told.is_next,
        facts=[told_fact(reader, each, now, entry.zones, names) for each in told.facts],
        earliest=told_until(reader, earliest, now, entry.zones)
        if earliest is not None and earliest > now
        else "",
        is_over=told.state in (EntryState.DONE, EntryState.NEVER),
        tried=tried,
        names=names,
    )


async def remove(request: web.Request) -> web.Response:
    """Those that are ticked are never called for it any more; offers to undo it."""
    form, ids = await _ticked(request)
    built, campaign_id = services(request), _id(request)
    change = await built.list_keeping.remove(person(request), campaign_id, ids)
    return _done(_back(form, campaign_id), change, "entries_removed")


async def prioritise(request: web.Request) -> web.Response:
    """Those that are ticked are called sooner or later than others; offers to undo it."""
    form, ids = await _ticked(request)
    priority = form.number("priority", least=0, most=9)
    form.demand()
    built, campaign_id = services(request), _id(request)
    change = await built.list_keeping.prioritise(person(request), campaign_id, ids, priority)
    return _done(_back(form, campaign_id), change, "entries_prioritised")


async def undo(request: web.Request) -> web.Response:
    """The entries are as they were, unless they were changed otherwise since; on to their list."""
    await read_form(request)
    change_id = int(request.match_info["change_id"])
    campaign_id, done = await services(request).list_keeping.undo(person(request), change_id)
    told = "entries_put_back" if done else "entries_unchanged"
    return go(f"/campaigns/{campaign_id}/entries", told=told)


async def recycle(request: web.Request) -> web.Response:
    """Begin again with all who are over for the ticked reasons."""
    form, campaign_id = await read_form(request), _id(request)
    words: list[Waits | Refused] = []
    for each in form.several.get("reasons", []):
        if each not in RECYCLED:
            raise Invalid("reasons", "not_a_choice")
        words.append(Refused(each) if each in _OF_LAW else Waits(each))
    done = await services(request).list_keeping.recycle(person(request), campaign_id, words)
    told = "entries_recycled" if done else "entries_unchanged"
    return go(f"/campaigns/{campaign_id}/entries", told=told)


async def rules_for(request: web.Request, connection: Connection, campaign: Campaign) -> Rules:
    """What a choice for the campaign goes by now."""
    built = services(request)
    law = await law_in_force(connection, campaign.profile_key)
    scores = await scores_of(connection, built.clock.now())
    zone = zone_of(built.settings.office.time_zone)
    own = await built.own_numbers.read(connection)
    return Rules(campaign, law, own, scores, zone)


async def _wished(request: web.Request, connection: Connection, form: Form) -> Wished:
    state = form.value("state")
    segment = form.value("segment") if "segment" in form.written else ""
    search = form.value("search").strip()
    return Wished(
        next((each for each in EntryState if each.value == state), None),
        None if not segment else "" if segment == NO_SEGMENT else segment,
        form.value("reason"),
        await _found(request, connection, search[:200]) if search else None,
    )


NO_SEGMENT: Final = "-"
_OF_LAW: Final = {each.value for each in RECYCLABLE if isinstance(each, Refused)}


async def _found(request: web.Request, connection: Connection, search: str) -> Selection:
    """The clients whom the office's search finds: by name, number, whatever is on the card."""
    address = ListAddress(ListName.CLIENTS, search=search, states=True)
    return selected(await understand(request, connection, address))


async def _names(connection: Connection) -> Mapping[int, str]:
    return {each.id: each.name for each in await list_agents(connection, active=None)}


async def _ticked(request: web.Request) -> tuple[Form, list[int]]:
    """The form and the ids in it. Forbidden or NotFound before anything is said about them."""
    form = await read_form(request)
    chosen = form.several.get("entry", [])
    if not chosen:
        raise Invalid("entry", "nothing_chosen")
    if len(chosen) > MOST_TICKED:
        raise Invalid("entry", "too_many_chosen", most=MOST_TICKED)
    if not all(each.isascii() and each.isdecimal() and len(each) < 11 for each in chosen):
        raise Invalid("entry", "not_a_choice")
    async with services(request).storage.read() as connection:
        actor = person(request)
        await access_campaign(connection, actor, _id(request))
        seen = await entries_named(connection, actor, [min(int(e), LARGEST_ID) for e in chosen])
    return form, [each for each in seen if seen[each].campaign_id == _id(request)]


def _done(back: str, change: Change, told: str) -> web.Response:
    if change.id is None:
        return go(back, told="entries_unchanged")
    return go(back, told=told, undo=f"/entry-changes/{change.id}/undo")


def _back(form: Form, campaign_id: int) -> str:
    query = form.value("query").removeprefix("?")
    asked = f"?{query}" if query and query.isascii() and query.isprintable() else ""
    return f"/campaigns/{campaign_id}/entries{asked}"


def _zones(entry: Entry | None) -> str:
    return "" if entry is None else entry.zones


def _id(request: web.Request) -> int:
    return int(request.match_info["campaign_id"])


def _entry_id(request: web.Request) -> int:
    return int(request.match_info["entry_id"])
