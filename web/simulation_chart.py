"""The picture of a simulated day: columns by hour, as numbers that a template draws as SVG."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from web.formats import number
from web.i18n import N_, Reader
from web.simulation_words import share

WIDTH: Final = 640
HEIGHT: Final = 120
_LEFT: Final = 44
_GAP: Final = 0.2  # of a column
_PARTS: Final = ("dials", "answers", "abandoned")


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle with what it says; `part` is its colour's name."""

    part: str
    x: float
    y: float
    width: float
    height: float
    title: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars over hours; `marks` are (y, text) beside it, `hours` (x, text) below."""

    bars: list[Bar]
    marks: list[tuple[float, str]]
    hours: list[tuple[float, str]]


@dataclass(frozen=True, slots=True)
class MeterBar:
    """The legal meter, of a width of 100: the whole run, its worst window, the law's limit."""

    overall: float
    worst: float
    limit: float | None
    is_over: bool


def worked_hours(report: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The hours in which somebody was on duty or something happened."""
    return [each for each in report["by_hour"] if each["duty_hours"] or each["dials"]]


def busy_of(hour: Mapping[str, Any]) -> float:
    """The busy share of an hour; talks that began before it may end in it."""
    return min(1.0, hour["busy_hours"] / hour["duty_hours"]) if hour["duty_hours"] else 0.0


def busy_chart(reader: Reader, report: Mapping[str, Any]) -> Chart:
    """The busy share in each hour."""
    hours = worked_hours(report)
    bars = [
        _bar("busy", x, width, busy_of(hour), f"{_hour(hour)} {share(reader, busy_of(hour))}")
        for x, width, hour in _columns(hours)
    ]
    marks = [(HEIGHT * (1.0 - part), share(reader, part)) for part in (1.0, 0.5)]
    return Chart(bars, marks, _below(hours))


def calls_chart(reader: Reader, report: Mapping[str, Any]) -> Chart:
    """What was dialled, answered and abandoned on an average day, in each hour."""
    hours, days = worked_hours(report), report["days"]
    most = max((hour["dials"] for hour in hours), default=0) or 1
    names = {
        "dials": reader.gettext(N_("Calls placed")),
        "answers": reader.gettext(N_("Answers")),
        "abandoned": reader.gettext(N_("Abandoned")),
    }
    bars = []
    for x, width, hour in _columns(hours):
        for place, part in enumerate(_PARTS):
            each = width / len(_PARTS)
            shown = number(reader, round(hour[part] / days, 1))
            title = f"{_hour(hour)} {names[part]}: {shown}"
            bars.append(_bar(part, x + place * each, each, hour[part] / most, title))
    marks = [
        (HEIGHT * (1.0 - part), number(reader, round(most * part / days))) for part in (1, 0.5)
    ]
    return Chart(bars, marks, _below(hours))


def meter_bar(abandoned: Mapping[str, Any]) -> MeterBar:
    """The share of abandoned calls beside the limit."""
    limit, worst = abandoned["limit"], abandoned["worst_window"]["share"]
    whole = max((limit or 0.0) * 1.5, worst * 1.1, abandoned["share"] * 1.1, 0.001)
    return MeterBar(
        overall=round(abandoned["share"] / whole * 100, 2),
        worst=round(worst / whole * 100, 2),
        limit=None if limit is None else round(limit / whole * 100, 2),
        is_over=limit is not None and worst > limit,
    )


def _columns(hours: list[Mapping[str, Any]]) -> Iterator[tuple[float, float, Mapping[str, Any]]]:
    step = (WIDTH - _LEFT) / max(1, len(hours))
    for place, hour in enumerate(hours):
        yield _LEFT + (place + _GAP / 2) * step, step * (1.0 - _GAP), hour


def _bar(part: str, x: float, width: float, high: float, title: str) -> Bar:
    height = HEIGHT * min(1.0, high)
    return Bar(
        part, round(x, 1), round(HEIGHT - height, 1), round(width, 1), round(height, 1), title
    )


def _below(hours: list[Mapping[str, Any]]) -> list[tuple[float, str]]:
    return [(round(x + width / 2, 1), str(hour["hour"])) for x, width, hour in _columns(hours)]


def _hour(hour: Mapping[str, Any]) -> str:
    return f"{hour['hour']:02}:00"
