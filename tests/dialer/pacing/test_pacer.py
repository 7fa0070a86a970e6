"""How many calls are placed: never more than is lawful, and never fewer for more operators."""

from collections.abc import Callable
from datetime import UTC
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.compliance.profile import AbandonmentRule, Window
from dialer.estimating.estimator import Estimator
from dialer.pacing.floor import Busy, Floor, Ringing
from dialer.pacing.meter import Meter
from dialer.pacing.pacer import Decision, Pacer, Why
from dialer.pacing.policy import Mode, Policy

NOW = 1_770_000_000.0


def pacer(policy: Policy | None = None, *, seen: int = 600, abandoned: int = 6) -> Pacer:
    """A pacer that has seen a morning of calls answered by a quarter of those called."""
    policy = policy or Policy(Mode.PREDICTIVE)
    made = Pacer(policy, Estimator(), Meter(AbandonmentRule(policy.limit, Window.DAY), UTC))
    random = Random(1)
    for number in range(seen):
        before = NOW - 1.0
        made.person_answered(before, abandoned=number < abandoned)
        made.call_answered("list", 10, random.uniform(4.0, 20.0))
        for _ in range(3):
            made.call_unanswered("list", 10, 25.0)
        made.talk_ended(number % 10, "all", random.lognormvariate(4.5, 0.8))
        made.wrap_up_ended(number % 10, "all", random.expovariate(1 / 20.0))
        made.estimator.look(NOW - 10.0 * (seen - number))
    return made


def floor(
    ready: int = 0,
    talking: tuple[float, ...] = (),
    ringing: tuple[float, ...] = (),
    waiting: int = 0,
) -> Floor:
    """Operators who are free, who have talked for so long; calls that have rung for so long."""
    made = Floor(waiting=waiting)
    made.ready = {f"free {number}": NOW for number in range(ready)}
    made.talking = {f"busy {n}": Busy("all", NOW - age) for n, age in enumerate(talking)}
    made.ringing = {n: Ringing("list", NOW - age) for n, age in enumerate(ringing)}
    return made


def decided(made: Pacer, seen: Floor) -> Decision:
    return made.decide(seen, NOW, 10)


ages = st.lists(st.floats(0.0, 400.0), max_size=25).map(tuple)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 20), ages, st.lists(st.floats(0, 30), max_size=30).map(tuple))
def test_more_free_operators_never_mean_fewer_calls(
    ready: int, talking: tuple[float, ...], ringing: tuple[float, ...]
) -> None:
    fewer = decided(pacer(), floor(ready, talking, ringing))
    more = decided(pacer(), floor(ready + 1, talking, ringing))

    assert more.calls >= fewer.calls


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 20), ages, st.lists(st.floats(0, 30), max_size=30).map(tuple))
def test_a_call_that_rings_already_never_means_more_calls(
    ready: int, talking: tuple[float, ...], ringing: tuple[float, ...]
) -> None:
    fewer = decided(pacer(), floor(ready, talking, (*ringing, 1.0)))
    more = decided(pacer(), floor(ready, talking, ringing))

    assert more.calls >= fewer.calls


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 12), ages, st.integers(0, 12), st.integers(19, 60))
def test_at_the_limit_of_the_meter_it_is_one_call_per_free_operator(
    ready: int, talking: tuple[float, ...], ringing: int, abandoned: int
) -> None:
    made = pacer(seen=600, abandoned=abandoned)
    decision = decided(made, floor(ready, talking, (3.0,) * ringing))

    assert decision.calls == max(0, ready - ringing)
    assert decision.why in (Why.METER_FULL, Why.NOBODY_ON_DUTY)


def test_below_the_limit_it_looks_ahead() -> None:
    decision = decided(pacer(), floor(4, (100.0,) * 16, (5.0,) * 4))

    assert decision.why is Why.FORECAST
    assert decision.calls > 0
    assert decision.answer_chance == pytest.approx(0.25, rel=0.25)
    assert (decision.ready, decision.ringing) == (4, 4)
    assert 0.0 < decision.freed < 16.0
    assert decision.meter == pytest.approx(0.01)


def writing(count: int) -> Floor:
    """Nobody is free; so many have written for a minute."""
    made = floor()
    made.wrapping_up = {f"busy {number}": Busy("all", NOW - 60.0) for number in range(count)}
    return made


def test_operators_about_to_finish_are_counted_on() -> None:
    assert decided(pacer(), writing(12)).calls > 0
    assert decided(pacer(), floor(0, (2.0,) * 12)).calls == 0


