"""What may be risked follows what may still be abandoned."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.pacing.meter import Count
from dialer.pacing.steering import Steering


@given(st.integers(0, 5000), st.integers(0, 200), st.floats(0.001, 0.2))
def test_nothing_is_risked_when_one_more_would_break_the_limit(
    answered: int, abandoned: int, limit: float
) -> None:
    count = Count(answered, abandoned)
    risk = Steering(limit).risk(count, 0.0, may_recover=True)

    if abandoned and abandoned + 1 > limit * answered:
        assert risk == 0.0
    assert 0.0 <= risk <= 3.0 * limit


def test_a_fuller_purse_risks_more() -> None:
    risks = []
    for purse in (-3.0, 0.0, 3.0, 6.0):
        steering = Steering(0.03, purse=purse)
        steering.turn(1, 3000)
        steering.purse = purse
        risks.append(steering.risk(Count(5000, 100), 0.0))

    assert risks == sorted(risks)
    assert risks[0] < risks[-1]


def test_what_is_abandoned_follows_the_aim() -> None:
    """The world answers to risk in its own way: 1.8 abandoned for each that was expected."""
    random = Random(1)
    steering, count = Steering(0.03), Count()
    for _ in range(20_000):
        steering.turn(1, max(1, count.answered))
        risk = steering.risk(count, 0.0)
        steering.took(risk)
        abandoned = random.random() < 1.8 * risk
        count.answered += 1
        count.abandoned += abandoned
        steering.answered(abandoned=abandoned)

    assert 0.026 < count.share < 0.03


def test_a_campaign_may_aim_lower_than_the_law() -> None:
    random = Random(3)
    steering, count = Steering(0.03, target=0.01), Count()
    for _ in range(20_000):
        steering.turn(1, max(1, count.answered))
        risk = steering.risk(count, 0.0)
        steering.took(risk)
        abandoned = random.random() < 1.5 * risk
        count.answered += 1
        count.abandoned += abandoned
        steering.answered(abandoned=abandoned)

    assert 0.007 < count.share < 0.0115


def test_an_overtaking_world_is_learned() -> None:
    random = Random(2)
    steering, count = Steering(0.03), Count()
    for _ in range(8000):
        steering.turn(1, max(1, count.answered))
        risk = steering.risk(count, 0.0)
        steering.took(risk)
        abandoned = random.random() < 2.5 * risk
        count.answered += 1
        count.abandoned += abandoned
        steering.answered(abandoned=abandoned)

    assert steering.overtaking == pytest.approx(2.5, rel=0.4)


def test_risk_that_was_not_taken_teaches_nothing() -> None:
    """Where trunks or a full floor of free operators held the calls back, that nobody was abandoned
    says nothing of the forecast."""
    steering = Steering(0.03)
    for _ in range(1000):
        steering.risk(Count(1000, 0), 0.0)
        steering.took(0.0)
        steering.answered(abandoned=False)

    assert steering.overtaking == pytest.approx(Steering(0.03).overtaking)


def test_the_first_calls_of_a_short_window_are_risked_for_nothing() -> None:
    assert Steering(0.03).risk(Count(), 0.0) == 0.0
    assert 0.0 < Steering(0.03).risk(Count(), 0.0, may_recover=True) < 0.01


def test_another_window_begins_with_an_empty_purse() -> None:
    steering = Steering(0.03)
    steering.turn(1, 1000)
    for _ in range(100):
        steering.answered(abandoned=False)
    steering.turn(2, 1000)

    assert steering.purse == 0.0


def test_answers_that_are_sure_to_come_count_before_they_do() -> None:
    steering = Steering(0.03)
    late, early = steering.risk(Count(60, 2), 0.0), steering.risk(Count(60, 2), 2000.0)

    assert late == 0.0 < early
