"""Every reason against a dial is told, with the instant at which it ends."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dialer.compliance.attempt_limits import history_needed
from dialer.compliance.calling_hours import open_span, opening_times
from dialer.compliance.permission import Refusal, Refused, judge
from dialer.compliance.profile import (
    AttemptLimit,
    CallingHours,
    ConsentRule,
    Counted,
    HolidayRule,
    LawProfile,
    Period,
    Span,
)
from dialer.compliance.public_holidays import is_holiday, parts_with_holidays, supported_holidays
from dialer.compliance.subject import Consent, PastAttempt, Subject
from dialer.profiles.built_in import built_in

US = replace(built_in()["us_federal"], attempts=())
RU = built_in()["ru_collectors"]
NOON = datetime(2026, 3, 4, 17, tzinfo=UTC)  # a Wednesday in New York
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ANN = Subject("+12125551234", frozenset({"America/New_York"}))
AGREED = (Consent(NOON - 100 * DAY, None, None),)
IVAN = Subject("+74951234567", frozenset({"Europe/Moscow"}), consents=AGREED)


def reasons(subject: Subject, profile: LawProfile, at: datetime) -> dict[Refused, datetime | None]:
    return {each.reason: each.until for each in judge(subject, profile, at).refusals}


def attempt(at: datetime, *, answered: bool = False, abandoned: bool = False) -> PastAttempt:
    return PastAttempt(at, answered, abandoned)


def test_where_nothing_speaks_against_it_now_is_the_earliest() -> None:
    judged = judge(ANN, US, NOON)
    assert (judged.permitted, judged.refusals, judged.earliest_at) == (True, (), NOON)


def test_every_reason_is_told_at_once() -> None:
    worst = ANN._replace(
        e164="+19002345678",
        listed=frozenset({"own", "campaign", "national", "opt_out", "something new"}),
        do_not_call=True,
        wrong=True,
        own=True,
        attempts=(attempt(NOON - HOUR, answered=True, abandoned=True),),
    )
    profile = replace(
        US,
        consent=ConsentRule.NEEDED,
        attempts=(AttemptLimit(1, Period.DAY),),
        hours=CallingHours(((),) * 7),
    )
    assert set(reasons(worst, profile, NOON)) == {
        *(Refused.PREMIUM, Refused.ON_OWN_LIST, Refused.ON_CAMPAIGN_LIST, Refused.OPTED_OUT),
        *(Refused.ON_NATIONAL_LIST, Refused.DO_NOT_CALL, Refused.WRONG_NUMBER, Refused.OWN),
        *(Refused.NO_CONSENT, Refused.OUTSIDE_HOURS, Refused.TOO_OFTEN, Refused.EMBARGO),
    }


@pytest.mark.parametrize("zones", [set(), {"Europe/Moscow", "No/Such"}, {"../x"}, {"a\r\nb"}])
def test_who_lives_nobody_knows_where_is_never_dialled(zones: set[str]) -> None:
    judged = judge(ANN._replace(zones=frozenset(zones)), US, NOON)
    assert judged.refusals == (Refusal(Refused.ZONE_UNKNOWN),)
    assert judged.earliest_at is None


def test_in_several_zones_the_stricter_hours_hold() -> None:
    wide = ANN._replace(zones=frozenset({"America/New_York", "Pacific/Honolulu"}))
    at = datetime(2026, 3, 4, 13, tzinfo=UTC)  # 8:00 in New York, 3:00 in Honolulu
    assert reasons(ANN, US, at) == {}
    assert reasons(wide, US, at) == {Refused.OUTSIDE_HOURS: at.replace(hour=18)}


def test_hours_follow_the_clocks_that_are_put_forward() -> None:
    night = datetime(2026, 3, 8, 4, tzinfo=UTC)
    assert judge(ANN, US, night).earliest_at == datetime(2026, 3, 8, 12, tzinfo=UTC)
    assert judge(ANN, US, night - DAY).earliest_at == datetime(2026, 3, 7, 13, tzinfo=UTC)


def test_hours_that_end_at_midnight_and_begin_there_are_one_stretch() -> None:
    whole = CallingHours(((Span(0, 1440),),) * 6 + ((Span(0, 600),),))
    _, until = open_span(whole, "", "", frozenset({"Asia/Kathmandu"}), NOON)
    assert until == datetime(2026, 3, 8, 4, 15, tzinfo=UTC)  # Sunday, 10:00 there


def test_hours_that_never_change_stay_for_as_far_as_anybody_looks() -> None:
    always, never = CallingHours(((Span(0, 1440),),) * 7), CallingHours(((),) * 7)
    zones = frozenset({"Europe/Moscow"})
    assert open_span(always, "", "", zones, NOON) == (True, NOON + 400 * DAY)
    assert open_span(never, "", "", zones, NOON) == (False, NOON + 400 * DAY)
    assert opening_times(never, "", "", zones).at(NOON.timestamp()) == (False, None)
    closed = judge(ANN, replace(US, hours=never), NOON)
    assert closed.refusals == (Refusal(Refused.OUTSIDE_HOURS),)
    assert closed.earliest_at is None


def test_a_holiday_has_the_hours_of_a_sunday() -> None:
    women = datetime(2026, 3, 9, 5, 30, tzinfo=UTC)  # the day off for 8 March, 8:30 in Moscow
    assert is_holiday("RU", "", women.toordinal() - datetime(1970, 1, 1, tzinfo=UTC).toordinal())
    assert reasons(IVAN, RU, women) == {Refused.HOLIDAY: women.replace(hour=6, minute=0)}
    assert reasons(IVAN, RU, women + DAY) == {}


def test_on_a_holiday_without_calls_the_night_is_told_too() -> None:
    hours = replace(RU.hours, holidays=HolidayRule.NO_CALLS)
    new_year = datetime(
        2026, 1, 1, 1, tzinfo=UTC
    )  # 4:00 in Moscow; the holidays last till the 11th
    ends = datetime(2026, 1, 10, 6, tzinfo=UTC)  # a Saturday that is no holiday: 9:00 there
    found = reasons(IVAN, replace(RU, hours=hours), new_year)
    assert found == {Refused.OUTSIDE_HOURS: ends, Refused.HOLIDAY: ends}


def test_a_countrys_holidays_are_known_or_told_not_to_be() -> None:
    known = supported_holidays()
    assert {"US", "RU", "SK", "DE", "GB"} <= known
    assert "FL" in parts_with_holidays("US")
    assert parts_with_holidays("ZZ") == parts_with_holidays("") == ()
    assert "ZZ" not in known
    assert not is_holiday("ZZ", "", 20_454)
    assert is_holiday("US", "no such part", 20_454)  # 1 January 2026: the whole country's at least


def test_a_day_limit_ends_with_his_day_in_the_last_of_his_zones() -> None:
    limit = replace(US, attempts=(AttemptLimit(1, Period.DAY),))
    called = ANN._replace(attempts=(attempt(NOON - 2 * HOUR),))
    assert reasons(called, limit, NOON) == {
        Refused.TOO_OFTEN: datetime(2026, 3, 5, 5, tzinfo=UTC)  # midnight in New York
    }
    assert judge(called, limit, NOON).earliest_at == datetime(2026, 3, 5, 13, tzinfo=UTC)
    roaming = called._replace(zones=frozenset({"America/New_York", "America/Los_Angeles"}))
    assert reasons(roaming, limit, NOON) == {Refused.TOO_OFTEN: datetime(2026, 3, 5, 8, tzinfo=UTC)}


@pytest.mark.parametrize(
    ("period", "free_at"),
    [
        (Period.WEEK, datetime(2026, 3, 9, 4, tzinfo=UTC)),  # Monday there, by its summer time
        (Period.MONTH, datetime(2026, 4, 1, 4, tzinfo=UTC)),
    ],
)
def test_weeks_begin_on_monday_and_months_on_the_first(period: Period, free_at: datetime) -> None:
    limit = replace(US, attempts=(AttemptLimit(1, period),))
    called = ANN._replace(attempts=(attempt(NOON - HOUR),))
    assert reasons(called, limit, NOON) == {Refused.TOO_OFTEN: free_at}


def test_rolling_hours_free_one_dial_after_another() -> None:
    limit = replace(US, attempts=(AttemptLimit(2, Period.ROLLING, hours=24),))
    called = ANN._replace(attempts=tuple(attempt(NOON - each * HOUR) for each in (20, 3, 1)))
    assert reasons(called, limit, NOON) == {Refused.TOO_OFTEN: NOON + 21 * HOUR}


def test_only_conversations_count_where_the_law_counts_conversations() -> None:
    limit = replace(US, attempts=(AttemptLimit(1, Period.DAY, Counted.CONVERSATIONS),))
    rang, spoke = attempt(NOON - HOUR), attempt(NOON - HOUR, answered=True)
    assert reasons(ANN._replace(attempts=(rang, rang)), limit, NOON) == {}
    assert set(reasons(ANN._replace(attempts=(spoke,)), limit, NOON)) == {Refused.TOO_OFTEN}


def test_a_limit_of_none_is_for_ever() -> None:
    nobody = replace(US, attempts=(AttemptLimit(0, Period.DAY),))
    for subject in (ANN, ANN._replace(attempts=(attempt(NOON),))):
        assert reasons(subject, nobody, NOON) == {Refused.TOO_OFTEN: None}


def test_who_was_abandoned_is_left_in_peace_unless_an_operator_is_sure() -> None:
    silent = ANN._replace(attempts=(attempt(NOON - HOUR, answered=True, abandoned=True),))
    assert reasons(silent, US, NOON) == {Refused.EMBARGO: NOON + 71 * HOUR}
    assert reasons(silent._replace(agent_certain=True), US, NOON) == {}
    assert reasons(silent, replace(US, embargo_hours=0), NOON) == {}


@pytest.mark.parametrize(
    ("consents", "reason"),
    [
        ((), Refused.NO_CONSENT),
        ((Consent(NOON - DAY, None, None),), None),
        ((Consent(NOON, None, None),), None),
        ((Consent(NOON - DAY, NOON + DAY, None),), None),
        ((Consent(NOON - DAY, NOON, None),), Refused.CONSENT_EXPIRED),
        ((Consent(NOON - DAY, None, NOON),), Refused.CONSENT_REVOKED),
        ((Consent(NOON - DAY, None, NOON + DAY),), None),
        # What he said last counts, whichever consent it was written down with.
        (
            (Consent(NOON - 9 * DAY, None, NOON - DAY), Consent(NOON - 5 * DAY, None, None)),
            Refused.CONSENT_REVOKED,
        ),
        ((Consent(NOON - 9 * DAY, None, NOON - 5 * DAY), Consent(NOON - DAY, None, None)), None),
        # Given and taken back at once: in doubt taken back.
        (
            (Consent(NOON - 9 * DAY, None, NOON - DAY), Consent(NOON - DAY, None, None)),
            Refused.CONSENT_REVOKED,
        ),
    ],
)
def test_a_consent_counts_while_it_is_in_force(
    consents: tuple[Consent, ...], reason: Refused | None
) -> None:
    found = reasons(ANN._replace(consents=consents), replace(US, consent=ConsentRule.NEEDED), NOON)
    assert set(found) == ({reason} if reason else set())


def test_who_has_taken_back_a_consent_is_not_called_where_none_is_needed_either() -> None:
    revoked = ANN._replace(consents=(Consent(NOON - DAY, None, NOON),))
    assert set(reasons(revoked, US, NOON)) == {Refused.CONSENT_REVOKED}
    expired = ANN._replace(consents=(Consent(NOON - DAY, NOON, None),))
    assert reasons(expired, US, NOON) == {}


def test_a_consent_that_expires_before_the_hours_begin_opens_nothing() -> None:
    night = datetime(2026, 3, 4, 6, tzinfo=UTC)
    short = ANN._replace(consents=(Consent(night - DAY, night + HOUR, None),))
    judged = judge(short, replace(US, consent=ConsentRule.NEEDED), night)
    assert [each.reason for each in judged.refusals] == [Refused.OUTSIDE_HOURS]
    assert judged.earliest_at is None


def test_what_is_further_off_than_anybody_looks_is_never() -> None:
    silent = ANN._replace(attempts=(attempt(NOON, answered=True, abandoned=True),))
    judged = judge(silent, replace(US, embargo_hours=24 * 401), NOON + HOUR)
    assert judged.refusals == (Refusal(Refused.EMBARGO, NOON + 401 * DAY),)
    assert judge(silent, replace(US, embargo_hours=24 * 401), NOON).earliest_at is None


@pytest.mark.parametrize("key", list(built_in()))
def test_the_history_that_is_asked_for_is_all_that_can_matter(key: str) -> None:
    profile = built_in()[key]
    older = attempt(NOON - history_needed(profile), answered=True, abandoned=True)
    with_it = IVAN._replace(attempts=(older,) * 9)
    assert judge(with_it, profile, NOON) == judge(IVAN, profile, NOON)
