"""A law profile in plain words: each rule by its field, as a sentence."""

from collections.abc import Mapping
from typing import Final

from dialer.compliance.profile import (
    AbandonmentRule,
    AttemptLimit,
    CallingHours,
    Counted,
    LawProfile,
    Period,
)
from dialer.compliance.written_hours import WEEKDAYS, written_span
from web.formats import country as country_name
from web.i18n import N_, Reader
from web.words import word


def rules_of(reader: Reader, profile: LawProfile) -> dict[str, str]:
    """What the profile says, by the names of `dialer.compliance.loosening.FIELDS`, in order."""
    abandonment = profile.abandonment
    return {
        "hours": hours_of(reader, profile.hours),
        "holidays": word(reader, profile.hours.holidays.value, "law_holidays"),
        "country": _country(reader, profile),
        "attempts": "; ".join(limit_of(reader, each) for each in profile.attempts)
        or reader.gettext(N_("as often as one likes")),
        "minimum_ring_seconds": _seconds(reader, profile.minimum_ring_seconds),
        "abandonment_limit": _share(reader, abandonment),
        "abandonment_window": word(reader, abandonment.window.value, "law_window"),
        "abandonment_seconds": _seconds(reader, abandonment.seconds),
        "abandonment_counted_from": word(
            reader, abandonment.counted_from.value, "law_counted_from"
        ),
        "message_needed": reader.gettext(
            N_("who calls and on whose behalf") if profile.message_needed else N_("none needed")
        ),
        "opt_out_key": profile.opt_out_key or reader.gettext(N_("none")),
        "embargo_hours": _hours(reader, profile.embargo_hours),
        "consent": word(reader, profile.consent.value, "law_consent"),
        "recording": word(reader, profile.recording.value, "law_recording"),
        "caller_label_length": _label(reader, profile.caller_label_length),
        "retention_days": _days(reader, profile.retention_days),
    }


def differences(
    reader: Reader, before: LawProfile, after: LawProfile
) -> Mapping[str, tuple[str, str]]:
    """Each rule that says something else: what it said, and what it says."""
    old, new = rules_of(reader, before), rules_of(reader, after)
    return {name: (old[name], new[name]) for name in new if old[name] != new[name]}


def hours_of(reader: Reader, hours: CallingHours) -> str:
    """Monday–Friday 9:00–20:00; Sunday none: days that are alike stand together."""
    groups: list[list[int]] = []
    for day, spans in enumerate(hours.weekdays):
        if groups and hours.weekdays[groups[-1][0]] == spans:
            groups[-1].append(day)
        else:
            groups.append([day])
    return "; ".join(_group(reader, hours, days) for days in groups)


def written_hours_of(hours: CallingHours, day: int) -> str:
    """The spans of a day as they are edited: 08:00-12:00, 13:00-21:00."""
    return ", ".join(written_span(span) for span in hours.weekdays[day])


def limit_of(reader: Reader, limit: AttemptLimit) -> str:
    """At most 2 attempts a day."""
    period = _period(reader, limit)
    if limit.counted is Counted.ATTEMPTS:
        text = reader.ngettext("at most %(num)s attempt", "at most %(num)s attempts", limit.most)
    else:
        text = reader.ngettext(
            "at most %(num)s conversation", "at most %(num)s conversations", limit.most
        )
    return f"{text} {period}"


_PERIODS: Final = {
    Period.DAY: N_("in a day"),
    Period.WEEK: N_("in a week"),
    Period.MONTH: N_("in a month"),
}


def _period(reader: Reader, limit: AttemptLimit) -> str:
    if limit.hours is None:
        return reader.gettext(_PERIODS[limit.period])
    return reader.ngettext("in %(num)s hour", "in %(num)s hours", limit.hours)


def _group(reader: Reader, hours: CallingHours, days: list[int]) -> str:
    first, last = (word(reader, WEEKDAYS[day], "law_weekday") for day in (days[0], days[-1]))
    named = first if len(days) == 1 else f"{first} – {last}"
    spans = written_hours_of(hours, days[0]).replace("-", "–")
    return f"{named} {spans or reader.gettext(N_('no calls'))}"


def _country(reader: Reader, profile: LawProfile) -> str:
    if not profile.country:
        return reader.gettext(N_("none known"))
    named = country_name(reader, profile.country)
    return f"{named}, {profile.subdivision}" if profile.subdivision else named


def _share(reader: Reader, rule: AbandonmentRule) -> str:
    if rule.limit is None:
        return reader.gettext(N_("no law says"))
    if rule.limit == 0:
        return reader.gettext(N_("nobody may be abandoned"))
    return reader.gettext(N_("at most %(share)s of those who answered"), share=_percent(rule.limit))


def _percent(share: float) -> str:
    return f"{share * 100:g} %"


def _seconds(reader: Reader, seconds: float) -> str:
    if seconds == int(seconds):
        return reader.ngettext("%(num)s second", "%(num)s seconds", int(seconds))
    return reader.gettext(N_("%(count)s seconds"), count=f"{seconds:g}")


def _hours(reader: Reader, hours: int) -> str:
    return reader.ngettext("%(num)s hour", "%(num)s hours", hours)


def _days(reader: Reader, days: int) -> str:
    return reader.ngettext("%(num)s day", "%(num)s days", days)


def _label(reader: Reader, length: int) -> str:
    if not length:
        return reader.gettext(N_("none"))
    return reader.ngettext("%(num)s character", "%(num)s characters", length)
