"""A year of dialling under each profile that comes with the product: not one unlawful dial."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from dialer.compliance.attempt_limits import history_needed
from dialer.compliance.permission import judge
from dialer.compliance.profile import LawProfile
from dialer.profiles.built_in import built_in
from tests.dialer.compliance.checker import Agreement, Dial, Person, Rules, may_dial, violations
from tests.dialer.compliance.situations import ZONES, rules_of, subject_of

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
DAYS, PEOPLE, TRIES_A_DAY = 365, 200, 100
CHECKED_REFUSALS = 0.02
"""Share of the refusals that the slow checker looks at; of the dials it looks at each."""
HOMES = {
    "US": ("America/New_York", "America/Chicago", "America/Denver", "Pacific/Honolulu"),
    "RU": ("Europe/Kaliningrad", "Europe/Moscow", "Asia/Omsk", "Asia/Kamchatka"),
    "GB": ("Europe/London",),
    "SK": ("Europe/Bratislava",),
    "DE": ("Europe/Berlin",),
    "": ZONES,
}


@pytest.mark.parametrize("key", list(built_in()))
def test_a_year_of_dialling_breaks_no_rule(key: str) -> None:
    profile = built_in()[key]
    random, rules = Random(f"year of {key}"), rules_of(profile)
    town = [_resident(random, profile) for _ in range(PEOPLE)]
    dialled = refused_wrongly = 0
    broken: list[tuple[datetime, list[str]]] = []
    for at in _instants(random):
        person = random.choice(town)
        _forget_what_is_old(person, profile, at)
        if judge(subject_of(person), profile, at).permitted:
            broken += [(at, found)] if (found := violations(person, rules, at)) else []
            dialled += 1
            _live_through(person, at, random)
        elif random.random() < CHECKED_REFUSALS:
            refused_wrongly += may_dial(person, rules, at)
    assert broken == []
    assert refused_wrongly == 0
    assert dialled > PEOPLE  # the year was not spent refusing


def test_the_checker_sees_a_dial_that_breaks_each_rule() -> None:
    rules = Rules({**rules_of(built_in()["ru_collectors"]).values})
    noon = datetime(2026, 3, 4, 9, tzinfo=UTC)
    person = Person(["Europe/Moscow"], agreements=[Agreement(NEW_YEAR)])
    assert violations(person, rules, noon) == []
    assert violations(person, rules, noon.replace(hour=20)) == ["hours"]
    assert violations(person, rules, datetime(2026, 3, 9, 18, tzinfo=UTC)) == ["hours"]
    person.dials = [Dial(noon - timedelta(hours=3), answered=True, abandoned=True)]
    assert violations(person, rules, noon) == ["attempts", "embargo"]
    person.agreements[0].revoked_at = noon
    assert violations(person, rules, noon + timedelta(days=7)) == ["consent"]


def _instants(random: Random) -> Iterator[datetime]:
    """As many for each day on average, at any second of the year."""
    drawn = [random.randrange(DAYS * 86_400) for _ in range(DAYS * TRIES_A_DAY)]
    for second in sorted(drawn):
        yield NEW_YEAR + timedelta(seconds=second)


def _resident(random: Random, profile: LawProfile) -> Person:
    homes = HOMES[profile.country]
    person = Person(random.sample(homes, min(len(homes), random.choice([1, 1, 2]))))
    person.blocked = random.random() < 0.02
    for _ in range(random.choice([0, 1, 1, 1, 2])):
        given_at = NEW_YEAR + timedelta(days=random.randint(-300, 100))
        lasts = timedelta(days=random.randint(30, 700)) if random.random() < 0.5 else None
        person.agreements.append(Agreement(given_at, given_at + lasts if lasts else None))
    person.agent_certain = random.random() < 0.1
    return person


def _live_through(person: Person, at: datetime, random: Random) -> None:
    """What came of a dial: nobody, a talk, silence; sometimes a consent taken back, or a stop."""
    answered = random.random() < 0.3
    person.dials.append(Dial(at, answered, abandoned=answered and random.random() < 0.1))
    if answered and person.agreements and random.random() < 0.02:
        random.choice(person.agreements).revoked_at = at
    person.blocked |= answered and random.random() < 0.005


def _forget_what_is_old(person: Person, profile: LawProfile, at: datetime) -> None:
    """Only what the product says it needs is shown to it, and to the checker."""
    since = at - history_needed(profile)
    person.dials = [each for each in person.dials if each.at > since]
