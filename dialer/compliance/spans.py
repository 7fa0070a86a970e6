"""Spans of a day as sets of minutes: what two have in common, whether one lies within another."""

from collections.abc import Iterable

from dialer.compliance.profile import CallingHours, HolidayRule, Span

Spans = tuple[Span, ...]
SUNDAY = 6


def joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """In order, those that touch or overlap made one."""
    found: list[tuple[int, int]] = []
    for begin, end in sorted(spans):
        if found and begin <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((begin, end))
    return found


def common(
    ones: Iterable[tuple[int, int]], others: Iterable[tuple[int, int]]
) -> list[tuple[int, int]]:
    """What lies in both."""
    others = list(others)
    return joined(
        (max(a, c), min(b, d)) for a, b in ones for c, d in others if max(a, c) < min(b, d)
    )


def lies_within(inner: Spans, outer: Spans) -> bool:
    """Whether every minute of `inner` is one of `outer`."""
    wanted = joined((span.start, span.end) for span in inner if span.start < span.end)
    return common(wanted, joined((span.start, span.end) for span in outer)) == wanted


def holiday_spans(hours: CallingHours, weekday: int) -> Spans:
    """The spans of a public holiday that falls on that weekday (Monday is 0)."""
    if hours.holidays is HolidayRule.NO_CALLS:
        return ()
    return hours.weekdays[SUNDAY if hours.holidays is HolidayRule.AS_SUNDAY else weekday]


def narrowed(hours: CallingHours, own: CallingHours) -> CallingHours:
    """What both allow: the law's hours and a campaign's own. Never more than either does."""
    weekdays = tuple(
        tuple(Span(*each) for each in common(_pairs(ones), _pairs(others)))
        for ones, others in zip(hours.weekdays, own.weekdays, strict=True)
    )
    rules = {hours.holidays, own.holidays}
    if len(rules) == 1:
        return CallingHours(weekdays, hours.holidays)
    as_sunday = CallingHours(weekdays, HolidayRule.AS_SUNDAY)
    if HolidayRule.NO_CALLS not in rules and _is_shorter_on_sundays(as_sunday):
        return as_sunday
    return CallingHours(weekdays, HolidayRule.NO_CALLS)


def _is_shorter_on_sundays(hours: CallingHours) -> bool:
    return all(lies_within(hours.weekdays[SUNDAY], each) for each in hours.weekdays)


def _pairs(spans: Spans) -> list[tuple[int, int]]:
    return joined((span.start, span.end) for span in spans)
