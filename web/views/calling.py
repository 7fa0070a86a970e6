"""May we call? On the client card: the judgement for each number, opt-outs, consents."""

from typing import Any, Final

from aiohttp import web

from crm_core.agents.people import Agent
from crm_core.agents.rights import Action
from crm_core.clients.access import access_client, may
from crm_core.clients.queries import Client
from crm_core.errors import NotFound
from crm_core.storage.engine import Connection
from dialer.campaigns.access import visible_campaigns
from dialer.campaigns.states import CampaignState
from dialer.consents.kinds import Channel, ConsentState, Purpose
from dialer.consents.records import NewConsent
from dialer.consents.registry import Wanted, list_consents
from dialer.consents.wordings import list_wordings
from dialer.do_not_call.access import KEEPERS
from dialer.do_not_call.kinds import How
from dialer.do_not_call.looking import listings_of
from dialer.do_not_call.records import Said
from dialer.entries.judging import AskedNumber, subjects_of
from dialer.entries.standings import standings_of
from dialer.profiles.queries import KeptProfile, get_profile, list_profiles
from web.forms import Form, read_form
from web.judgements import judgement
from web.office_rules import usual_law
from web.sentences import sentence
from web.views.opt_outs import told_of
from web.visits import partial, person, services, visit

MOST_CONSENTS: Final = 20


async def show(request: web.Request) -> web.Response:
    """The block alone, `?law=` by another profile."""
    actor = person(request)
    async with services(request).storage.read() as connection:
        client = await access_client(connection, actor, _id(request))
        calling = await calling_of(request, connection, client)
        may_edit = await may(connection, actor, client.id, Action.EDIT)
    return partial(request, "clients/_calling.html", client=client, may_edit=may_edit, **calling)


async def stop(request: web.Request) -> web.Response:
    """He wants no more calls, or none of one campaign: it holds from now on; `{told, undo}`, for
    scripts."""
    form, built, actor = await read_form(request), services(request), person(request)
    how = form.choice("how", How)
    number = form.text("number", required=True, most=200)
    campaign_id = form.record_id("campaign")
    form.demand()
    said, everybody = Said(how, form.value("reason"), _id(request)), form.ticked("everybody")
    stopped = await built.opt_outs.stop(
        actor, number, said, everybody=everybody, campaign_id=campaign_id
    )
    return web.json_response(told_of(request, stopped, campaign_id))


async def give(request: web.Request) -> web.Response:
    """Keep a consent of his; for scripts."""
    form, built = await read_form(request), services(request)
    new = read_consent(request, form, _id(request))
    await built.consents.give(person(request), new)
    return web.json_response({"told": sentence(visit(request).reader, "consent_given")})


def read_consent(request: web.Request, form: Form, client_id: int) -> NewConsent:
    """A consent out of a form. Raises Invalid for what cannot be read."""
    reader, now = visit(request).reader, services(request).clock.now()
    purpose, channel = form.choice("purpose", Purpose), form.choice("channel", Channel)
    wording_id = form.record_id("wording", required=True)
    given_at = form.moment("given_at", reader)
    expires_at = form.moment("expires_at", reader)
    contact_id = form.record_id("contact")
    form.demand()
    return NewConsent(
        client_id=client_id,
        purpose=purpose,
        channel=channel,
        wording_id=wording_id or 0,
        given_at=given_at or now,
        number=form.value("number"),
        contact_id=contact_id,
        evidence=form.value("evidence"),
        expires_at=expires_at,
    )


async def calling_of(
    request: web.Request, connection: Connection, client: Client
) -> dict[str, Any]:
    """What `clients/_calling.html` shows."""
    built, actor, reader = services(request), person(request), visit(request).reader
    now = built.clock.now()
    kept = await _law(request, connection)
    asked = [
        AskedNumber(each.e164, client.id, each.wrong, each.do_not_call) for each in client.numbers
    ]
    own = await built.own_numbers.read(connection)
    subjects = await subjects_of(connection, kept.profile, now, asked, own)
    listings = await listings_of(connection, [client.id])
    consents = await _consents(connection, actor, request, client.id)
    wordings = await list_wordings(connection)
    profiles = await list_profiles(connection)
    return {
        "law_key": kept.profile.key,
        "laws": [(each.profile.key, each.title) for each in profiles],
        "judgements": [
            (number, judgement(reader, kept.profile, subject, now, listings))
            for number, subject in zip(client.numbers, subjects, strict=False)
        ],
        "opt_outs": [each for each in listings if each.opt_out and each.holds(now)],
        "campaigns": [
            (each.campaign_id, each.title)
            for each in await standings_of(connection, client.id, visible_campaigns(actor))
            if each.campaign_state != CampaignState.FINISHED
        ],
        "consents": consents,
        "lasting": [
            each
            for each in consents
            if each.state is ConsentState.IN_FORCE and each.purpose == Purpose.CALLS
        ],
        "wordings": [(each.id, f"{each.title} ({each.version})") for each in wordings],
        "purposes": tuple(Purpose),
        "channels": tuple(each for each in Channel if each is not Channel.IMPORT),
        "may_keep": actor.role in KEEPERS,
    }


async def _consents(
    connection: Connection, actor: Agent, request: web.Request, client_id: int
) -> list[Any]:
    wanted, now = Wanted(client_id=client_id), services(request).clock.now()
    return await list_consents(connection, actor, now, wanted, limit=MOST_CONSENTS)


async def _law(request: web.Request, connection: Connection) -> KeptProfile:
    """The chosen profile, else the office's usual one."""
    asked = request.query.get("law", "")
    try:
        return await get_profile(connection, asked)
    except NotFound:
        return await usual_law(connection, services(request).settings)


def _id(request: web.Request) -> int:
    return int(request.match_info["client_id"])
