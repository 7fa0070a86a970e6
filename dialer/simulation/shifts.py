"""Who is there when: the shifts of a scenario as presences of single operators on one day."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dialer.simulation.draws import Draws
from dialer.simulation.scenario import Leaving, Scenario, Shift

_DICE = 0x5EA7  # so that operators are not drawn like people


@dataclass(frozen=True, slots=True)
class Presence:
    """An operator is there from one POSIX second to another; `leaving` is how he goes."""

    operator: int
    start: float
    end: float
    leaving: Leaving


def presences(scenario: Scenario, day: date) -> list[Presence]:
    """Everybody's presences on a day of the office, breaks left out."""
    found: list[Presence] = []
    operator = 0
    for shift in scenario.shifts:
        for _ in range(shift.count):
            operator += 1
            if day.weekday() in shift.weekdays:
                found += _of_operator(scenario, shift, operator, day)
    return found


def _of_operator(scenario: Scenario, shift: Shift, operator: int, day: date) -> list[Presence]:
    draws = Draws(scenario.seed ^ _DICE, operator, day.toordinal())
    late = draws.next() * shift.late_minutes
    start, found = shift.arrives + late, []
    for pause in sorted(shift.breaks, key=lambda each: each.at):
        begins = max(start, pause.at + draws.next() * shift.late_minutes)
        if begins > start:
            found.append((start, begins))
        start = begins + pause.minutes
    if shift.leaves + late > start:
        found.append((start, shift.leaves + late))
    return [
        Presence(
            operator,
            instant(day, begins, scenario.zone),
            instant(day, ends, scenario.zone),
            shift.leaving,
        )
        for begins, ends in found
    ]


def instant(day: date, minutes: float, zone: ZoneInfo) -> float:
    """The POSIX second of a minute of that day's wall clock."""
    wall = datetime.combine(day, time()) + timedelta(minutes=minutes)
    return wall.replace(tzinfo=zone).timestamp()
