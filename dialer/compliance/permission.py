"""Whether a number may be dialled now, and if not, why, and when at the earliest (pure)."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from dialer.compliance.attempt_limits import free_at
from dialer.compliance.calling_hours import HORIZON_DAYS, opening_times
from dialer.compliance.consenting import Standing, changes_to, standing
from dialer.compliance.local_time import are_known
from dialer.compliance.profile import ConsentRule, LawProfile
from dialer.compliance.refusals import Permission, Refusal, Refused
from dialer.compliance.special_numbers import special
from dialer.compliance.subject import Subject

__all__ = ["Permission", "Refusal", "Refused", "judge", "refusals_of"]

_LISTS: Final[Mapping[str, Refused]] = {
    "own": Refused.ON_OWN_LIST,
    "campaign": Refused.ON_CAMPAIGN_LIST,
    "national": Refused.ON_NATIONAL_LIST,
    "opt_out": Refused.OPTED_OUT,
}
_ENOUGH: Final[Mapping[ConsentRule, frozenset[Standing]]] = {
    ConsentRule.NEEDED: frozenset({Standing.IN_FORCE}),
    ConsentRule.NOT_NEEDED: frozenset(Standing) - {Standing.REVOKED},
}
_LACKING: Final[Mapping[Standing, Refused]] = {
    Standing.NONE: Refused.NO_CONSENT,
    Standing.EXPIRED: Refused.CONSENT_EXPIRED,
    Standing.REVOKED: Refused.CONSENT_REVOKED,
}

_Told = Sequence[Refusal]
_NOTHING: Final[_Told] = ()
"""What nearly every rule tells of nearly everybody: judging fifty is a matter of microseconds."""


def judge(subject: Subject, profile: LawProfile, at: datetime) -> Permission:
    """The judgement at `at`, with every reason that speaks against it.

    `earliest_at` looks HORIZON_DAYS ahead, as if nothing were dialled and nothing said meanwhile.
    """
    refusals = refusals_of(subject, profile, at)
    if not refusals:
        return Permission((), at)
    earliest_at: datetime | None = at
    last = at + timedelta(days=HORIZON_DAYS)
    left = refusals
    while left and earliest_at is not None:
        ends = [each.until for each in left if each.until is not None]
        if len(ends) < len(left) or max(ends) > last:
            earliest_at = None
        else:
            earliest_at = max(ends)
            left = refusals_of(subject, profile, earliest_at)
    return Permission(refusals, earliest_at)


def refusals_of(subject: Subject, profile: LawProfile, at: datetime) -> tuple[Refusal, ...]:
    """What speaks against it at `at`; each holds without a break until its own end."""
    found: list[Refusal] = []
    for rule in _RULES:
        told = rule(subject, profile, at)
        if told:
            found += told
    return tuple(found)


def _number(subject: Subject, profile: LawProfile, at: datetime) -> _Told:
    if subject.e164 is None:
        return [Refusal(Refused.NOT_VALID)]
    reason = special(subject.e164, profile.country)
    return [Refusal(reason)] if reason else _NOTHING


def _marks(subject: Subject, profile: LawProfile, at: datetime) -> _Told:
    if not (subject.listed or subject.own or subject.wrong or subject.do_not_call):
        return _NOTHING
    found = [_LISTS.get(kind, Refused.ON_OWN_LIST) for kind in sorted(subject.listed)]
    if subject.own:
        found.append(Refused.OWN)
    if subject.wrong:
        found.append(Refused.WRONG_NUMBER)
    if subject.do_not_call:
        found.append(Refused.DO_NOT_CALL)
    return [Refusal(reason) for reason in dict.fromkeys(found)]


def _consent(subject: Subject, profile: LawProfile, at: datetime) -> _Told:
    """Who has taken back a consent is not called, whether it was needed or not."""
    if not subject.consents:
        needed = profile.consent is ConsentRule.NEEDED
        return [Refusal(Refused.NO_CONSENT)] if needed else _NOTHING
    now = standing(subject.consents, at)
    if now is Standing.IN_FORCE:
        return _NOTHING
    enough = _ENOUGH[profile.consent]
    if now in enough:
        return _NOTHING
    return [Refusal(_LACKING[now], changes_to(enough, subject.consents, at))]


def _hours(subject: Subject, profile: LawProfile, at: datetime) -> _Told:
    if not are_known(subject.zones):
        return [Refusal(Refused.ZONE_UNKNOWN)]
    opening = opening_times(profile.hours, profile.country, profile.subdivision, subject.zones)
    instant = at.timestamp()
    is_open, change = opening.at(instant)
    if is_open:
        return _NOTHING
    until = None if change is None else datetime.fromtimestamp(change, UTC)
    by_hours, by_holiday = opening.closed_by(instant)
    reasons = [(by_hours, Refused.OUTSIDE_HOURS), (by_holiday, Refused.HOLIDAY)]
    return [Refusal(reason, until) for holds, reason in reasons if holds]


def _attempts(subject: Subject, profile: LawProfile, at: datetime) -> _Told:
    if not subject.attempts:
        for limit in profile.attempts:
            if limit.most <= 0:
                return [Refusal(Refused.TOO_OFTEN)]
        return _NOTHING
    free, until = free_at(profile.attempts, subject.attempts, subject.zones, at)
    return _NOTHING if free else [Refusal(Refused.TOO_OFTEN, until)]


def _embargo(subject: Subject, profile: LawProfile, at: datetime) -> _Told:
    if subject.agent_certain or not subject.attempts:
        return _NOTHING
    abandoned = [each.at for each in subject.attempts if each.abandoned]
    if not abandoned:
        return _NOTHING
    until = max(abandoned) + timedelta(hours=profile.embargo_hours)
    return [Refusal(Refused.EMBARGO, until)] if at < until else _NOTHING


_RULES: Final[tuple[Callable[[Subject, LawProfile, datetime], _Told], ...]] = (
    *(_number, _marks, _consent, _hours, _attempts, _embargo),
)
