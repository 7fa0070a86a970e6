"""A law profile as a form: its values as they are edited, and what was written as values again."""

from typing import Any, Final

from dialer.compliance.profile import LawProfile
from dialer.compliance.stored import NO_LIMIT, as_values
from dialer.compliance.written_hours import WEEKDAYS
from web.forms import Form
from web.law_rules import written_hours_of

MOST_LIMITS: Final = 8
"""Attempt limits that the form has room for."""
_NUMBERS: Final = (
    *("minimum_ring_seconds", "embargo_hours", "caller_label_length", "retention_days"),
)
_WORDS: Final = ("country", "subdivision", "opt_out_key", "consent", "recording")


def shown(profile: LawProfile, version: int) -> Form:
    """The form as it is first shown."""
    values, hours, abandonment = as_values(profile), profile.hours, profile.abandonment
    fields = {name: values[name] for name in (*_NUMBERS, *_WORDS)}
    fields |= {f"hours_{day}": written_hours_of(hours, n) for n, day in enumerate(WEEKDAYS)}
    for place, limit in enumerate(values["attempts"], 1):
        fields |= {f"{name}_{place}": value for name, value in limit.items()}
    return Form.of(
        **fields,
        version=version,
        holidays=hours.holidays.value,
        sources="\n".join(profile.sources),
        message_needed="1" if profile.message_needed else "",
        abandonment_limit="" if abandonment.limit is None else f"{abandonment.limit * 100:g}",
        abandonment_window=abandonment.window.value,
        abandonment_seconds=f"{abandonment.seconds:g}",
        abandonment_counted_from=abandonment.counted_from.value,
    )


def written(form: Form) -> dict[str, Any]:
    """What the form says, as `dialer.compliance.stored` reads it."""
    values: dict[str, Any] = {name: form.value(name).strip() for name in _WORDS}
    values |= {name: _whole(form.value(name)) for name in _NUMBERS}
    values["country"] = values["country"].upper()
    values["sources"] = [line for line in map(str.strip, form.value("sources").split("\n")) if line]
    values["hours"] = {day: _spans(form.value(f"hours_{day}")) for day in WEEKDAYS}
    values["hours"]["holidays"] = form.value("holidays")
    values["attempts"] = [_limit(form, place) for place in _places(form)]
    values["message_needed"] = form.ticked("message_needed")
    values["abandonment"] = {
        "limit": _share(form.value("abandonment_limit")),
        "window": form.value("abandonment_window"),
        "seconds": _number(form.value("abandonment_seconds")),
        "counted_from": form.value("abandonment_counted_from"),
    }
    return values


def field_of(form: Form, refused: str) -> str:
    """Where in the form stands what was refused as "attempts.2.most" or "hours.monday"."""
    first, *rest = refused.split(".")
    if first == "attempts" and rest:
        places = _places(form)
        place = int(rest[0]) if rest[0].isdecimal() else 1
        return f"{rest[-1]}_{places[place - 1]}" if 0 < place <= len(places) else "attempts"
    if first == "hours" and rest:
        return "holidays" if rest[0] == "holidays" else f"hours_{rest[0]}"
    return "_".join((first, *rest))


def _places(form: Form) -> list[int]:
    """Rows of attempt limits that are filled in."""
    return [place for place in range(1, MOST_LIMITS + 1) if form.value(f"most_{place}").strip()]


def _limit(form: Form, place: int) -> dict[str, Any]:
    period = form.value(f"period_{place}")
    limit: dict[str, Any] = {"most": _whole(form.value(f"most_{place}")), "period": period}
    limit["counted"] = form.value(f"counted_{place}")
    if period == "rolling":
        limit["hours"] = _whole(form.value(f"hours_{place}"))
    return limit


def _spans(text: str) -> list[str]:
    return [part.strip() for part in text.replace(";", ",").split(",") if part.strip()]


def _whole(text: str) -> int | str | None:
    """Whatever is no number is refused by name later."""
    text = text.strip()
    if not text:
        return None
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else text


def _number(text: str) -> float | str | None:
    text = text.strip().replace(",", ".")
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        return text


def _share(text: str) -> float | str | None:
    """A percentage as a share; nothing written: no law limits it."""
    if not text.strip():
        return NO_LIMIT
    number = _number(text.strip().removesuffix("%"))
    return round(number / 100, 6) if isinstance(number, float) else number or ""
