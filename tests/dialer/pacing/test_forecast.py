"""The chance that a call which is answered finds everybody taken."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.pacing.forecast import Instant, sum_of

chances = st.floats(0.0, 1.0)


def taken_by_hand(free: int, freed: list[float], answered: list[float]) -> float:
    """Over every way in which the dice may fall."""
    total = 0.0
    for fell in product((0, 1), repeat=len(freed) + len(answered)):
        likely = 1.0
        for came, chance in zip(fell, [*freed, *answered], strict=True):
            likely *= chance if came else 1.0 - chance
        capacity, demand = free + sum(fell[: len(freed)]), sum(fell[len(freed) :])
        total += likely * (demand >= capacity)
    return total


@given(
    st.integers(-2, 4),
    st.lists(chances, max_size=4),
    st.lists(chances, max_size=4),
    st.lists(chances, max_size=4),
)
def test_a_small_forecast_is_exact(
    free: int, freed: list[float], answered: list[float], added: list[float]
) -> None:
    instant = Instant(free, freed, answered)
    for chance in added:
        instant.add(chance)

    by_hand = taken_by_hand(free, freed, [*answered, *added])
    assert instant.taken() == pytest.approx(by_hand, abs=1e-9)


@given(
    st.integers(-2, 30),
    st.lists(chances, max_size=40),
    st.lists(chances, max_size=40),
    chances,
)
def test_one_more_call_never_lowers_the_chance_and_one_more_operator_never_raises_it(
    free: int, freed: list[float], answered: list[float], added: float
) -> None:
    fewer, more = Instant(free, freed, answered), Instant(free + 1, freed, answered)
    before = fewer.taken()
    assert more.taken() <= before + 1e-9
    exact = len(freed) + len(answered) <= 16
    fewer.add(added)
    # The normal sum may lose a hair where nearly nothing is uncertain.
    assert fewer.taken() >= before - (1e-9 if exact or before < 0.4 else 0.1)


def test_large_sums_are_close_to_exact_ones() -> None:
    freed, answered = [0.08, 0.3, 0.02, 0.15] * 6, [0.05, 0.12, 0.2] * 8
    exact = 0.0
    capacities, demands = sum_of(freed), sum_of(answered)
    for demand, likely in enumerate(demands):
        exact += likely * sum(capacities[: max(0, demand - 3 + 1)])

    assert Instant(3, freed, answered).taken() == pytest.approx(exact, abs=0.02)


def test_expected_capacity_counts_those_who_will_be_free() -> None:
    assert Instant(2, [0.5, 0.25], [0.9]).capacity == pytest.approx(2.75)
