"""Nothing that Hypothesis can think of is permitted outside the rules, and nothing too late."""

from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.compliance.calling_hours import HORIZON_DAYS, open_span
from dialer.compliance.loosening import loosened
from dialer.compliance.permission import Refused, judge, refusals_of
from dialer.compliance.profile import CallingHours, LawProfile
from dialer.compliance.spans import narrowed
from tests.dialer.compliance.checker import may_dial
from tests.dialer.compliance.situations import (
    Situation,
    changed_profiles,
    hours,
    instants,
    profiles,
    rules_of,
    situations,
    zone_sets,
)

STEADY = settings(max_examples=400, deadline=None, derandomize=True, database=None)
FEWER = settings(STEADY, max_examples=120)
MINUTE = timedelta(minutes=1)
DAYS_CHECKED_MINUTE_BY_MINUTE = 1


@STEADY
@given(situations(), profiles())
def test_a_dial_is_permitted_exactly_where_the_checker_finds_nothing(
    situation: Situation, profile: LawProfile
) -> None:
    judged = judge(situation.subject, profile, situation.at)
    assert judged.permitted == may_dial(situation.person, rules_of(profile), situation.at)


@FEWER
@given(situations(), profiles(), st.integers(0, 2**32))
def test_the_earliest_instant_is_lawful_and_none_before_it_is(
    situation: Situation, profile: LawProfile, seed: int
) -> None:
    rules = rules_of(profile)
    earliest = judge(situation.subject, profile, situation.at).earliest_at
    if earliest is not None:
        assert may_dial(situation.person, rules, earliest)
    end = earliest or situation.at + timedelta(days=HORIZON_DAYS)
    for at in _instants_between(situation.at, end, Random(seed)):
        assert not may_dial(situation.person, rules, at)


@FEWER
@given(situations(), profiles())
def test_each_reason_holds_until_its_end_and_no_longer(
    situation: Situation, profile: LawProfile
) -> None:
    def reasons(at: datetime) -> set[Refused]:
        found = refusals_of(situation.subject, profile, at)
        return {_CONSENT.get(each.reason, each.reason) for each in found}

    for refusal in refusals_of(situation.subject, profile, situation.at):
        if refusal.until is None or refusal.reason in _OF_HOURS:
            continue
        assert refusal.until > situation.at
        reason = _CONSENT.get(refusal.reason, refusal.reason)
        assert reason in reasons(refusal.until - timedelta(microseconds=1))
        assert reason not in reasons(refusal.until)


@FEWER
@given(hours, zone_sets, instants)
def test_hours_stay_as_they_are_until_the_instant_that_is_told(
    rules: CallingHours, zones: frozenset[str], at: datetime
) -> None:
    is_open, until = open_span(rules, "RU", "", zones, at)
    assert at < until <= at + timedelta(days=HORIZON_DAYS)
    before, _ = open_span(rules, "RU", "", zones, until - timedelta(milliseconds=1))
    after, _ = open_span(rules, "RU", "", zones, until)
    assert before == is_open
    assert after != is_open or until == at + timedelta(days=HORIZON_DAYS)


@STEADY
@given(situations(), changed_profiles())
def test_a_profile_that_loosens_nothing_permits_nothing_new(
    situation: Situation, change: tuple[LawProfile, LawProfile]
) -> None:
    before, after = change
    if not loosened(before, after) and judge(situation.subject, after, situation.at).permitted:
        assert judge(situation.subject, before, situation.at).permitted


@STEADY
@given(hours, hours, zone_sets, instants)
def test_narrowed_hours_are_open_only_where_both_are(
    law: CallingHours, own: CallingHours, zones: frozenset[str], at: datetime
) -> None:
    if open_span(narrowed(law, own), "RU", "", zones, at)[0]:
        assert open_span(law, "RU", "", zones, at)[0]
        assert open_span(own, "RU", "", zones, at)[0]


_OF_HOURS = {Refused.OUTSIDE_HOURS, Refused.HOLIDAY}
_CONSENT = dict.fromkeys((Refused.CONSENT_EXPIRED, Refused.CONSENT_REVOKED), Refused.NO_CONSENT)
"""One reason by several names: what lacks may be given and taken back before it is in force."""


def _instants_between(begin: datetime, end: datetime, random: Random) -> list[datetime]:
    """Every minute of the last day before `end`, the first hours, and some in between."""
    last = max(begin, end - timedelta(days=DAYS_CHECKED_MINUTE_BY_MINUTE))
    found = [begin] if begin < end else []
    first = last.replace(second=0, microsecond=0) + MINUTE
    while first < end:
        found.append(first)
        first += MINUTE
    span = (end - begin).total_seconds()
    found += [begin + timedelta(seconds=random.random() * span) for _ in range(200)]
    return [each.astimezone(UTC) for each in found if begin <= each < end]
