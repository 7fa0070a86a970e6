"""What the filter of the call list asks for: read from the address, in the reader's own days."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from urllib.parse import urlencode

from crm_core.calls.filtering import CallFilter
from crm_core.calls.queries import Cursor
from telephony.events import Direction, Outcome
from web.forms import Form
from web.i18n import N_, Reader

PERIODS: Final[Mapping[str, str]] = {
    "today": N_("Today"),
    "yesterday": N_("Yesterday"),
    "7days": N_("7 days"),
    "30days": N_("30 days"),
    "all": N_("All"),
    "own": N_("Own dates"),
}
USUAL_PERIOD: Final = "7days"
FIRST_YEAR: Final = 1990
LAST_YEAR: Final = 2200
_LIKE_A_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SHOWN: Final = 40  # characters of what was written, in the sentence that refuses it
_LENGTHS: Final = {"7days": 7, "30days": 30}
_NARROWING: Final = (
    "direction",
    "outcome",
    "agent",
    "queue",
    "client",
    "client_id",
    "number",
    "disposition",
    "missed",
    "live",
)
_ASKED: Final = ("period", "from", "until", *_NARROWING)


@dataclass(frozen=True, slots=True)
class CallQuestion:
    """`filter` as the call log understands it; `form` as it was written, with what is refused."""

    filter: CallFilter
    form: Form
    period: str
    client_text: str

    @property
    def narrows(self) -> bool:
        """Whether anything but the period is asked for."""
        return any(self.form.value(name) for name in _NARROWING)

    def address(self, path: str, **other: object) -> str:
        """`path` with the same question, where `other` does not say otherwise ("" leaves out)."""
        asked = {name: self.form.value(name) for name in _ASKED} | {"period": self.period}
        if other.get("period", self.period) != "own":
            asked |= {"from": "", "until": ""}
        asked |= {name: str(value) for name, value in other.items()}
        kept = {name: value for name, value in asked.items() if value}
        return f"{path}?{urlencode(kept)}" if kept else path


def read_question(form: Form, reader: Reader, now: datetime) -> CallQuestion:
    """Read the filter; what cannot be understood is refused beside its field and not asked for."""
    period = form.value("period") or ("own" if form.value("from") else USUAL_PERIOD)
    if period not in PERIODS:
        period = USUAL_PERIOD
    from_at, until_at = _span(form, reader, now, period)
    client_id = form.record_id("client_id")
    return CallQuestion(
        filter=CallFilter(
            direction=_one_of(form, "direction", {each.value for each in Direction}),
            outcome=_one_of(form, "outcome", {each.value for each in Outcome}),
            agent_id=form.record_id("agent"),
            queue=form.text("queue", most=128) or None,
            client_id=client_id,
            number=form.text("number", most=64) or None,
            from_at=from_at,
            until_at=until_at,
            disposition_id=form.record_id("disposition"),
            missed=form.ticked("missed"),
            live=True if form.ticked("live") else None,
        ),
        form=form,
        period=period,
        client_text="" if client_id else form.text("client", most=100),
    )


def day_begins(day: date, reader: Reader) -> datetime:
    """The first instant of `day` where the reader lives."""
    return datetime.combine(day, time.min, tzinfo=reader.zone).astimezone(UTC)


def read_cursor(written: str) -> Cursor | None:
    """The end of the page before; None (the first page) for anything that is no cursor of ours."""
    at, _, call_id = written.partition("_")
    try:
        started_at = datetime.fromisoformat(at)
    except ValueError:
        return None
    if not call_id or started_at.tzinfo is None:
        return None
    return Cursor(started_at.astimezone(UTC), call_id)


def write_cursor(cursor: Cursor) -> str:
    return f"{cursor.started_at.isoformat()}_{cursor.call_id}"


def _span(
    form: Form, reader: Reader, now: datetime, period: str
) -> tuple[datetime | None, datetime | None]:
    """From (included) and until (not included) of the period; None where it is open."""
    today = now.astimezone(reader.zone).date()
    if period == "own":
        first, last = read_day(form, "from"), read_day(form, "until")
        if first and last and last < first:
            form.refuse("until", "period_backwards")
            return None, None
        after = last + timedelta(days=1) if last and last < date.max else None
        return (
            day_begins(first, reader) if first else None,
            day_begins(after, reader) if after else None,
        )
    if period == "all":
        return None, None
    if period == "yesterday":
        return day_begins(today - timedelta(days=1), reader), day_begins(today, reader)
    days = _LENGTHS.get(period, 1)
    return day_begins(today - timedelta(days=days - 1), reader), None


def read_day(form: Form, name: str) -> date | None:
    """A day of the calendar; None when it is missing, or refused."""
    written = form.value(name).strip()
    if not written:
        return None
    if not _LIKE_A_DAY.fullmatch(written):
        form.refuse(name, "not_a_day", written=written[:_SHOWN])
        return None
    try:
        day = date.fromisoformat(written)
    except ValueError:
        form.refuse(name, "no_such_day", written=written)
        return None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        form.refuse(name, "year_out_of_range", least=FIRST_YEAR, most=LAST_YEAR)
        return None
    return day


def _one_of(form: Form, name: str, known: set[str]) -> str | None:
    written = form.value(name)
    if written and written not in known:
        form.refuse(name, "not_a_choice")
    return written if written in known else None
