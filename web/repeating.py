"""How something repeats, as people choose it in a form and as they read it."""

from datetime import date
from enum import StrEnum
from typing import Final

from babel import dates, lists

from crm_core.tasks.recurrence import MOST_COUNT, MOST_EVERY, Pattern, Recurrence, read_rule
from web.forms import Form
from web.i18n import N_, Reader

CHOICES: Final = {
    Pattern.DAY: N_("every day"),
    Pattern.WORKDAY: N_("every weekday, Monday to Friday"),
    Pattern.WEEK: N_("every week"),
    Pattern.MONTH: N_("every month on this date"),
    Pattern.WEEKDAY_OF_MONTH: N_("every month on this weekday, e.g. the second Tuesday"),
    Pattern.LAST_DAY: N_("every month on the last day"),
    Pattern.QUARTER: N_("every quarter on this date"),
    Pattern.YEAR: N_("every year on this date"),
}
WHICH_OF_MONTH: Final = {
    1: (
        N_("the first Monday"),
        N_("the first Tuesday"),
        N_("the first Wednesday"),
        N_("the first Thursday"),
        N_("the first Friday"),
        N_("the first Saturday"),
        N_("the first Sunday"),
    ),
    2: (
        N_("the second Monday"),
        N_("the second Tuesday"),
        N_("the second Wednesday"),
        N_("the second Thursday"),
        N_("the second Friday"),
        N_("the second Saturday"),
        N_("the second Sunday"),
    ),
    3: (
        N_("the third Monday"),
        N_("the third Tuesday"),
        N_("the third Wednesday"),
        N_("the third Thursday"),
        N_("the third Friday"),
        N_("the third Saturday"),
        N_("the third Sunday"),
    ),
    4: (
        N_("the fourth Monday"),
        N_("the fourth Tuesday"),
        N_("the fourth Wednesday"),
        N_("the fourth Thursday"),
        N_("the fourth Friday"),
        N_("the fourth Saturday"),
        N_("the fourth Sunday"),
    ),
    -1: (
        N_("the last Monday"),
        N_("the last Tuesday"),
        N_("the last Wednesday"),
        N_("the last Thursday"),
        N_("the last Friday"),
        N_("the last Saturday"),
        N_("the last Sunday"),
    ),
}
_AS_IT_IS = 28  # the last day that every month has


class Ending(StrEnum):
    """When a series ends."""

    NEVER = "never"
    UNTIL = "until"
    COUNT = "count"


ENDINGS: Final = {
    Ending.NEVER: N_("never"),
    Ending.UNTIL: N_("after a day"),
    Ending.COUNT: N_("after so many times"),
}


def read_repeat(form: Form) -> Recurrence | None:
    """What was chosen; refusals go into the form. None: it does not repeat."""
    if not form.value("repeat"):
        return None
    pattern = form.choice("repeat", Pattern)
    ending = form.choice("ending", Ending) if form.value("ending") else Ending.NEVER
    weekdays = (int(day) for day in form.several.get("weekday", ()) if day in set("0123456"))
    return Recurrence(
        pattern,
        every=form.number("every", least=1, most=MOST_EVERY, default=1),
        weekdays=tuple(sorted(set(weekdays))) if pattern is Pattern.WEEK else (),
        until=_read_day(form) if ending is Ending.UNTIL else None,
        count=form.number("count", least=1, most=MOST_COUNT) if ending is Ending.COUNT else None,
    )


def _read_day(form: Form) -> date | None:
    try:
        return date.fromisoformat(form.value("until").strip())
    except ValueError:
        form.refuse("until", "not_a_choice" if form.value("until") else "required")
        return None


def written_repeat(rrule: str) -> tuple[dict[str, str], list[str]]:
    """A rule as the fields of a form, and the weekdays to be ticked."""
    if not rrule:
        return {"repeat": "", "every": "1", "ending": Ending.NEVER.value}, []
    chosen, _ = read_rule(rrule)
    ending = Ending.COUNT if chosen.count else Ending.UNTIL if chosen.until else Ending.NEVER
    fields = {
        "repeat": chosen.pattern.value,
        "every": str(chosen.every),
        "ending": ending.value,
        "until": chosen.until.isoformat() if chosen.until else "",
        "count": str(chosen.count or ""),
    }
    weekly = chosen.pattern is Pattern.WEEK
    return fields, [str(day) for day in chosen.weekdays] if weekly else []


def weekday_names(reader: Reader, width: str = "abbreviated") -> list[str]:
    """Monday first."""
    names = dates.get_day_names(width, "stand-alone", reader.locale)  # type: ignore[arg-type]
    return [names[day] for day in range(7)]


def repeat_words(reader: Reader, rrule: str) -> str:
    """`every 2 weeks on Tuesday, until 1 May 2026`; "" for what does not repeat."""
    if not rrule:
        return ""
    chosen, _ = read_rule(rrule)
    return _how_often(reader, chosen) + _how_long(reader, chosen)


def _how_often(reader: Reader, chosen: Recurrence) -> str:
    """Each time, or each second one and so on: two texts, because "every 21 days" is a plural
    that ends like one in some languages."""
    n = chosen.every
    match chosen.pattern:
        case Pattern.DAY if n == 1:
            return reader.gettext("every day")
        case Pattern.DAY:
            return reader.ngettext("every %(num)d day", "every %(num)d days", n)
        case Pattern.WORKDAY:
            return reader.gettext("every weekday, Monday to Friday")
        case Pattern.WEEK:
            names = weekday_names(reader, "wide")
            days = lists.format_list([names[day] for day in chosen.weekdays], locale=reader.locale)
            if n == 1:
                return reader.gettext("every week on %(days)s", days=days)
            return reader.ngettext(
                "every %(num)d week on %(days)s", "every %(num)d weeks on %(days)s", n, days=days
            )
        case Pattern.YEAR:
            leap = date(2024, chosen.month, chosen.day)
            day = dates.format_skeleton("MMMMd", leap, locale=reader.locale)
            if n == 1:
                return reader.gettext("every year on %(day)s", day=day)
            return reader.ngettext(
                "every %(num)d year on %(day)s", "every %(num)d years on %(day)s", n, day=day
            )
        case _:
            return _monthly(reader, chosen)


def _monthly(reader: Reader, chosen: Recurrence) -> str:
    day, n = _day_of_month(reader, chosen), chosen.every
    if chosen.pattern is Pattern.QUARTER:
        n = 3
    if n == 1:
        return reader.gettext("every month on %(day)s", day=day)
    return reader.ngettext(
        "every %(num)d month on %(day)s", "every %(num)d months on %(day)s", n, day=day
    )


def _day_of_month(reader: Reader, chosen: Recurrence) -> str:
    if chosen.pattern is Pattern.LAST_DAY:
        return reader.gettext("the last day")
    if chosen.pattern is Pattern.WEEKDAY_OF_MONTH:
        return reader.gettext(WHICH_OF_MONTH[chosen.ordinal][chosen.weekdays[0]])
    if chosen.day > _AS_IT_IS:
        return reader.gettext("day %(day)s (or the last one)", day=chosen.day)
    return reader.gettext("day %(day)s", day=chosen.day)


def _how_long(reader: Reader, chosen: Recurrence) -> str:
    if chosen.until is not None:
        last = dates.format_date(chosen.until, "medium", locale=reader.locale)
        return reader.gettext(", until %(day)s", day=last)
    if chosen.count is not None:
        return reader.ngettext(
            ", %(num)d time with this one", ", %(num)d times with this one", chosen.count
        )
    return ""
