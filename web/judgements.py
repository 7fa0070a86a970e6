"""The law's judgement about a number as a person reads it: whether, until when, why not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from dialer.compliance.calling_hours import open_span
from dialer.compliance.permission import judge
from dialer.compliance.profile import LawProfile
from dialer.compliance.refusals import Permission, Refused
from dialer.compliance.subject import Subject
from dialer.compliance.zones import canonical
from dialer.do_not_call.looking import Listing
from web.formats import clock_time, day, moment
from web.i18n import N_, Reader
from web.words import word

NEVER: Final = {
    Refused.NOT_VALID,
    Refused.EMERGENCY,
    Refused.SHORT,
    Refused.PREMIUM,
    Refused.OWN,
}
"""Whatever else speaks against such a number does not matter."""
ASKED: Final = {Refused.OPTED_OUT, Refused.ON_OWN_LIST, Refused.ON_CAMPAIGN_LIST}


@dataclass(frozen=True, slots=True)
class Judgement:
    """`state` is yes, later or no; `reasons` are sentences without an end."""

    number: str
    state: str
    said: str
    reasons: tuple[str, ...]
    zone: str


def judgement(
    reader: Reader,
    law: LawProfile,
    subject: Subject,
    at: datetime,
    listings: Sequence[Listing] = (),
) -> Judgement:
    """What the law says about the number at `at`; `listings` tell when and how somebody asked."""
    found = judge(subject, law, at)
    zones = canonical(subject.zones, at)
    never = [each for each in found.refusals if each.reason in NEVER]
    refusals = never or found.refusals
    reasons = tuple(_reason(reader, each.reason, subject, listings, at) for each in refusals)
    number = subject.e164 or ""
    if found.permitted:
        said = _until(reader, law, subject, zones, at)
        return Judgement(number, "yes", said, reasons, _named(reader, zones))
    if never:
        zones = frozenset()
    state = "no" if found.earliest_at is None else "later"
    return Judgement(number, state, _not_before(reader, found, at), reasons, _named(reader, zones))


def _until(
    reader: Reader, law: LawProfile, subject: Subject, zones: frozenset[str], at: datetime
) -> str:
    _, until = open_span(law.hours, law.country, law.subdivision, subject.zones, at)
    if len(zones) == 1:
        his = Reader(reader.language, next(iter(zones)))
        return reader.gettext(
            N_("may be called now, until %(time)s his time"), time=clock_time(his, until)
        )
    return reader.gettext(
        N_("may be called now, until %(time)s your time"), time=moment(reader, until, at)
    )


def _not_before(reader: Reader, found: Permission, at: datetime) -> str:
    if found.earliest_at is None:
        return reader.gettext(N_("not to be called"))
    when = moment(reader, found.earliest_at, at)
    return reader.gettext(N_("not before %(time)s your time"), time=when)


def _reason(
    reader: Reader, reason: Refused, subject: Subject, listings: Sequence[Listing], at: datetime
) -> str:
    said = word(reader, reason.value, "law_refusal")
    told = [each for each in listings if each.e164 == subject.e164 and each.holds(at)]
    if reason is Refused.OPTED_OUT:
        told = [each for each in told if each.opt_out]
    if reason not in ASKED or not told:
        return said
    how = word(reader, told[0].how, "do_not_call_how")
    return f"{said} ({day(reader, told[0].added_at)}, {how})"


def _named(reader: Reader, zones: frozenset[str]) -> str:
    """The zone, or how many there may be."""
    if not zones:
        return ""
    if len(zones) == 1:
        return next(iter(zones))
    return reader.ngettext("%(num)s time zone", "%(num)s possible time zones", len(zones))
