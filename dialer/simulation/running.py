"""A simulation with the product's own pacing, which learns from nothing, as the first day does."""

from collections.abc import Callable
from dataclasses import replace

from dialer.estimating.estimator import Estimator
from dialer.pacing.meter import Meter
from dialer.pacing.pacer import Pacer
from dialer.simulation.result import Result
from dialer.simulation.scenario import Scenario, Shift
from dialer.simulation.world import World

Heard = Callable[[int], bool | None]
"""Told after each day how many are over; False ends the run there."""


def simulate(scenario: Scenario, tell: Heard = lambda days: None) -> tuple[Result, int]:
    """The result, and how many days it is of."""
    meter = Meter(scenario.law.abandonment, scenario.zone)
    world = World(scenario, Pacer(scenario.policy, Estimator(), meter))
    days = 0
    while days < scenario.days:
        world.run_day(days)
        days += 1
        if tell(days) is False:
            break
    return world.finish(), days


def with_operators(scenario: Scenario, operators: int) -> Scenario:
    """The same with a team of that size: each group grows or shrinks by its share, the largest
    remainders first."""
    now = scenario.operators
    exact = [shift.count * operators / now for shift in scenario.shifts]
    counts = [int(each) for each in exact]
    by_remainder = sorted(range(len(exact)), key=lambda n: counts[n] - exact[n])
    for n in by_remainder[: operators - sum(counts)]:
        counts[n] += 1
    pairs = zip(scenario.shifts, counts, strict=True)
    shifts: tuple[Shift, ...] = tuple(replace(shift, count=count) for shift, count in pairs)
    return replace(scenario, shifts=shifts)


def sizes_around(operators: int) -> tuple[int, ...]:
    """Five team sizes to compare, from half to twice as many, the team's own among them."""
    wanted = [round(operators * share) for share in (0.5, 0.75, 1.0, 1.5, 2.0)]
    sizes = {max(1, each) for each in wanted}
    larger = operators
    while len(sizes) < 5:
        larger += 1
        sizes.add(larger)
    return tuple(sorted(sizes))
