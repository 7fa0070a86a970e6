"""Our call log beside the exchange's own: what comparing them found, and mending it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from aiohttp import web

from crm_core.catchup.findings import Finding, Reconciliation
from crm_core.catchup.reconciliation import MAY_MEND
from crm_core.errors import Conflict, CrmError
from web.day_fields import day_begins, read_day
from web.forms import Form, read_form
from web.i18n import Reader
from web.log_troubles import log_trouble
from web.reconciliation_words import came_to, days_of, period
from web.reconciling import BROKE, LastMending
from web.verdicts import difference, verdict, why
from web.visits import go, page, partial, person, services, visit


@dataclass(frozen=True, slots=True)
class Row:
    """A comparison as the list shows it. `state`: running, broken_off, trouble, good or bad;
    `told` says what came of it."""

    compared: Reconciliation
    period: str
    state: str
    told: str


@dataclass(frozen=True, slots=True)
class Line:
    """A finding as it is shown: `differences` and `why` are sentences, `why` may be empty."""

    finding: Finding
    verdict: str
    why: str
    differences: tuple[str, ...]


async def index(request: web.Request) -> web.Response:
    """What was compared, the newest first, and a form to compare another time."""
    reader, now = visit(request).reader, services(request).clock.now()
    yesterday = now.astimezone(reader.zone).date() - timedelta(days=1)
    return await _index(request, Form.of(since=yesterday, until=yesterday))


async def compare(request: web.Request) -> web.Response:
    """Begin a comparison; its page shows how far it is."""
    form, reader = await read_form(request), visit(request).reader
    first, last = read_day(form, "since"), read_day(form, "until")
    for name, given in (("since", first), ("until", last)):
        if given is None:
            form.refuse(name, "required")
    if first is not None and last is not None:
        since, until = (
            day_begins(first, reader),
            day_begins(last + timedelta(days=1), reader),
        )
        try:
            begun = await services(request).reconciling.compare(person(request), since, until)
        except CrmError as refused:
            form.refused_by(refused)
        else:
            return go(f"/reconciliation/{begun}")
    return await _index(request, form, status=422)


async def show(request: web.Request) -> web.Response:
    """One comparison: each call that the two logs tell otherwise."""
    return await _show(request, Form.of())


async def mend(request: web.Request) -> web.Response:
    """Let the exchange's log tell one call, or all of this comparison."""
    form, row_id = await read_form(request), int(request.match_info["id"])
    finding_id = form.record_id("finding")
    if form.ok:
        ids = None if finding_id is None else [finding_id]
        try:
            await services(request).reconciling.mend(person(request), row_id, ids)
        except Conflict as refused:
            form.refused_by(refused)
        else:
            return go(f"/reconciliation/{row_id}")
    return await _show(request, form, status=422)


async def progress(request: web.Request) -> web.Response:
    """How far what runs has come, as the page fetches it anew."""
    running = services(request).reconciler.running
    return partial(request, "reconciliation/_progress.html", running=running)


async def _index(request: web.Request, form: Form, status: int = 200) -> web.Response:
    built, reader = services(request), visit(request).reader
    listed = await built.reconciler.list_reconciliations()
    rows = [_row(request, reader, compared) for compared in listed]
    data = {**_always(request), "rows": rows, "form": form}
    return page(request, "reconciliation/index.html", status=status, **data)


async def _show(request: web.Request, form: Form, status: int = 200) -> web.Response:
    built, reader = services(request), visit(request).reader
    compared = await built.reconciler.get(int(request.match_info["id"]))
    found = await built.reconciler.list_findings(compared.id)
    last = built.reconciling.last_mending
    return page(
        request,
        "reconciliation/show.html",
        status=status,
        **_always(request),
        row=_row(request, reader, compared),
        lines=[_line(reader, finding) for finding in found],
        form=form,
        last=last if last and last.reconciliation_id == compared.id else None,
        last_trouble=_last_trouble(reader, last),
        days=days_of(reader, compared.since, compared.until),
    )


def _always(request: web.Request) -> dict[str, Any]:
    built = services(request)
    return {
        "running": built.reconciler.running,
        "has_logs": built.catch_up.has_logs,
        "simulated": built.settings.simulated,
        "may_mend": person(request).role in MAY_MEND,
    }


def _row(request: web.Request, reader: Reader, compared: Reconciliation) -> Row:
    running = services(request).reconciler.running
    told = came_to(reader, compared)
    if compared.finished_at is None:
        state = "running" if running and running.reconciliation_id == compared.id else "broken_off"
    elif compared.trouble is not None:
        # What was set then may be set otherwise now: the log is named, not its address.
        exchange = services(request).settings.exchange
        which = "CDR" if exchange.cdr and not exchange.cel else "CEL"
        state, told = "trouble", log_trouble(reader, compared.trouble, {"path": which})
    else:
        state = "bad" if compared.found else "good"
    return Row(compared, period(reader, compared.since, compared.until), state, told)


def _line(reader: Reader, finding: Finding) -> Line:
    differences = finding.details.get("differences", {})
    return Line(
        finding,
        verdict(reader, finding.verdict),
        "" if finding.verdict == "differs" else why(reader, finding.verdict),
        tuple(difference(reader, name, *pair) for name, pair in differences.items()),
    )


def _last_trouble(reader: Reader, last: LastMending | None) -> str:
    if last is None or last.trouble is None or last.trouble == BROKE:
        return ""
    return log_trouble(reader, last.trouble, last.values)
