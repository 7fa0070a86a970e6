"""Campaigns on screen: made, set, given to a team, looked through; nobody is dialled from here."""

from typing import Any, Final

from aiohttp import web

from crm_core.agents.directory import list_dispositions
from crm_core.agents.people import list_agents
from crm_core.agents.rights import Action
from crm_core.errors import Conflict, CrmError, Invalid
from crm_core.storage.engine import Connection
from dialer.campaigns.access import LEADING, access_campaign, sees_all
from dialer.campaigns.queries import Campaign, filled_of, list_campaigns, team_of
from dialer.campaigns.states import CampaignState
from dialer.compliance.profile import HolidayRule
from dialer.compliance.refusals import Refused
from dialer.compliance.written_hours import WEEKDAYS
from dialer.entries.figures import ListFigures, figures_of, reasons_of
from dialer.entries.states import EntryState
from dialer.order.outcomes import Verdict
from dialer.pacing.policy import Mode
from dialer.profiles.queries import KeptProfile, get_profile, list_profiles
from web.campaign_forms import OUTCOMES, RETRY, field_of, shown, told_values, written
from web.forms import Form, read_form, read_query
from web.law_rules import rules_of
from web.office_rules import usual_law
from web.visits import go, page, person, services, visit
from web.words import word

PAGE: Final = 50
REACHED_BY_HAND: Final = {
    CampaignState.DRAFT: (CampaignState.FINISHED,),
    CampaignState.RUNNING: (CampaignState.PAUSED, CampaignState.FINISHED),
    CampaignState.PAUSED: (CampaignState.FINISHED,),
    CampaignState.FINISHED: (),
}
"""What a page may do with the state: whoever dials starts a campaign, not a page."""
_RULES: Final = ("hours", "attempts", "abandonment_limit", "consent")


async def index(request: web.Request) -> web.Response:
    """All campaigns with their figures; an operator's own."""
    actor, built = person(request), services(request)
    before = Form.of(before=read_query(request).value("before")).record_id("before")
    async with built.storage.read() as connection:
        found = await list_campaigns(
            connection,
            agent_id=None if sees_all(actor) else actor.id,
            before_id=before,
            limit=PAGE + 1,
        )
        figures = await figures_of(connection, [each.id for each in found], built.clock.now())
        laws = await _law_titles(request, connection)
    rows = found[:PAGE]
    return page(
        request,
        "campaigns/index.html",
        rows=[(each, figures.get(each.id, ListFigures())) for each in rows],
        laws=laws,
        older=rows[-1].id if len(found) > PAGE else None,
        is_first=before is None,
        may_lead=actor.role in LEADING,
    )


async def new(request: web.Request) -> web.Response:
    """An empty form."""
    built = services(request)
    async with built.storage.read() as connection:
        law = await usual_law(connection, built.settings)
    key = law.profile.key
    return await _new(request, Form.of(profile_key=key, mode=Mode.PROGRESSIVE.value))


async def create(request: web.Request) -> web.Response:
    """A draft; on to its page."""
    form = await read_form(request)
    mode = form.choice("mode", Mode)
    if form.ok:
        try:
            campaign_id = await services(request).campaigns.create(
                person(request), form.value("title"), form.value("profile_key"), mode
            )
            return go(f"/campaigns/{campaign_id}", told="campaign_made")
        except CrmError as refused:
            form.refused_by(refused)
    return await _new(request, form, status=422)


async def show(request: web.Request) -> web.Response:
    """How it stands: figures, why people wait or are over, what it is set to, who works for it."""
    return await _show(request, Form.of())


async def assign(request: web.Request) -> web.Response:
    """Give it to those who are ticked."""
    form, campaign_id = await read_form(request), _id(request)
    chosen = form.several.get("team", [])
    known = [int(each) for each in chosen if each.isascii() and each.isdecimal() and len(each) < 10]
    if len(known) < len(chosen):
        form.refuse("team", "not_a_choice")
    await _reach(request, campaign_id)
    if form.ok:
        try:
            await services(request).campaigns.assign(person(request), campaign_id, known)
            return go(f"/campaigns/{campaign_id}", told="campaign_team_saved")
        except CrmError as refused:
            form.refused_by(refused)
    return await _show(request, form, status=422)


async def move(request: web.Request) -> web.Response:
    """Pause or finish it. Conflict("campaign_cannot_become") for whatever a page does not do."""
    form, campaign_id = await read_form(request), _id(request)
    state = form.choice("state", CampaignState)
    form.demand()
    campaign = await _reach(request, campaign_id)
    if state not in REACHED_BY_HAND[campaign.state]:
        raise Conflict("campaign_cannot_become")
    await services(request).campaigns.move(person(request), campaign_id, state)
    return go(f"/campaigns/{campaign_id}", told=f"campaign_{state.value}")


