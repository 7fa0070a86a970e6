"""The virtual clock loses nobody, breaks no rule, and its referee would see it if it did."""

from collections.abc import Hashable
from dataclasses import replace
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.compliance.profile import LawProfile, Window
from dialer.estimating.estimator import Estimator
from dialer.order.best_hours import NumberKind
from dialer.pacing.decision import Decision, Why
from dialer.pacing.floor import Floor
from dialer.pacing.meter import Meter
from dialer.pacing.pacer import Pacer
from dialer.pacing.policy import Mode, Policy
from dialer.profiles.built_in import built_in
from dialer.simulation.distributions import Exponential, Fixed, Lognormal
from dialer.simulation.result import Broken, Result
from dialer.simulation.scenario import (
    Answering,
    Break,
    Failing,
    Kind,
    Leaving,
    Outage,
    Scenario,
    Shift,
)
from dialer.simulation.world import World

US, MOSCOW = ZoneInfo("America/New_York"), ZoneInfo("Europe/Moscow")
LAW = built_in()["us_federal"]


def scenario(**changes: Any) -> Scenario:
    """Four operators for three hours in New York, a quarter answers, the list never ends."""
    law: LawProfile = changes.pop("law", LAW)
    policy = Policy(
        changes.pop("mode", Mode.PREDICTIVE),
        limit=law.abandonment.limit,
        patience_seconds=law.abandonment.seconds,
    )
    plain = Scenario(
        title="small",
        seed=1,
        first_day=date(2026, 3, 9),
        days=2,
        zone=US,
        law=law,
        policy=policy,
        shifts=(Shift(4, 10 * 60, 13 * 60),),
        kinds=(Kind("all", talk=Lognormal(60.0, 0.8), wrap_up=Exponential(10.0)),),
        answering=Answering((0.25,) * 24),
        tick_seconds=2.0,
    )
    return replace(plain, **changes)


def run(played: Scenario, pacing: Any = None) -> Result:
    meter = Meter(played.law.abandonment, played.zone)
    return World(played, pacing or Pacer(played.policy, Estimator(), meter)).run()


class Reckless(Pacer):
    """Dials as many as it is told, whatever the law."""

    def __init__(self, calls: int) -> None:
        super().__init__(Policy(Mode.POWER), Estimator(), Meter(LAW.abandonment, US))
        self._calls = calls

    def decide(self, floor: Floor, at: float, hour: int) -> Decision:
        return Decision(self._calls, Why.RATIO, len(floor.ready), len(floor.ringing))


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    operators=st.integers(0, 6),
    mode=st.sampled_from([Mode.PROGRESSIVE, Mode.POWER, Mode.PREDICTIVE]),
    rate=st.floats(0.0, 1.0),
    leaving=st.sampled_from(Leaving),
    failing=st.sampled_from(Failing),
    size=st.sampled_from([0, 40, 400]),
    talk=st.sampled_from([20.0, 60.0, 900.0]),
    rest=st.sampled_from([1, 15]),
)
def test_everybody_who_answers_is_connected_or_abandoned_and_nobody_works_more_than_he_is_there(
    seed: int,
    operators: int,
    mode: Mode,
    rate: float,
    leaving: Leaving,
    failing: Failing,
    size: int,
    talk: float,
    rest: int,
) -> None:
    played = scenario(
        seed=seed,
        mode=mode,
        shifts=(Shift(operators, 10 * 60, 12 * 60, (Break(11 * 60, rest),), leaving=leaving),),
        kinds=(Kind("all", talk=Lognormal(talk, 0.8), wrap_up=Exponential(10.0)),),
        answering=Answering((rate,) * 24, busy=(1 - rate) / 3, machine=(1 - rate) / 3),
        outages=(Outage(10 * 60 + 30, 10 * 60 + 40, failing),),
        list_size=size,
    )
    result = run(played)

    assert result.answers == result.connected + result.abandoned
    assert result.dials >= result.answers + result.machines + result.failed
    assert 0.0 <= result.busy_share <= 1.0 + 1e-9
    assert sum(hour.dials for hour in result.hours) == result.dials
    assert not set(result.violations) - {Broken.ABANDONMENT}
    if size:
        assert result.list_left is not None
        assert 0 <= result.list_left <= size
    if not operators:
        assert (result.dials, result.duty_seconds) == (0, 0.0)


def test_the_same_people_are_met_whoever_paces() -> None:
    """Everybody's fate is his own: the first fifty dialled answer the same, one by one."""

    class Noting(Pacer):
        def __init__(self, played: Scenario) -> None:
            super().__init__(played.policy, Estimator(), Meter(played.law.abandonment, played.zone))
            self.heard: list[float] = []

        def call_answered(self, group: Hashable, hour: int, rang: float) -> None:
            super().call_answered(group, hour, rang)
            self.heard.append(rang)

    heard = []
    for mode in (Mode.PROGRESSIVE, Mode.PREDICTIVE):
        played = scenario(mode=mode)
        noting = Noting(played)
        run(played, noting)
        heard.append(set(noting.heard[:30]))

    assert len(heard[0] & heard[1]) >= 25


def test_predictive_keeps_operators_busier_than_progressive_within_the_law() -> None:
    day = (Shift(8, 9 * 60, 17 * 60),)
    busy = {
        mode: run(scenario(mode=mode, shifts=day)) for mode in (Mode.PROGRESSIVE, Mode.PREDICTIVE)
    }

    assert busy[Mode.PREDICTIVE].busy_share > 1.15 * busy[Mode.PROGRESSIVE].busy_share
    assert busy[Mode.PREDICTIVE].abandoned_share <= 0.03


