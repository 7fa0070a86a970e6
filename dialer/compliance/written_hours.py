"""Calling hours as people write them, "8:00-21:00", and as a profile keeps them."""

import re
from collections.abc import Mapping
from typing import Final

from crm_core.errors import Invalid
from dialer.compliance.profile import MINUTES_PER_DAY, CallingHours, HolidayRule, Span
from dialer.compliance.spans import joined

WEEKDAYS: Final = (
    *("monday", "tuesday", "wednesday", "thursday", "friday"),
    *("saturday", "sunday"),
)
_SPAN: Final = re.compile(r"\s*(\d{1,2})[:.](\d{2})\s*[-–—]\s*(\d{1,2})[:.](\d{2})\s*")
_MOST_SPANS: Final = 12  # of a day


def read_span(field: str, written: object) -> Span:
    """ "8:00-21:00"; a day ends at 24:00. Invalid(field, "hours_bad")."""
    found = _SPAN.fullmatch(written) if isinstance(written, str) else None
    if found is None:
        raise Invalid(field, "hours_bad", value=str(written)[:40])
    hours = [int(part) for part in found.groups()]
    span = Span(hours[0] * 60 + hours[1], hours[2] * 60 + hours[3])
    minutes_fit = max(hours[1], hours[3]) < 60
    if not minutes_fit or not span.start < span.end <= MINUTES_PER_DAY:
        raise Invalid(field, "hours_bad", value=found[0].strip()[:40])
    return span


def read_hours(field: str, written: object) -> CallingHours:
    """A table with a list of spans for each weekday and the rule of `holidays`.

    A weekday that is not named has no hours. Invalid: "hours_bad", "not_a_choice",
    "unknown_field", each naming the place.
    """
    if not isinstance(written, Mapping):
        raise Invalid(field, "hours_bad", value=str(written)[:40])
    for name in written:
        if name not in (*WEEKDAYS, "holidays"):
            raise Invalid(f"{field}.{str(name)[:40]}", "unknown_field")
    weekdays = tuple(_read_day(f"{field}.{name}", written.get(name, ())) for name in WEEKDAYS)
    try:
        return CallingHours(weekdays, HolidayRule(written.get("holidays", HolidayRule.AS_USUAL)))
    except ValueError:
        raise Invalid(f"{field}.holidays", "not_a_choice") from None


def written_span(span: Span) -> str:
    """08:00-21:00."""
    return "-".join(f"{at // 60:02}:{at % 60:02}" for at in (span.start, span.end))


def written_hours(hours: CallingHours) -> dict[str, object]:
    """What `read_hours` reads."""
    named = zip(WEEKDAYS, hours.weekdays, strict=True)
    days: dict[str, object] = {name: [written_span(span) for span in day] for name, day in named}
    return {**days, "holidays": hours.holidays.value}


def _read_day(field: str, written: object) -> tuple[Span, ...]:
    if not isinstance(written, list | tuple) or len(written) > _MOST_SPANS:
        raise Invalid(field, "hours_bad", value=str(written)[:40])
    spans = [read_span(field, each) for each in written]
    return tuple(Span(*each) for each in joined((span.start, span.end) for span in spans))
