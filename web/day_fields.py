"""Days of the calendar in forms, as the reader counts them."""

import re
from datetime import UTC, date, datetime, time
from typing import Final

from web.forms import Form
from web.i18n import Reader

FIRST_YEAR: Final = 1990
LAST_YEAR: Final = 2200
_LIKE_A_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SHOWN: Final = 40  # characters of what was written, in the sentence that refuses it


def day_begins(day: date, reader: Reader) -> datetime:
    """The first instant of `day` where the reader lives."""
    return datetime.combine(day, time.min, tzinfo=reader.zone).astimezone(UTC)


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