@pytest.mark.parametrize("chance", [0.1, 0.4])
def test_a_hundred_operators_who_begin_together_are_kept_busy_within_the_law(
    chance: float,
) -> None:
    """Hundreds of calls are placed before the first answer: whoever takes the quick ones for all,
    or the rest for a lull, lets dozens be abandoned, and then waits an hour for the meter."""
    law = replace(LAW, abandonment=replace(LAW.abandonment, window=Window.DAY))
    shifts = (Shift(100, 9 * 60, 11 * 60),)
    answering = Answering((chance,) * 24)
    result = run(scenario(law=law, shifts=shifts, answering=answering, days=1, tick_seconds=1.0))

    assert result.violations == {}
    assert result.busy_share > 0.85


@pytest.mark.parametrize("window", Window)
def test_every_window_stays_within_its_limit(window: Window) -> None:
    law = replace(LAW, abandonment=replace(LAW.abandonment, window=window))
    result = run(scenario(law=law, days=6, shifts=(Shift(6, 9 * 60, 15 * 60),)))

    assert result.violations == {}
    assert 0.0 < result.worst_window.share <= 0.03


def test_the_referee_sees_too_many_abandoned() -> None:
    assert run(scenario(), Reckless(3)).violations[Broken.ABANDONMENT] >= 1


def test_the_referee_sees_too_many_lines_and_too_many_calls_in_a_second() -> None:
    tight = scenario(policy=Policy(Mode.POWER, trunks=20, calls_per_second=2.0))
    broken = run(tight, Reckless(3)).violations

    assert broken[Broken.TRUNKS] > 0
    assert broken[Broken.CALLS_PER_SECOND] > 0


def test_the_referee_sees_a_telephone_that_rings_too_short() -> None:
    assert run(scenario(ring_seconds=8.0)).violations[Broken.MINIMUM_RING] > 0


def test_nobody_is_called_before_his_own_morning() -> None:
    """At nine in New York it is six in Los Angeles: two hours of a shift are for the others."""
    kinds = (
        Kind("east", 0.5, zones=(("America/New_York", 1.0),)),
        Kind("west", 0.5, zones=(("America/Los_Angeles", 1.0),)),
    )
    early = run(scenario(kinds=kinds, shifts=(Shift(4, 9 * 60, 11 * 60),)))
    west_only = run(scenario(kinds=kinds[1:], shifts=(Shift(4, 9 * 60, 11 * 60),)))
    later = run(scenario(kinds=kinds[1:], shifts=(Shift(4, 9 * 60, 13 * 60),)))

    assert early.dials > 0 == west_only.dials < later.dials
    assert early.violations == later.violations == {}


def test_a_list_is_worked_off_and_the_rest_told() -> None:
    result = run(scenario(list_size=60, days=25))

    assert result.list_finished + (result.list_left or 0) == 60
    assert result.list_finished > 40
    assert result.violations == {}


def test_who_may_not_be_called_is_counted_by_its_reason() -> None:
    kinds = (Kind("some", consented=0.5, listed=0.2),)
    result = run(scenario(law=built_in()["ru"], zone=MOSCOW, kinds=kinds, list_size=300, days=3))

    assert result.refused["no_consent"] > 100
    assert result.refused["on_national_list"] > 30
    assert result.violations == {}


def test_who_leaves_when_the_calls_are_over_leaves_fewer_abandoned() -> None:
    """Everybody has a break every half hour, called one to one."""
    breaks = tuple(Break(9 * 60 + 30 * number, 10) for number in range(1, 12))
    abandoned = {
        leaving: run(
            scenario(
                mode=Mode.PROGRESSIVE,
                days=5,
                shifts=(Shift(8, 9 * 60, 15 * 60, breaks, leaving=leaving),),
            )
        ).abandoned
        for leaving in Leaving
    }

    assert abandoned[Leaving.AFTER_CALLS] == 0 < abandoned[Leaving.AT_ONCE]


def test_the_pacing_is_told_the_list_and_the_type_of_number_of_each_call() -> None:
    spring, old = Kind("new", list_name="spring"), Kind("old", number_type=NumberKind.LANDLINE)
    two = scenario(kinds=(spring, old), days=1)
    told: set[Hashable] = set()

    class Hearing(Pacer):
        def decide(self, floor: Floor, at: float, hour: int) -> Decision:
            told.update(call.group for call in floor.ringing.values())
            return super().decide(floor, at, hour)

        def call_answered(self, group: Hashable, hour: int, rang: float) -> None:
            told.add(("answered", group))

        def call_unanswered(self, group: Hashable, hour: int, rang: float) -> None:
            told.add(("unanswered", group))

    World(two, Hearing(two.policy, Estimator(), Meter(two.law.abandonment, US))).run()
    groups = {spring.group, old.group}
    ends = {(end, group) for end in ("answered", "unanswered") for group in groups}
    assert told == groups | ends


@pytest.mark.parametrize("leaving", Leaving)
@pytest.mark.parametrize("minutes", [1, 4, 11])
def test_whoever_talks_through_his_break_has_one_talk_and_goes_on(
    leaving: Leaving, minutes: int
) -> None:
    breaks = tuple(Break(at, minutes) for at in range(10 * 60 + 15, 13 * 60, 30))
    shifts = (Shift(4, 10 * 60, 13 * 60, breaks, leaving=leaving),)
    ten_minutes = (Kind("all", talk=Fixed(600.0), wrap_up=Fixed(1.0)),)
    result = run(scenario(shifts=shifts, kinds=ten_minutes, mode=Mode.POWER, days=1))

    assert result.talk_seconds == 600.0 * result.connected
    assert result.talk_seconds + result.wrap_up_seconds <= result.duty_seconds
    assert result.connected > 4 * 8
