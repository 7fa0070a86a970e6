"""How instants, durations and numbers look to a reader: in his zone, by his language's habits."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from babel import dates
from babel import numbers as babel_numbers

from crm_core.money import minor_digits
from web.i18n import N_, Reader


def clock_time(reader: Reader, at: datetime) -> str:
    """`14:05`, in every language: dense tables need equal widths."""
    return at.astimezone(reader.zone).strftime("%H:%M")


def seconds_time(reader: Reader, at: datetime) -> str:
    """`14:05:09`: what happened within one call."""
    return at.astimezone(reader.zone).strftime("%H:%M:%S")


def day(reader: Reader, at: datetime | date, width: str = "medium") -> str:
    """`2 Mar 2026` as the language writes it."""
    local = at.astimezone(reader.zone) if isinstance(at, datetime) else at
    return dates.format_date(local, width, locale=reader.locale)


def short_day(reader: Reader, at: datetime | date) -> str:
    """`2 Mar`, without the year."""
    local = at.astimezone(reader.zone) if isinstance(at, datetime) else at
    return dates.format_skeleton("MMMd", local, locale=reader.locale)


def weekday_day(reader: Reader, on: date) -> str:
    """`Tue, 3 Mar` as the language writes it."""
    return dates.format_skeleton("MMMEd", on, locale=reader.locale)


def moment(reader: Reader, at: datetime, now: datetime) -> str:
    """`14:05` today, `tomorrow 14:05`, `2 Mar 14:05` this year, with the year otherwise."""
    local, today = at.astimezone(reader.zone), now.astimezone(reader.zone).date()
    days = (local.date() - today).days
    if days == 0:
        return clock_time(reader, at)
    if abs(days) == 1:
        return f"{_near_day(reader, days)} {clock_time(reader, at)}"
    shown = short_day(reader, at) if local.year == today.year else day(reader, at)
    return f"{shown} {clock_time(reader, at)}"


def full_moment(reader: Reader, at: datetime) -> str:
    """Date, time to the second and zone: what a tooltip tells."""
    local = at.astimezone(reader.zone)
    return f"{day(reader, at)} {local:%H:%M:%S} {local.tzname()}"


def ago(reader: Reader, at: datetime, now: datetime) -> str:
    """`5 minutes ago`, `in 2 days`."""
    return dates.format_timedelta(at - now, add_direction=True, locale=reader.locale)


def duration(seconds: float) -> str:
    """`0:07`, `12:40`, `1:02:03`: what a running clock shows."""
    whole = max(0, int(seconds + 0.5))
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def lasting(reader: Reader, seconds: float) -> str:
    """`2 minutes`, `1 hour`: for sentences rather than tables."""
    return dates.format_timedelta(timedelta(seconds=seconds), threshold=1.5, locale=reader.locale)


def time_since(reader: Reader, at: datetime, now: datetime) -> str:
    """`3 hours`, `1 minute`: how long something has been so; never less than a minute."""
    passed = max(now - at, timedelta(minutes=1))
    return dates.format_timedelta(passed, granularity="minute", locale=reader.locale)


def number(reader: Reader, value: float) -> str:
    """`1,234` or `1 234`."""
    return babel_numbers.format_decimal(value, locale=reader.locale)


def money(reader: Reader, amount: int, currency: str) -> str:
    """`1 234,50 €` of the smallest units, without decimals where they are nought."""
    digits = minor_digits(currency)
    value = Decimal(amount) / 10**digits
    pattern = reader.locale.currency_formats["standard"].pattern
    if amount % 10**digits == 0:
        pattern = pattern.replace(".00", "")
    shown = babel_numbers.format_currency(
        value, currency, pattern, locale=reader.locale, currency_digits=False
    )
    # Babel leaves out what CLDR puts between a sign that ends in a letter and a digit: RUB 1,234.
    return re.sub(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])", "\N{NO-BREAK SPACE}", str(shown))


def file_size(reader: Reader, size: int) -> str:
    """`12 kB`, `3.4 MB`: in thousands, as file managers show it."""
    for unit, name in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if size >= unit:
            return f"{number(reader, round(size / unit, 1))} {name}"
    return f"{size} B"


def country(reader: Reader, code: str) -> str:
    """What the reader calls a country: `SK` -> `Slovakia`."""
    return str(reader.locale.territories.get(code, code))


def percent(reader: Reader, share: float) -> str:
    """`0.873` -> `87%` as the language writes it."""
    return babel_numbers.format_percent(share, locale=reader.locale)


def machine(at: datetime) -> str:
    """ISO 8601 in UTC: what `<time datetime>` and scripts read."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def for_input(reader: Reader, at: datetime) -> str:
    """The value of a `datetime-local` input, in the reader's zone."""
    return at.astimezone(reader.zone).strftime("%Y-%m-%dT%H:%M")


def _near_day(reader: Reader, days: int) -> str:
    return reader.gettext(N_("tomorrow") if days > 0 else N_("yesterday"))
