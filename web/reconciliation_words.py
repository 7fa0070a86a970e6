"""A comparison of the two logs in words: which time, and what came of it."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Final

from crm_core.catchup.comparing import Verdict
from crm_core.catchup.findings import Reconciliation
from web.formats import clock_time, day, number
from web.i18n import N_, Reader

_COUNTS: Final[Mapping[Verdict, Callable[[Reader, int, str], str]]] = {
    Verdict.MISSING: lambda reader, n, count: reader.ngettext(
        "%(count)s missing", "%(count)s missing", n, count=count
    ),
    Verdict.INCOMPLETE: lambda reader, n, count: reader.ngettext(
        "%(count)s seen in part", "%(count)s seen in part", n, count=count
    ),
    Verdict.DIFFERS: lambda reader, n, count: reader.ngettext(
        "%(count)s told otherwise", "%(count)s told otherwise", n, count=count
    ),
    Verdict.UNLOGGED: lambda reader, n, count: reader.ngettext(
        "%(count)s not in Asterisk's own log", "%(count)s not in Asterisk's own log", n, count=count
    ),
}


def came_to(reader: Reader, compared: Reconciliation) -> str:
    """`1,204 calls, all accounted for`, or `1,204 calls: 3 missing, 1 seen in part`."""
    n, count = compared.calls, number(reader, compared.calls)
    if not n:
        return reader.gettext(N_("No calls in this time"))
    if compared.found:
        whole = reader.ngettext("%(count)s call", "%(count)s calls", n, count=count)
        return f"{whole}: {', '.join(_found(reader, compared))}"
    if n == 1:
        return reader.gettext(N_("1 call, accounted for"))
    return reader.ngettext(
        "%(count)s call, accounted for", "%(count)s calls, all accounted for", n, count=count
    )


def _found(reader: Reader, compared: Reconciliation) -> list[str]:
    told = [
        say(reader, compared.listed[verdict], number(reader, compared.listed[verdict]))
        for verdict, say in _COUNTS.items()
        if compared.listed.get(verdict)
    ]
    if compared.unlisted:
        more = number(reader, compared.unlisted)
        told.append(
            reader.ngettext("%(count)s more", "%(count)s more", compared.unlisted, count=more)
        )
    return told


def period(reader: Reader, since: datetime, until: datetime) -> str:
    """`1 Mar 2026`, `1 Mar 2026 – 7 Mar 2026`, or with the time where it is not whole days."""
    days = whole_days(reader, since, until)
    if days is None:
        begins, ends = (f"{day(reader, at)} {clock_time(reader, at)}" for at in (since, until))
        same_day = day(reader, since) == day(reader, until)
        return f"{begins} – {clock_time(reader, until)}" if same_day else f"{begins} – {ends}"
    first, last = days
    return day(reader, first) if first == last else f"{day(reader, first)} – {day(reader, last)}"


def days_of(reader: Reader, since: datetime, until: datetime) -> tuple[date, date] | None:
    """The first and the last day to ask for that time again; None where it begins within a day."""
    begins, ends = (at.astimezone(reader.zone) for at in (since, until))
    if begins.time() != time.min:
        return None
    return begins.date(), (ends - timedelta(microseconds=1)).date()


def whole_days(reader: Reader, since: datetime, until: datetime) -> tuple[date, date] | None:
    """The first and the last day of a time that is days of the reader's; None of any other."""
    begins, ends = since.astimezone(reader.zone), until.astimezone(reader.zone)
    if begins.time() != time.min or ends.time() != time.min:
        return None
    return begins.date(), ends.date() - timedelta(days=1)
