"""Who works when, as a scenario file says it: `operators = 8`, or a list of groups."""

from enum import StrEnum
from typing import Final

from crm_core.errors import Invalid
from dialer.simulation.scenario import Break, Leaving, Shift
from dialer.simulation.written.fields import Fields, tables, whole_number

MOST_OPERATORS: Final = 2000
_MOST_GROUPS: Final = 100
_MOST_BREAKS: Final = 20
_MOST_LATE: Final = 120  # minutes
_DAY: Final = 24 * 60
_USUAL: Final = (9 * 60, 18 * 60)
_WORKING_DAYS: Final = frozenset(range(5))


class Weekday(StrEnum):
    """Days of the week. Words of the file."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


def read_operators(written: object, at: str = "operators") -> tuple[Shift, ...]:
    """Their groups. Invalid: "required", "out_of_range", "period_backwards",
    "break_outside_shift", "not_one_of", and those of the fields."""
    if written is None:
        raise Invalid(at, "required")
    if isinstance(written, int | float):
        count = whole_number(at, written, least=1, most=MOST_OPERATORS)
        return (Shift(count, *_USUAL, weekdays=_WORKING_DAYS),)
    shifts = tuple(_shift(fields) for fields in tables(at, written, most=_MOST_GROUPS))
    total = sum(shift.count for shift in shifts)
    if not 1 <= total <= MOST_OPERATORS:
        raise Invalid(at, "out_of_range", least=1, most=MOST_OPERATORS)
    return shifts


def _shift(fields: Fields) -> Shift:
    arrives, leaves = fields.clock("from", _USUAL[0]), fields.clock("to", _USUAL[1])
    if leaves <= arrives:
        raise Invalid(fields.path("to"), "period_backwards")
    shift = Shift(
        count=fields.whole("count", 1, least=0, most=MOST_OPERATORS),
        arrives=arrives,
        leaves=leaves,
        breaks=_breaks(fields, arrives, leaves),
        weekdays=_weekdays(fields),
        late_minutes=fields.whole("late_minutes", 0, least=0, most=_MOST_LATE),
        leaving=fields.word("leaving", Leaving.AFTER_CALLS),
    )
    fields.done()
    return shift


def _breaks(fields: Fields, arrives: int, leaves: int) -> tuple[Break, ...]:
    found = []
    for place, written in fields.items("breaks", most=_MOST_BREAKS):
        each = Fields(written, place)
        if each.get("at") is None:
            raise Invalid(each.path("at"), "required")
        pause = Break(each.clock("at", 0), each.whole("minutes", 30, least=1, most=_DAY))
        each.done()
        if not arrives <= pause.at <= pause.at + pause.minutes <= leaves:
            raise Invalid(each.path("at"), "break_outside_shift")
        found.append(pause)
    return tuple(found)


def _weekdays(fields: Fields) -> frozenset[int]:
    days = list(Weekday)
    if fields.get("weekdays") is None:
        return _WORKING_DAYS
    items = fields.items("weekdays", most=7)
    if not items:
        raise Invalid(fields.path("weekdays"), "required")
    for at, written in items:
        if written not in list(Weekday):
            raise Invalid(at, "not_one_of", choices=", ".join(Weekday))
    return frozenset(days.index(Weekday(str(written))) for _, written in items)
