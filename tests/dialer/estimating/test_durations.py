"""Lengths of talks are learned from those that ended and from those still going on."""

from math import exp, log
from random import Random

import pytest

from dialer.estimating.bins import COUNT, EDGES, cell_of
from dialer.estimating.curve import Curve
from dialer.estimating.durations import Durations
from dialer.estimating.handling import Handling


def lognormal(random: Random, mean: float, sigma: float = 0.8) -> float:
    return random.lognormvariate(log(mean) - sigma * sigma / 2, sigma)


def share_ending(lengths: list[float], age: float, seconds: float) -> float:
    reached = [each for each in lengths if each > age]
    return sum(each <= age + seconds for each in reached) / len(reached)


@pytest.mark.parametrize("age", [5.0, 60.0, 180.0])
def test_the_chance_to_end_soon_is_the_share_that_does(age: float) -> None:
    random = Random(1)
    learned = Durations()
    for _ in range(2500):
        learned.observe(lognormal(random, 120.0))
    truth = [lognormal(random, 120.0) for _ in range(60_000)]

    for seconds in (5.0, 15.0, 60.0):
        chance = learned.curve().ends_within(age, seconds)
        assert chance == pytest.approx(share_ending(truth, age, seconds), abs=0.035)


def test_the_mean_is_learned_from_sixty_talks_to_within_a_third() -> None:
    random = Random(2)
    learned = Durations()
    for _ in range(60):
        learned.observe(lognormal(random, 200.0))

    assert learned.curve().mean() == pytest.approx(200.0, rel=0.33)


def test_talks_that_have_not_ended_say_that_talks_are_long() -> None:
    fresh = Durations()
    seen = Durations().curve(going_on=[240.0] * 12)

    assert seen.ends_within(60.0, 30.0) < 0.6 * fresh.curve().ends_within(60.0, 30.0)


def test_who_hangs_up_in_the_middle_of_counting_is_not_taken_for_a_short_talk() -> None:
    random = Random(3)
    censored, naive = Durations(), Durations()
    for _ in range(1500):
        length, looked_at = lognormal(random, 120.0), 200.0 * random.random()
        if length <= looked_at:
            censored.observe(length)
            naive.observe(length)
        else:
            censored.observe(looked_at, ended=False)
            naive.observe(looked_at)

    assert censored.curve().mean() == pytest.approx(120.0, rel=0.15)
    assert naive.curve().mean() < 80.0


def test_what_is_old_is_forgotten() -> None:
    random = Random(4)
    learned = Durations()
    for _ in range(4000):
        learned.observe(lognormal(random, 60.0))
    for _ in range(9000):
        learned.observe(lognormal(random, 240.0))

    assert learned.curve().mean() == pytest.approx(240.0, rel=0.12)


def test_two_kinds_of_clients_have_each_their_own_length() -> None:
    random = Random(5)
    handling = Handling()
    for number in range(800):
        kind, mean = ("short", 40.0) if number % 2 else ("long", 360.0)
        handling.talk.observe(number % 7, kind, lognormal(random, mean))
    handling.refresh([], [])

    assert handling.talk.curve("short").mean() == pytest.approx(40.0, rel=0.25)
    assert handling.talk.curve("long").mean() == pytest.approx(360.0, rel=0.25)


def test_a_kind_never_met_is_taken_for_all() -> None:
    random = Random(6)
    handling = Handling()
    for number in range(500):
        handling.talk.observe(number % 7, number % 2, lognormal(random, 100.0))
    handling.refresh([], [])

    assert handling.talk.curve("new").mean() == pytest.approx(100.0, rel=0.2)


def test_a_quick_operator_is_told_from_a_slow_one() -> None:
    random = Random(7)
    handling = Handling()
    for number in range(1200):
        handling.talk.observe("quick", "all", random.expovariate(1 / 60.0))
        handling.talk.observe("slow", "all", random.expovariate(1 / 180.0))
        if number % 100 == 0:
            handling.refresh([], [])

    quick, slow = (handling.talk.tempos[each].ratio for each in ("quick", "slow"))
    assert quick / slow == pytest.approx(3.0, rel=0.35)


def test_talk_and_wrap_up_are_over_as_often_as_they_truly_are() -> None:
    random = Random(8)
    handling = Handling()
    for number in range(2500):
        handling.talk.observe(number % 9, 0, lognormal(random, 100.0))
        handling.wrap_up.observe(number % 9, 0, random.expovariate(1 / 10.0))
    handling.refresh([], [])
    pairs = [(lognormal(random, 100.0), random.expovariate(1 / 10.0)) for _ in range(60_000)]
    reached = [talk + wrap_up for talk, wrap_up in pairs if talk > 90.0]
    truth = sum(over <= 90.0 + 25.0 for over in reached) / len(reached)

    assert handling.free_after_talk(0, 25)[90] == pytest.approx(truth, abs=0.04)


def test_curves_are_drawn_anew_when_enough_is_new_and_no_sooner() -> None:
    handling = Handling()
    for _ in range(5):
        assert not handling.wants_refresh()
        handling.talk.observe(1, 0, 60.0)
    assert handling.wants_refresh()
    handling.refresh([], [])
    assert not handling.wants_refresh()


def test_every_length_has_its_cell_and_cells_leave_no_gap() -> None:
    assert list(EDGES) == sorted(set(EDGES))
    for cell in range(COUNT):
        assert cell_of(EDGES[cell]) == cell
        assert cell_of((EDGES[cell] + EDGES[cell + 1]) / 2) == cell
    assert cell_of(-1.0) == 0
    assert cell_of(10**9) == COUNT - 1


def test_beyond_the_grid_the_last_hazard_goes_on() -> None:
    curve = Curve([0.01] * COUNT)

    assert curve.ends_within(5000.0, 60.0) == pytest.approx(1 - exp(-0.6))
    assert curve.mean() == pytest.approx(100.0, rel=0.01)
