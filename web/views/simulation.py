"""Simulation: a campaign in virtual time, from a form or a file, and what it came to."""

from contextlib import suppress
from typing import Any

import tomli_w
from aiohttp import web

from crm_core.errors import CrmError, Invalid, NotFound
from dialer.compliance.profile import LawProfile
from dialer.pacing.policy import Mode
from dialer.profiles.queries import list_profiles
from dialer.simulation.reading import MOST_CHARACTERS, read_scenario
from dialer.simulation.running import sizes_around
from web.forms import Form, read_form
from web.i18n import Reader
from web.law_words import LAW_PROFILES
from web.office_rules import usual_law
from web.sentences import sentence
from web.simulated_campaigns import SimulatedCampaign, find_campaign
from web.simulating import Run
from web.simulation_chart import busy_chart, calls_chart, meter_bar, worked_hours
from web.simulation_chart import busy_of as busy
from web.simulation_forms import MODES, USUAL, field_of, read_values
from web.simulation_words import MODES as MODE_NAMES
from web.simulation_words import figures, share, violations
from web.visits import go, page, partial, person, services, visit


async def index(request: web.Request) -> web.Response:
    """The form of the campaign that is asked for, else as it was last filled in; what runs, and the
    last results."""
    last = services(request).simulations.last(person(request).id)
    campaign: SimulatedCampaign | None = None
    if last is None or "campaign" in request.query:
        campaign = await find_campaign(request, _asked(request))
        form = campaign.form() if campaign else await _usual(request)
    else:
        form = Form.of(**last.written)
        with suppress(NotFound):
            campaign = await find_campaign(request, form)
    if not form.value("scenario"):
        form.written["scenario"] = _file_of(request, form, campaign)
    return await _index(request, form, campaign)


async def start(request: web.Request) -> web.Response:
    """Run what the form says, or the file where that was asked for."""
    form = await read_form(request)
    laws = await _laws(request)
    campaign = await find_campaign(request, form)
    try:
        is_file = form.value("what") == "file"
        text = form.value("scenario") if is_file else _file_of(request, form, campaign)
        if not form.ok:
            return await _index(request, form, campaign, status=422)
        scenario = read_scenario(text, laws.get)
    except Invalid as refused:
        _refuse(form, refused, visit(request).reader)
        return await _index(request, form, campaign, status=422)
    sizes = sizes_around(scenario.operators) if form.ticked("sizes") else ()
    days = scenario.days * max(1, len(sizes))
    written = {name: value for name, value in form.written.items() if name != "csrf"}
    run = Run(text, days, {**written, "scenario": text})
    try:
        await services(request).simulations.start(person(request).id, run, sizes, laws)
    except CrmError as refused:
        form.refused_by(refused)
        return await _index(request, form, campaign, status=409)
    return go("/simulate")


async def stop(request: web.Request) -> web.Response:
    """End what runs."""
    await services(request).simulations.stop(person(request).id)
    return go("/simulate")


async def progress(request: web.Request) -> web.Response:
    """How far what runs has come, as the page fetches it anew."""
    running = services(request).simulations.running(person(request).id)
    return partial(request, "simulation/_progress.html", running=running)


async def scenario_file(request: web.Request) -> web.Response:
    """The scenario of the campaign that is asked for as a file, else the last, else the one that
    the form begins with."""
    campaign = await find_campaign(request, _asked(request))
    last = services(request).simulations.last(person(request).id)
    if campaign is not None:
        text = _file_of(request, campaign.form(), campaign)
    else:
        text = last.scenario if last else _file_of(request, await _usual(request))
    headers = {"Content-Disposition": 'attachment; filename="scenario.toml"'}
    return web.Response(body=text.encode(), content_type="application/toml", headers=headers)


async def _index(
    request: web.Request,
    form: Form,
    campaign: SimulatedCampaign | None,
    status: int = 200,
) -> web.Response:
    built, reader = services(request), visit(request).reader
    agent_id = person(request).id
    last = built.simulations.last(agent_id)
    return page(
        request,
        "simulation/index.html",
        status=status,
        form=form,
        campaign=campaign,
        modes=[(mode.value, reader.gettext(MODE_NAMES[mode])) for mode in MODES],
        laws=await _law_names(request),
        running=built.simulations.running(agent_id),
        trouble=last.trouble if last and last.is_over else None,
        most_characters=MOST_CHARACTERS,
        runs=[_shown(reader, run) for run in built.simulations.results(agent_id)],
    )


def _shown(reader: Reader, run: Run) -> dict[str, Any]:
    """A result as the template draws it."""
    report = run.report
    assert report is not None
    others = sorted([report, *run.sizes], key=lambda each: each["operators"]) if run.sizes else []
    return {
        "report": report,
        "mode": reader.gettext(MODE_NAMES[Mode(report["mode"])]),
        "figures": figures(reader, report),
        "violations": violations(reader, report),
        "busy": busy_chart(reader, report),
        "calls": calls_chart(reader, report),
        "meter": meter_bar(report["abandoned"]),
        "hours": [(hour, share(reader, busy(hour))) for hour in worked_hours(report)],
        "sizes": [
            {
                "report": each,
                "busy": share(reader, each["busy_share"]),
                "abandoned": share(reader, each["abandoned"]["share"]),
                "worst": share(reader, each["abandoned"]["worst_window"]["share"]),
                "broken": sum(each["violations"].values()),
            }
            for each in others
        ],
    }


async def _usual(request: web.Request) -> Form:
    """What the form begins with: the office's usual law."""
    built = services(request)
    async with built.storage.read() as connection:
        law = await usual_law(connection, built.settings)
    return Form.of(**USUAL, law=law.profile.key)


async def _laws(request: web.Request) -> dict[str, LawProfile]:
    async with services(request).storage.read() as connection:
        return {each.profile.key: each.profile for each in await list_profiles(connection)}


async def _law_names(request: web.Request) -> list[tuple[str, str]]:
    said = visit(request).reader.gettext
    async with services(request).storage.read() as connection:
        return [
            (each.profile.key, each.title or said(LAW_PROFILES.get(each.profile.key, "")))
            for each in await list_profiles(connection)
        ]


def _asked(request: web.Request) -> Form:
    return Form.of(campaign=request.query.get("campaign"))


def _file_of(request: web.Request, form: Form, campaign: SimulatedCampaign | None = None) -> str:
    values = read_values(form, services(request).settings.office.time_zone)
    return tomli_w.dumps(values if campaign is None else campaign.over(values))


def _refuse(form: Form, refused: Invalid, reader: Reader) -> None:
    """Beside the field of the form that it is about, or with its key beside the file."""
    if form.value("what") == "file":
        said = sentence(reader, refused.code, refused.values)
        form.refuse("scenario", "scenario_refused", key=refused.field, said=said)
    else:
        form.refuse(field_of(refused.field), refused.code, **refused.values)
