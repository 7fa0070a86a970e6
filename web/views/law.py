"""Law profiles on screen: what each allows, changing one, and what was in force on which day."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from aiohttp import web

from crm_core.agents.roles import Role
from crm_core.errors import CrmError, Invalid, NotFound
from dialer.compliance.loosening import loosened
from dialer.compliance.profile import (
    SILENT,
    ConsentRule,
    Counted,
    CountedFrom,
    HolidayRule,
    LawProfile,
    Period,
    RecordingRule,
    Window,
)
from dialer.compliance.stored import as_toml, as_values, from_values
from dialer.compliance.written_hours import WEEKDAYS
from dialer.profiles.built_in import built_in
from dialer.profiles.queries import (
    KeptProfile,
    find_in_force,
    get_profile,
    get_version,
    list_changes,
    list_profiles,
    titles_of_campaigns,
)
from web.forms import Form, read_form, read_query
from web.law_forms import MOST_LIMITS, field_of, shown, written
from web.law_rules import differences, rules_of
from web.office_rules import usual_law
from web.visits import go, page, partial, person, services, visit
from web.words import word

CHOICES: Mapping[str, tuple[str, ...]] = {
    "holidays": tuple(HolidayRule),
    "abandonment_window": tuple(Window),
    "abandonment_counted_from": tuple(CountedFrom),
    "consent": tuple(ConsentRule),
    "recording": tuple(RecordingRule),
    "period": tuple(Period),
    "counted": tuple(Counted),
    "opt_out_key": ("", *"0123456789*#"),
}


async def index(request: web.Request) -> web.Response:
    """All profiles: what they allow at a glance, and which campaigns are under them."""
    async with services(request).storage.read() as connection:
        known = await list_profiles(connection, with_retired=True)
        campaigns = await titles_of_campaigns(connection)
        usual = await usual_law(connection, services(request).settings)
    reader = visit(request).reader
    return page(
        request,
        "law/index.html",
        known=[(each, _title(request, each), rules_of(reader, each.profile)) for each in known],
        campaigns=campaigns,
        default_key=usual.profile.key,
    )


async def show(request: web.Request) -> web.Response:
    """One profile, every rule in plain words, with its sources."""
    return await _show(request, Form.of())


async def edit(request: web.Request) -> web.Response:
    """The profile as a form; `?version=3` fills in what an earlier version said."""
    async with services(request).storage.read() as connection:
        kept = await get_profile(connection, _key(request))
        asked = Form.of(version=request.query.get("version")).record_id("version")
        profile = kept.profile
        if asked is not None:
            profile = await get_version(connection, kept.profile.key, asked)
    return _edit(request, kept, shown(profile, kept.version))


async def save(request: web.Request) -> web.Response:
    """Change it: whoever loosens is an administrator and says why."""
    form, key = await read_form(request), _key(request)
    async with services(request).storage.read() as connection:
        kept = await get_profile(connection, key)
    version = form.number("version", least=0, most=10**9, default=kept.version)
    try:
        wanted = written(form)
        await services(request).law.edit(
            person(request), key, wanted, reason=form.value("reason"), version=version
        )
    except Invalid as refused:
        form.refuse(field_of(form, refused.field), refused.code, **refused.values)
    except CrmError as refused:
        form.refused_by(refused)
    if not form.ok:
        return _edit(request, kept, form, status=422)
    is_same = not differences(visit(request).reader, kept.profile, from_values(key, wanted))
    is_same = is_same and from_values(key, {**as_values(kept.profile), **wanted}) == kept.profile
    return go(f"/law/{key}", told="law_unchanged" if is_same else "law_saved")


async def judged(request: web.Request) -> web.Response:
    """What the form as it stands would newly allow; for the page while somebody writes."""
    form, key = await read_form(request), _key(request)
    async with services(request).storage.read() as connection:
        kept = await get_profile(connection, key)
    return partial(request, "law/_loosened.html", **_judged(request, kept, form))


async def copy(request: web.Request) -> web.Response:
    """Make an own profile of it."""
    form = await read_form(request)
    try:
        key = await services(request).law.copy(person(request), _key(request), form.value("title"))
    except Invalid as refused:
        form.refused_by(refused)
        return await _show(request, form, status=422)
    return go(f"/law/{key}/edit", told="law_copied")


async def rename(request: web.Request) -> web.Response:
    """Call an own one otherwise."""
    form = await read_form(request)
    try:
        await services(request).law.rename(person(request), _key(request), form.value("title"))
    except Invalid as refused:
        form.refuse("new_title", refused.code, **refused.values)
        return await _show(request, form, status=422)
    return go(f"/law/{_key(request)}", told="law_renamed")


async def reset(request: web.Request) -> web.Response:
    """Back to what it came with; by the rules of a change."""
    form = await read_form(request)
    try:
        await services(request).law.reset(
            person(request), _key(request), reason=form.value("reason")
        )
    except NotFound:
        raise
    except CrmError as refused:
        form.refused_by(refused)
        return await _show(request, form, status=422)
    return go(f"/law/{_key(request)}", told="law_reset")


async def retire(request: web.Request) -> web.Response:
    """Give an own one to no campaign any more."""
    await read_form(request)
    await services(request).law.retire(person(request), _key(request))
    return go("/law", told="law_retired")


async def history(request: web.Request) -> web.Response:
    """Every version with who, when, why, and what it changed; what was in force on `?on=` a day."""
    form, key, reader = read_query(request), _key(request), visit(request).reader
    on = _date(form)
    async with services(request).storage.read() as connection:
        kept = await get_profile(connection, key)
        changes = await list_changes(connection, key)
        in_force = None
        if on is not None:
            end = datetime.combine(on + timedelta(days=1), time(), reader.zone).astimezone(UTC)
            in_force = await find_in_force(connection, key, end - timedelta(seconds=1))
    before = [*(each.profile for each in changes[1:]), *([None] if changes else [])]
    return page(
        request,
        "law/history.html",
        kept=kept,
        profile_title=_title(request, kept),
        changes=[
            (each, differences(reader, old, each.profile) if old else {})
            for each, old in zip(changes, before, strict=True)
        ],
        form=form,
        on=on,
        in_force=in_force,
        rules=rules_of(reader, in_force.profile) if in_force else {},
        may_change=_may_change(request),
    )


async def toml(request: web.Request) -> web.Response:
    """The profile as a file, as those are that come with Perezvon."""
    async with services(request).storage.read() as connection:
        kept = await get_profile(connection, _key(request))
    name = f'attachment; filename="{kept.profile.key}.toml"'
    return web.Response(
        text=as_toml(kept.profile),
        content_type="application/toml",
        headers={"Content-Disposition": name},
    )


async def _show(request: web.Request, form: Form, *, status: int = 200) -> web.Response:
    reader, key = visit(request).reader, _key(request)
    async with services(request).storage.read() as connection:
        kept = await get_profile(connection, key)
        campaigns = await titles_of_campaigns(connection)
    base = replace(built_in()[kept.base_key], key=key)
    return page(
        request,
        "law/show.html",
        status=status,
        kept=kept,
        profile_title=_title(request, kept),
        base_title=word(reader, kept.base_key, "law_profile"),
        rules=rules_of(reader, kept.profile),
        sources=dict(kept.profile.rule_sources),
        silent=SILENT,
        own=differences(reader, base, kept.profile),
        is_changed=kept.profile != base,
        loose=loosened(kept.profile, base),
        campaigns=campaigns.get(key, []),
        is_copy=key not in built_in(),
        form=form,
        may_change=_may_change(request),
        is_administrator=person(request).role is Role.ADMINISTRATOR,
    )


def _edit(
    request: web.Request, kept: KeptProfile, form: Form, *, status: int = 200
) -> web.Response:
    return page(
        request,
        "law/edit.html",
        status=status,
        kept=kept,
        profile_title=_title(request, kept),
        form=form,
        weekdays=WEEKDAYS,
        choices=CHOICES,
        places=range(1, min(MOST_LIMITS, len(kept.profile.attempts) + 2) + 1),
        **_judged(request, kept, form),
    )


def _judged(request: web.Request, kept: KeptProfile, form: Form) -> dict[str, Any]:
    """What is newly allowed; `is_readable` is false while the form is not a profile."""
    wanted: LawProfile | None = None
    with suppress(Invalid):
        wanted = from_values(kept.profile.key, {**as_values(kept.profile), **written(form)})
    loose = loosened(kept.profile, wanted) if wanted else ()
    differs = differences(visit(request).reader, kept.profile, wanted) if wanted else {}
    return {
        "loose": loose,
        "differs": differs,
        "is_readable": wanted is not None,
        "is_administrator": person(request).role is Role.ADMINISTRATOR,
    }


def _title(request: web.Request, kept: KeptProfile) -> str:
    return kept.title or word(visit(request).reader, kept.profile.key, "law_profile")


def _may_change(request: web.Request) -> bool:
    return person(request).role in (Role.ADMINISTRATOR, Role.SUPERVISOR)


def _date(form: Form) -> date | None:
    try:
        found = date.fromisoformat(form.value("on"))
    except ValueError:
        return None
    return found if 1970 < found.year < 9999 else None


def _key(request: web.Request) -> str:
    return request.match_info["profile"]
