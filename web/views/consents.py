"""The consent registry: found, looked at, taken back, corrected, written out; and its words."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Final

from aiohttp import web

from crm_core import audit
from crm_core.agents.rights import Action
from crm_core.clients.access import may
from crm_core.errors import Conflict, Invalid, NotFound
from dialer.consents.access import KEEPERS
from dialer.consents.kinds import Channel, ConsentState, Purpose
from dialer.consents.registry import (
    PAGE,
    KeptConsent,
    Wanted,
    count_expiring,
    export_consents,
    get_consent,
    list_consents,
)
from dialer.consents.wordings import list_wordings
from web.formats import for_input
from web.forms import Form, read_form, read_query
from web.i18n import N_, Reader
from web.sentences import sentence
from web.sheets import Cell, Format, Sheet, parting_of
from web.views.calling import read_consent
from web.visits import go, page, person, services, visit, wants_json
from web.words import word

SOON_DAYS: Final = 30
_PIECE: Final = 500
_HEADINGS: Final = (
    (N_("Client"), 32),
    (N_("Who agreed"), 28),
    (N_("Number"), 18),
    (N_("What for"), 18),
    (N_("State"), 16),
    (N_("How"), 16),
    (N_("Given"), 18),
    (N_("Until"), 18),
    (N_("Consent taken back"), 18),
    (N_("What proves it"), 40),
    (N_("Words"), 28),
    (N_("Text of the words"), 60),
    (N_("Recorded"), 18),
    (N_("Who recorded it"), 24),
)


async def index(request: web.Request) -> web.Response:
    """Those that are looked for, the last recorded first."""
    form, built, actor = read_query(request), services(request), person(request)
    wanted, now = _wanted(form), built.clock.now()
    before_id = form.record_id("before")
    async with built.storage.read() as connection:
        rows = await list_consents(
            connection, actor, now, wanted, before_id=before_id, limit=PAGE + 1
        )
        soon = await count_expiring(connection, actor, now, SOON_DAYS)
    return page(
        request,
        "consents/index.html",
        rows=rows[:PAGE],
        older=rows[PAGE - 1].id if len(rows) > PAGE else None,
        is_first=before_id is None,
        form=form,
        soon=soon,
        soon_days=SOON_DAYS,
        states=tuple(ConsentState),
        purposes=tuple(Purpose),
        may_keep=actor.role in KEEPERS,
    )


async def export(request: web.Request) -> web.StreamResponse:
    """All that is looked for, for an inspector; noted in the audit trail."""
    built, actor, reader = services(request), person(request), visit(request).reader
    form, now = _format(request), built.clock.now()
    wanted = _wanted(read_query(request))
    async with built.storage.write() as tx:
        await audit.record(tx, now, actor.id, "exported", "consents", form.value)

    async def rows() -> AsyncIterator[list[list[Cell]]]:
        piece: list[list[Cell]] = []
        async for each in export_consents(built.storage, actor, now, wanted):
            piece.append(_cells(reader, each))
            if len(piece) == _PIECE:
                yield piece
                piece = []
        yield piece

    headings = [(reader.gettext(heading), width) for heading, width in _HEADINGS]
    sheet = Sheet(reader.gettext(N_("Consents")), headings, rows, parting_of(reader.language))
    local = now.astimezone(reader.zone)
    return await sheet.send(request, form, f"consents-{local:%Y-%m-%d-%H%M}")


async def show(request: web.Request) -> web.Response:
    """One consent with all that proves it; whoever keeps the registry corrects it here."""
    return await _show(request, None)


async def revoke(request: web.Request) -> web.Response:
    """He has taken it back, and (`stop`) wants no more calls at all; for forms and for scripts."""
    form, reader = await read_form(request), visit(request).reader
    built, actor, evidence = services(request), person(request), form.value("evidence")
    channel, at = form.choice("channel", Channel), form.moment("at", reader)
    form.demand()
    told = "consent_taken_back"
    if form.ticked("stop"):
        stopped = await built.withdrawals.revoke_and_stop(
            actor, _id(request), channel=channel, evidence=evidence, at=at
        )
        told = "consent_and_calls_ended" if stopped else told
    else:
        await built.consents.revoke(actor, _id(request), channel=channel, evidence=evidence, at=at)
    if wants_json(request):
        return web.json_response({"told": sentence(reader, told)})
    return go(f"/consents/{_id(request)}", told=told)


async def correct(request: web.Request) -> web.Response:
    """Put another in its place; the first stays to be seen."""
    form, built, actor = await read_form(request), services(request), person(request)
    async with built.storage.read() as connection:
        known = await get_consent(connection, actor, built.clock.now(), _id(request))
    try:
        new = read_consent(request, form, known.client_id)
        new_id = await built.consents.supersede(actor, known.id, new)
    except (Invalid, Conflict) as refused:
        form.refused_by(refused)
        return await _show(request, form, status=422)
    return go(f"/consents/{new_id}", told="consent_corrected")


async def wordings(request: web.Request) -> web.Response:
    """The words in which people are asked."""
    return await _wordings(request, Form.of())


async def add_wording(request: web.Request) -> web.Response:
    """Keep a text; the same title again is its next version."""
    form = await read_form(request)
    try:
        await services(request).wordings.add(
            person(request), form.value("title"), form.value("text")
        )
    except Invalid as refused:
        form.refused_by(refused)
        return await _wordings(request, form, status=422)
    return go("/consents/wordings", told="wording_added")


async def retire_wording(request: web.Request) -> web.Response:
    """Nothing more is recorded in these words."""
    await read_form(request)
    wording_id = int(request.match_info["wording_id"])
    await services(request).wordings.retire(person(request), wording_id)
    return go("/consents/wordings", told="wording_retired")


async def _show(request: web.Request, form: Form | None, *, status: int = 200) -> web.Response:
    built, actor, now = services(request), person(request), services(request).clock.now()
    async with built.storage.read() as connection:
        consent = await get_consent(connection, actor, now, _id(request))
        may_edit = await may(connection, actor, consent.client_id, Action.EDIT)
        known = await list_wordings(connection)
    return page(
        request,
        "consents/show.html",
        status=status,
        consent=consent,
        form=form or _filled(visit(request).reader, consent),
        wordings=[(each.id, f"{each.title} ({each.version})") for each in known],
        purposes=tuple(Purpose),
        channels=tuple(Channel),
        may_edit=may_edit,
        may_keep=actor.role in KEEPERS,
        ends=consent.state in (ConsentState.IN_FORCE, ConsentState.FUTURE, ConsentState.EXPIRED),
    )


async def _wordings(request: web.Request, form: Form, *, status: int = 200) -> web.Response:
    async with services(request).storage.read() as connection:
        known = await list_wordings(connection, retired=None)
    return page(
        request,
        "consents/wordings.html",
        status=status,
        known=known,
        form=form,
        may_keep=person(request).role in KEEPERS,
    )


def _filled(reader: Reader, consent: KeptConsent) -> Form:
    ends = None if consent.expires_at is None else for_input(reader, consent.expires_at)
    return Form.of(
        purpose=consent.purpose,
        channel=consent.channel,
        wording=consent.wording_id,
        given_at=for_input(reader, consent.given_at),
        expires_at=ends,
        number=consent.e164,
        contact=consent.contact_id,
        evidence=consent.evidence,
    )


def _wanted(form: Form) -> Wanted:
    """What the address asks for; what it says wrongly is not asked for."""
    state, purpose = form.value("state"), form.value("purpose")
    days = form.value("days")
    return Wanted(
        state=ConsentState(state) if state in tuple(ConsentState) else None,
        purpose=Purpose(purpose) if purpose in tuple(Purpose) else None,
        name=form.value("name")[:100],
        expiring_days=int(days) if days.isascii() and days.isdecimal() and len(days) < 5 else None,
        client_id=form.record_id("client"),
    )


def _cells(reader: Reader, each: KeptConsent) -> list[Cell]:
    def local(at: datetime | None) -> Cell:
        return (
            None if at is None else at.astimezone(reader.zone).replace(tzinfo=None, microsecond=0)
        )

    return [
        each.client_name,
        each.person,
        each.e164 or reader.gettext(N_("any number")),
        word(reader, each.purpose, "consent_purpose"),
        word(reader, each.state.value, "consent_state"),
        word(reader, each.channel, "consent_channel"),
        local(each.given_at),
        local(each.expires_at),
        local(each.revoked_at),
        each.evidence,
        f"{each.wording_title} ({each.wording_version})",
        each.wording,
        local(each.recorded_at),
        each.recorded_by or reader.gettext(N_("Perezvon itself")),
    ]


def _format(request: web.Request) -> Format:
    try:
        return Format(request.match_info["format"])
    except ValueError:
        raise NotFound from None


def _id(request: web.Request) -> int:
    return int(request.match_info["consent_id"])
