"""Rivals that know the scenario's distributions: what could be won by learning perfectly."""

from collections.abc import Hashable, Sequence
from math import erf, exp, pi, sqrt
from typing import Final

from dialer.estimating.answering import AnswerRates, Chance
from dialer.estimating.bins import COUNT, EDGES, cell_of
from dialer.estimating.curve import Curve
from dialer.estimating.estimator import Estimator
from dialer.estimating.handling import Handling
from dialer.estimating.ringing import TimeToAnswer
from dialer.pacing.floor import Floor
from dialer.simulation.distributions import Distribution
from dialer.simulation.scenario import Scenario
from tests.bench.pacing.rivals import Rival

_SAMPLES: Final = 20_000


def knowing_estimator(scenario: Scenario) -> Estimator:
    """An estimator that has nothing left to learn."""
    return Estimator(_KnownRates(scenario), _KnownTimes(scenario), _KnownHandling(scenario))


class _KnownRates(AnswerRates):
    def __init__(self, scenario: Scenario) -> None:
        super().__init__()
        factor = sum(kind.share * kind.answer_factor for kind in scenario.kinds)
        whole = sum(kind.share for kind in scenario.kinds)
        self._known = [
            Chance(chance * factor / whole, 0.0) for chance in scenario.answering.chances
        ]

    def chance(self, group: Hashable, hour: int) -> Chance:
        return self._known[hour]

    def stressed(self, hour: int) -> float:
        return self._known[hour].mean

    def observe(self, group: Hashable, hour: int, *, answered: bool, rung: float = 1.0) -> None: ...

    def look(
        self,
        groups: Sequence[Hashable] = (),
        rung: Sequence[float] = (),
        *,
        watch: bool = True,
    ) -> None: ...


class _KnownTimes(TimeToAnswer):
    def __init__(self, scenario: Scenario) -> None:
        super().__init__()
        self._cells = [0.0] * len(self._cells)
        for number in range(_SAMPLES):
            seconds = scenario.answering.time.at((number + 0.5) / _SAMPLES)
            self._cells[min(len(self._cells) - 1, int(seconds))] += 1.0
        self.refresh()

    def observe(self, seconds: float) -> None: ...


class _KnownHandling(Handling):
    def __init__(self, scenario: Scenario) -> None:
        super().__init__()
        for phase, of_kind in ((self.talk, "talk"), (self.wrap_up, "wrap_up")):
            phase.know(
                {
                    number: known_curve(getattr(kind, of_kind))
                    for number, kind in enumerate(scenario.kinds)
                }
            )

    @property
    def doubt(self) -> float:
        return 0.0

    def wants_refresh(self) -> bool:
        return False


def known_curve(distribution: Distribution) -> Curve:
    """The curve of a distribution, from its quantiles."""
    ended = [0] * COUNT
    for number in range(_SAMPLES):
        ended[cell_of(distribution.at((number + 0.5) / _SAMPLES))] += 1
    hazards, at_risk = [], _SAMPLES
    for cell, count in enumerate(ended):
        width = EDGES[cell + 1] - EDGES[cell]
        hazards.append(count / width / max(1.0, at_risk - count / 2))
        at_risk -= count
    return Curve(hazards)


class Forecaster(Rival):
    """Knows every distribution and looks nine seconds ahead.

    It adds a call while the expected overflow over the expected answers stays under a threshold,
    which a slow feedback moves so that what is abandoned stays under 2.85 %.
    """

    _AHEAD: Final = 9.0
    _TARGET: Final = 0.0285
    _GAIN: Final = 0.08  # per abandoned call above the target: an e-fold in twelve

    def __init__(self, scenario: Scenario) -> None:
        self._known = knowing_estimator(scenario)
        self._patience = scenario.law.abandonment.seconds + scenario.greeting_seconds
        self._threshold = self._TARGET
        self._answered, self._over = 0, 0.0

    def person_answered(self, at: float, *, abandoned: bool) -> None:
        self._answered += 1
        self._over += abandoned - self._TARGET
        self._threshold = self._TARGET * exp(-self._GAIN * min(60.0, max(-10.0, self._over)))

    def calls(self, floor: Floor, at: float, hour: int) -> int:
        if not floor.on_duty:
            return 0
        known = self._known
        chance = known.answering.chance(0, hour).mean
        capacity, variance = float(len(floor.ready) - floor.waiting), 0.0
        wait = round(self._AHEAD + self._patience)
        for busy_ones, table_of in (
            (floor.talking, known.handling.free_after_talk),
            (floor.wrapping_up, known.handling.free_after_wrap_up),
        ):
            for busy in busy_ones.values():
                table = table_of(busy.kind, wait)
                free = table[min(int(at - busy.since), len(table) - 1)]
                capacity += free
                variance += free * (1.0 - free)
        answers = 0.0
        share_by = known.ringing.share_by
        for call in floor.ringing.values():
            by_now = share_by(at - call.since)
            soon = share_by(at - call.since + self._AHEAD) - by_now
            answered = chance * soon / (1.0 - chance * by_now)
            answers += answered
            variance += answered * (1.0 - answered)
        added = chance * share_by(self._AHEAD)
        calls = 0
        while calls < 20 * floor.on_duty:
            answers += added
            variance += added * (1.0 - added)
            if _overflow(answers - capacity, variance) > self._threshold * answers:
                break
            calls += 1
        return max(calls, floor.unmet, 0) if self._answered > 40 else max(0, floor.unmet)


def _overflow(mean: float, variance: float) -> float:
    """The expected excess of a normal variable over zero."""
    deviation = sqrt(max(variance, 1e-9))
    z = mean / deviation
    below = 0.5 * (1.0 + erf(z / sqrt(2.0)))
    return mean * below + deviation * exp(-z * z / 2.0) / sqrt(2.0 * pi)
