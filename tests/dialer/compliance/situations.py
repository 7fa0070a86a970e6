"""Profiles, persons and instants as Hypothesis draws them, for the product and for the checker."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

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
from dialer.compliance.spans import narrowed
from dialer.compliance.stored import as_values
from dialer.compliance.subject import Consent, PastAttempt, Subject
from dialer.profiles.built_in import built_in
from tests.dialer.compliance.checker import Agreement, Dial, Person, Rules

NUMBER = "+79161234567"
ZONES = (
    *("Europe/Moscow", "Europe/London", "Europe/Berlin", "America/New_York", "America/Denver"),
    *("America/Phoenix", "America/St_Johns", "America/Havana", "America/Santiago", "UTC"),
    *("Asia/Kathmandu", "Asia/Kolkata", "Africa/Cairo", "Asia/Beirut", "Africa/Casablanca"),
    *("Australia/Lord_Howe", "Australia/Eucla", "Pacific/Chatham", "Pacific/Kiritimati"),
    *("Pacific/Pago_Pago", "Antarctica/Troll", "America/Nuuk", "Asia/Kamchatka", "Asia/Almaty"),
)
TURNED_CLOCKS = tuple(
    datetime.fromisoformat(each).replace(tzinfo=UTC)
    for each in (
        *("2026-03-08T07:00", "2026-11-01T06:00", "2026-03-29T01:00", "2026-10-25T01:00"),
        *("2026-04-04T15:00", "2026-10-03T15:30", "2026-04-23T22:00", "2026-10-29T21:00"),
        *("2026-03-28T22:00", "2026-10-24T21:00", "2026-04-05T03:00", "2026-09-06T04:00"),
        *("2027-01-01T00:00", "2027-05-01T00:00", "2024-02-29T23:00", "2024-02-29T19:00"),
        *("2026-02-15T02:00", "2026-03-22T02:00", "2026-03-28T23:00", "2026-12-31T21:00"),
    )
)
minutes = st.integers(0, 1440)
spans = st.lists(st.tuples(minutes, minutes), max_size=2).map(
    lambda drawn: tuple(Span(min(each), max(each)) for each in drawn if each[0] != each[1])
)
usual_spans = st.sampled_from(
    [(Span(480, 1260),), (Span(540, 1200),), (), (Span(0, 1440),), (Span(1320, 1440), Span(0, 60))]
)
hours = st.builds(
    CallingHours,
    st.tuples(*([spans | usual_spans] * 7)),
    st.sampled_from(HolidayRule),
)
rolling = st.builds(
    AttemptLimit,
    most=st.integers(0, 4),
    period=st.just(Period.ROLLING),
    counted=st.sampled_from(Counted),
    hours=st.sampled_from([1, 24, 48, 72, 168, 192, 800]),
)
calendar = st.builds(
    AttemptLimit,
    most=st.integers(1, 4),
    period=st.sampled_from([Period.DAY, Period.WEEK, Period.MONTH]),
    counted=st.sampled_from(Counted),
)
limits = st.lists(rolling | calendar, max_size=3).map(tuple)
places = st.sampled_from([("US", ""), ("US", "FL"), ("RU", ""), ("SK", ""), ("", ""), ("DE", "ZZ")])
zone_sets = st.frozensets(st.sampled_from(ZONES), min_size=1, max_size=3)
instants = st.one_of(
    st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1)).map(  # noqa: DTZ001 - made aware here
        lambda at: at.replace(tzinfo=UTC)
    ),
    st.tuples(st.sampled_from(TURNED_CLOCKS), st.integers(-36 * 60, 36 * 60)).map(
        lambda drawn: drawn[0] + timedelta(minutes=drawn[1])
    ),
)


@st.composite
def profiles(draw: st.DrawFn) -> LawProfile:
    """One of the built-in ones, or anything at all."""
    profile = draw(st.sampled_from(list(built_in().values())))
    if draw(st.integers(0, 3)) == 0:
        return profile
    country, subdivision = draw(places)
    return replace(
        profile,
        country=country,
        subdivision=subdivision,
        hours=draw(hours),
        attempts=draw(limits),
        embargo_hours=draw(st.sampled_from([0, 1, 24, 72])),
        consent=draw(st.sampled_from(ConsentRule)),
    )


@st.composite
def changed_profiles(draw: st.DrawFn) -> tuple[LawProfile, LawProfile]:
    """A profile, and the same with some of it borrowed from another: often looser, often not."""
    before, other = draw(profiles()), draw(profiles())
    names = ("hours", "attempts", "embargo_hours", "consent", "country")
    borrowed = draw(st.sets(st.sampled_from(names), max_size=3))
    after = replace(before, **{name: getattr(other, name) for name in borrowed})
    if draw(st.booleans()):
        fewer = tuple(replace(each, most=each.most - 1) for each in after.attempts if each.most)
        after = replace(after, attempts=fewer + draw(limits))
    if draw(st.booleans()):
        after = replace(after, hours=narrowed(after.hours, draw(hours)))
    return before, after


@dataclass(frozen=True)
class Situation:
    """One person, as the product knows him and as the checker does, at an instant."""

    subject: Subject
    person: Person
    at: datetime


@st.composite
def situations(draw: st.DrawFn) -> Situation:
    """Somebody with a past, of whom nothing is amiss but perhaps a mark."""
    at = draw(instants)
    zones = draw(zone_sets)
    ago = st.timedeltas(timedelta(), timedelta(days=40)).map(_whole_minutes)
    dials = [
        Dial(at - before, answered=answered, abandoned=answered and abandoned)
        for before, answered, abandoned in draw(
            st.lists(st.tuples(ago, st.booleans(), st.booleans()), max_size=5)
        )
    ]
    near = st.timedeltas(timedelta(days=-30), timedelta(days=20)).map(_whole_minutes)
    agreements = [
        Agreement(
            at + given,
            None if lasts is None else at + given + lasts,
            None if revoked is None else at + given + revoked,
        )
        for given, lasts, revoked in draw(
            st.lists(st.tuples(near, st.none() | ago, st.none() | ago), max_size=3)
        )
    ]
    do_not_call = draw(st.integers(0, 9)) == 0
    certain = draw(st.booleans())
    person = Person(sorted(zones), dials, agreements, do_not_call, certain)
    return Situation(subject_of(person), person, at)


def subject_of(person: Person) -> Subject:
    """The same person as the product knows him."""
    return Subject(
        NUMBER,
        frozenset(person.zones),
        do_not_call=person.blocked,
        attempts=tuple(PastAttempt(e.at, e.answered, e.abandoned) for e in person.dials),
        consents=tuple(Consent(e.given_at, e.expires_at, e.revoked_at) for e in person.agreements),
        agent_certain=person.agent_certain,
    )


def rules_of(profile: LawProfile) -> Rules:
    """What the checker is told of a profile."""
    return Rules(as_values(profile))


def _whole_minutes(length: timedelta) -> timedelta:
    return timedelta(minutes=length // timedelta(minutes=1))