def test_operators_who_will_go_after_this_call_are_not() -> None:
    going = writing(12)
    going.leaving = set(going.wrapping_up)

    assert decided(pacer(), going).calls == 0


def test_where_none_may_be_abandoned_there_is_one_call_per_free_operator() -> None:
    made = pacer(Policy(Mode.PREDICTIVE, limit=0.0), abandoned=0)
    decision = decided(made, floor(5, (300.0,) * 30, (1.0,) * 2))

    assert (decision.calls, decision.why) == (3, Why.NONE_MAY_BE_ABANDONED)


def test_in_preview_nothing_is_dialled_by_itself() -> None:
    decision = decided(pacer(Policy(Mode.PREVIEW)), floor(5))

    assert (decision.calls, decision.why) == (0, Why.PREVIEW)


def test_progressive_dials_for_each_free_operator_and_counts_what_rings_and_waits() -> None:
    made = pacer(Policy(Mode.PROGRESSIVE))
    decision = decided(made, floor(7, (50.0,), (2.0, 3.0), waiting=1))

    assert (decision.calls, decision.why) == (4, Why.ONE_PER_OPERATOR)


def test_power_dials_a_fixed_number_for_each_free_operator() -> None:
    made = pacer(Policy(Mode.POWER, ratio=2.5))

    assert decided(made, floor(4, (50.0,), (2.0,) * 3)).calls == 7


def test_power_keeps_to_the_law_too() -> None:
    made = pacer(Policy(Mode.POWER, ratio=2.5), abandoned=30)

    assert decided(made, floor(4, (), ())).calls == 4


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 60), st.integers(0, 40), st.integers(0, 80))
def test_there_are_never_more_lines_than_trunks(ready: int, ringing: int, trunks: int) -> None:
    made = pacer(Policy(Mode.PREDICTIVE, trunks=trunks))
    seen = floor(ready, (30.0,) * 10, (4.0,) * ringing)

    assert seen.lines + decided(made, seen).calls <= max(trunks, seen.lines)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from([0.2, 0.5, 1.0, 3.0, 12.0]),
    st.lists(st.tuples(st.floats(0.05, 1.5), st.integers(0, 40)), min_size=5, max_size=40),
)
def test_no_second_sees_more_calls_than_allowed(
    per_second: float, steps: list[tuple[float, int]]
) -> None:
    made = pacer(Policy(Mode.PROGRESSIVE, calls_per_second=per_second))
    at, placed = NOW, list[tuple[float, int]]()
    for seconds, ready in steps:
        at += seconds
        placed.append((at, made.decide(floor(ready), at, 10).calls))

    span = max(1.0, 1.0 / per_second)
    for end, _ in placed:
        within = sum(calls for when, calls in placed if end - span < when <= end)
        assert within <= max(1, int(per_second))


def test_a_trunk_that_fails_everything_is_left_alone_but_for_a_try_now_and_then() -> None:
    made = pacer()
    for _ in range(8):
        made.call_failed(NOW)
    seen = floor(10, (60.0,) * 5)
    tries = sum(made.decide(seen, NOW + second, 10).calls for second in range(2))
    assert tries <= 2
    assert decided(made, seen).why is Why.TRUNK_FAILS

    made.call_unanswered("list", 10, 25.0)
    assert made.decide(seen, NOW + 60.0, 10).why is Why.FORECAST


def test_failed_calls_say_nothing_about_people() -> None:
    made = pacer()
    before = made.estimator.answering.chance("list", 10).mean
    for _ in range(500):
        made.call_failed(NOW)

    assert made.estimator.answering.chance("list", 10).mean == before


def test_after_a_silent_hour_the_meter_could_bear_that_people_answer_again() -> None:
    made = pacer(Policy(Mode.PREDICTIVE, calls_per_second=10_000, trunks=10_000))
    for _ in range(400):
        made.call_unanswered("list", 10, 25.0)
        made.estimator.look(NOW - 1.0)
    silent = made.decide(floor(3, (60.0,) * 7), NOW, 11)
    usual, may_be_abandoned = 0.21, 0.03 * 600 - 6

    assert silent.answer_chance < 0.1
    assert silent.calls * usual <= silent.ready + silent.freed + may_be_abandoned


@pytest.mark.parametrize("build", [lambda: floor(3, (70.0,) * 9, (5.0,) * 6)])
def test_the_same_past_and_the_same_floor_give_the_same_decision(
    build: Callable[[], Floor],
) -> None:
    assert decided(pacer(), build()) == decided(pacer(), build())