async def edit(request: web.Request) -> web.Response:
    """All its settings as a form."""
    campaign = await _reach(request, _id(request))
    return await _edit(request, campaign, shown(campaign))


async def save(request: web.Request) -> web.Response:
    """Set it anew; each refusal stands beside its field."""
    form = await read_form(request)
    campaign = await _reach(request, _id(request))
    version = form.record_id("version", required=True)
    async with services(request).storage.read() as connection:
        known = [each.id for each in await list_dispositions(connection)]
    values = written(form, known)
    if form.ok and version is not None:
        try:
            await services(request).campaigns.edit(
                person(request), campaign.id, values, version=version
            )
            return go(f"/campaigns/{campaign.id}", told="campaign_saved")
        except Invalid as refused:
            form.refuse(field_of(refused.field), refused.code, **told_values(refused))
        except CrmError as refused:
            form.refused_by(refused)
    return await _edit(request, campaign, form, status=422)


async def _new(request: web.Request, form: Form, *, status: int = 200) -> web.Response:
    async with services(request).storage.read() as connection:
        laws = await _laws(request, connection)
    return page(
        request, "campaigns/new.html", status=status, form=form, laws=laws, modes=tuple(Mode)
    )


async def _show(request: web.Request, form: Form, *, status: int = 200) -> web.Response:
    actor, built, reader = person(request), services(request), visit(request).reader
    async with built.storage.read() as connection:
        campaign = await access_campaign(connection, actor, _id(request))
        found = await figures_of(connection, [campaign.id], built.clock.now())
        reasons = await reasons_of(connection, campaign.id)
        team = await team_of(connection, campaign.id)
        everybody = await list_agents(connection)
        kept = await get_profile(connection, campaign.profile_key)
        filled = await filled_of(connection, campaign.id)
    rules = rules_of(reader, kept.profile)
    waiting = reasons.of(EntryState.WAITING)
    refused = {each.value for each in Refused}
    return page(
        request,
        "campaigns/show.html",
        status=status,
        campaign=campaign,
        figures=found.get(campaign.id, ListFigures()),
        states=tuple(EntryState),
        waiting=[each for each in waiting if each[0] not in refused],
        held=[each for each in waiting if each[0] in refused],
        over=reasons.of(EntryState.DONE, EntryState.NEVER),
        team=[each for each in everybody if each.id in team],
        people=[(each.id, each.name, each.id in team) for each in everybody],
        law_title=_title(request, kept),
        law=[(name, rules[name]) for name in _RULES],
        filled=filled,
        may_become=REACHED_BY_HAND[campaign.state],
        form=form,
        may_lead=actor.role in LEADING,
        sees_law=sees_all(actor),
    )


async def _edit(
    request: web.Request, campaign: Campaign, form: Form, *, status: int = 200
) -> web.Response:
    async with services(request).storage.read() as connection:
        laws = await _laws(request, connection)
        dispositions = await list_dispositions(connection)
    return page(
        request,
        "campaigns/edit.html",
        status=status,
        campaign=campaign,
        form=form,
        laws=laws,
        modes=tuple(Mode),
        weekdays=WEEKDAYS,
        holidays=tuple(HolidayRule),
        outcomes=OUTCOMES,
        retry=RETRY,
        verdicts=tuple(Verdict),
        dispositions=dispositions,
    )


async def _reach(request: web.Request, campaign_id: int) -> Campaign:
    async with services(request).storage.read() as connection:
        return await access_campaign(connection, person(request), campaign_id, Action.EDIT)


async def _laws(request: web.Request, connection: Connection) -> list[tuple[str, str, str]]:
    """Key, title, and what it means in one line."""
    reader = visit(request).reader
    found = []
    for each in await list_profiles(connection):
        rules = rules_of(reader, each.profile)
        told = ((word(reader, name, "law_field"), rules[name]) for name in _RULES if rules[name])
        means = "; ".join(f"{name}: {rule}" for name, rule in told)
        found.append((each.profile.key, _title(request, each), means))
    return found


async def _law_titles(request: web.Request, connection: Connection) -> dict[str, str]:
    known = await list_profiles(connection, with_retired=True)
    return {each.profile.key: _title(request, each) for each in known}


def _title(request: web.Request, kept: KeptProfile) -> str:
    return kept.title or word(visit(request).reader, kept.profile.key, "law_profile")


def _id(request: web.Request) -> int:
    return int(request.match_info["campaign_id"])


def data_of(campaign: Campaign, request: web.Request) -> dict[str, Any]:
    """What every page within a campaign shows."""
    return {"campaign": campaign, "may_lead": person(request).role in LEADING}
