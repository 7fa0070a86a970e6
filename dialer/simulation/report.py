"""What a simulation came to, as plain values: what `--json` prints and a page draws. Stable keys,
documented in docs/simulate.md."""

from datetime import datetime, timedelta
from typing import Any, Final

from dialer.pacing.meter import Count
from dialer.simulation.result import Hour, Result
from dialer.simulation.scenario import Scenario
from dialer.simulation.shifts import presences

_DIGITS: Final = 4


def report(scenario: Scenario, result: Result, days: int, seconds: float) -> dict[str, Any]:
    """Of `days` of the scenario, computed in so many seconds."""
    return {
        "title": scenario.title,
        "seed": scenario.seed,
        "days": days,
        "days_wanted": scenario.days,
        "mode": scenario.policy.mode.value,
        "law": scenario.law.key,
        "operators": scenario.operators,
        "busy_share": _round(result.busy_share),
        "talk_minutes_per_operator_hour": _round(result.talk_minutes_per_operator_hour),
        "idle_seconds_per_call": _round(result.idle_seconds_per_call),
        "operator_hours": _round(result.duty_seconds / 3600.0),
        "dials": result.dials,
        "answers": result.answers,
        "connected": result.connected,
        "abandoned": _abandoned(scenario, result),
        "machines": result.machines,
        "failed": result.failed,
        "messages_played": result.messages_played,
        "list": {
            "size": scenario.list_size,
            "finished": result.list_finished,
            "left": result.list_left,
            "refused": _sorted(result.refused),
        },
        "violations": {rule.value: count for rule, count in sorted(result.violations.items())},
        "decisions": _sorted(result.decisions),
        "by_hour": [
            _hour(hour, each, on_duty)
            for hour, (each, on_duty) in enumerate(
                zip(result.hours, _duty_by_hour(scenario, days), strict=True)
            )
        ],
        "seconds": round(seconds, 2),
    }


def _abandoned(scenario: Scenario, result: Result) -> dict[str, Any]:
    rule = scenario.law.abandonment
    return {
        "count": result.abandoned,
        "share": _round(result.abandoned_share),
        "limit": rule.limit,
        "window": rule.window.value,
        "windows": result.windows,
        "worst_window": _window(result.worst_window),
    }


def _window(count: Count) -> dict[str, Any]:
    return {
        "share": _round(count.share),
        "answered": count.answered,
        "abandoned": count.abandoned,
    }


def _hour(hour: int, of: Hour, on_duty: float) -> dict[str, Any]:
    """An hour of the office's day; a talk and a wrap-up count in the hour in which they end."""
    return {
        "hour": hour,
        "dials": of.dials,
        "answers": of.answers,
        "abandoned": of.abandoned,
        "duty_hours": _round(on_duty / 3600.0),
        "busy_hours": _round(of.busy_seconds / 3600.0),
    }


def _duty_by_hour(scenario: Scenario, days: int) -> list[float]:
    """Seconds of presence by the timetable, in each hour of the office's day."""
    found = [0.0] * 24
    for number in range(days):
        day = scenario.first_day + timedelta(days=number)
        for presence in presences(scenario, day):
            start = presence.start
            while start < presence.end:
                wall = datetime.fromtimestamp(start, scenario.zone)
                left = 3600.0 - wall.minute * 60.0 - wall.second - wall.microsecond / 1e6
                end = min(presence.end, start + left)
                found[wall.hour] += end - start
                start = end
    return found


def _sorted(counts: dict[str, int]) -> dict[str, int]:
    return {str(name): counts[name] for name in sorted(counts)}


def _round(value: float) -> float:
    return round(value, _DIGITS)
