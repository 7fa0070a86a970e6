"""The length of talks and wrap-ups, learned from those that ended and from those still going on.

A hazard per cell by Nelson and Aalen (events over what was at risk), drawn towards a lognormal
fitted to the same observations, whose own guess is the trade's usual or a wider group's fit.
"""

from collections.abc import Iterable, Sequence
from math import erf, exp, log, pi, sqrt

from dialer.estimating.bins import COUNT, EDGES, cell_of
from dialer.estimating.curve import Curve

# Observations after which an old one weighs 1/e: a morning of twenty operators.
_MEMORY = 3000.0
# Before anything is known: conversations of about a minute, anything from 15 s to 4 min likely.
_FIRST_GUESS = (60.0, 1.0)
_GUESS_WEIGHT = 4.0  # conversations that the first guess counts for
_DRAWN_BY = 30.0  # observations at risk that the smooth curve counts for in each cell


class Durations:
    """Lengths observed, forgetting the old ones. `curve` is what is believed now."""

    __slots__ = ("_ended", "_median", "_sigma", "_unfinished", "_weight", "wider")

    def __init__(
        self,
        median: float = _FIRST_GUESS[0],
        sigma: float = _FIRST_GUESS[1],
        wider: "Durations | None" = None,
    ) -> None:
        self._ended = [0.0] * COUNT
        self._unfinished = [0.0] * COUNT
        self._weight = 1.0  # of an observation made now; grows, instead of the old ones shrinking
        self._median, self._sigma = median, sigma
        self.wider = wider

    @property
    def observed(self) -> float:
        """Ended ones that still count, in observations of now."""
        return sum(self._ended) / self._weight

    def observe(self, seconds: float, *, ended: bool = True) -> None:
        """One has ended after `seconds`; or was cut off then without its end being known."""
        self._weight *= 1.0 + 1.0 / _MEMORY
        (self._ended if ended else self._unfinished)[cell_of(seconds)] += self._weight
        if self._weight > 1e6:
            self._rescale()

    def fitted(self) -> tuple[float, float]:
        """Mean and deviation of the logarithms, as far as they are known."""
        return self._fitted([count / self._weight for count in self._ended], [0.0] * COUNT)

    def curve(self, going_on: Iterable[float] = ()) -> Curve:
        """What is believed now; `going_on` are the ages of those that have not ended yet."""
        return Curve(self._hazards(going_on))

    def _hazards(self, going_on: Iterable[float]) -> list[float]:
        ended = [count / self._weight for count in self._ended]
        censored = [count / self._weight for count in self._unfinished]
        for age in going_on:
            censored[cell_of(age)] += 1.0
        smooth = _lognormal_hazards(*self._fitted(ended, censored))
        hazards = [0.0] * COUNT
        at_risk = 0.0
        for cell in range(COUNT - 1, -1, -1):
            # Who ended or was lost in the cell was at risk for half of it.
            exposure = at_risk + (ended[cell] + censored[cell]) / 2
            at_risk += ended[cell] + censored[cell]
            width = EDGES[cell + 1] - EDGES[cell]
            hazards[cell] = (ended[cell] / width + _DRAWN_BY * smooth[cell]) / (
                exposure + _DRAWN_BY
            )
        return hazards

    def _fitted(self, ended: Sequence[float], censored: Sequence[float]) -> tuple[float, float]:
        """Mean and deviation of the logarithms that fit best (expectation and maximisation, three
        rounds), the guess counting for some conversations of its own."""
        mean, sigma = self._guess()
        first_mean, first_variance = mean, sigma * sigma
        for _ in range(3):
            weight = _GUESS_WEIGHT
            first = weight * first_mean
            second = weight * (first_variance + first_mean**2)
            for cell in range(COUNT):
                if ended[cell]:
                    value = log((EDGES[cell] + EDGES[cell + 1]) / 2)
                    weight += ended[cell]
                    first += ended[cell] * value
                    second += ended[cell] * value * value
                if censored[cell]:
                    value, square = _beyond(log(max(EDGES[cell], 0.5)), mean, sigma)
                    weight += censored[cell]
                    first += censored[cell] * value
                    second += censored[cell] * square
            mean = first / weight
            sigma = sqrt(max(second / weight - mean * mean, 0.01))
        return mean, sigma

    def _guess(self) -> tuple[float, float]:
        """A kind is at first taken for all; all for what is usual in the trade."""
        if self.wider is None:
            return log(self._median), self._sigma
        return self.wider.fitted()

    def _rescale(self) -> None:
        self._ended = [count / self._weight for count in self._ended]
        self._unfinished = [count / self._weight for count in self._unfinished]
        self._weight = 1.0


def _lognormal_hazards(mean: float, sigma: float) -> list[float]:
    return [_lognormal_hazard(EDGES[cell], EDGES[cell + 1], mean, sigma) for cell in range(COUNT)]


def _upper(z: float) -> float:
    """How much of a normal distribution lies above z."""
    return 0.5 * (1.0 - erf(z / sqrt(2.0)))


def _beyond(bound: float, mean: float, sigma: float) -> tuple[float, float]:
    """The expected value and square of a normal variable known to be above `bound`."""
    z = min(6.0, (bound - mean) / sigma)
    ratio = exp(-z * z / 2) / sqrt(2 * pi) / _upper(z)
    value = mean + sigma * ratio
    return value, sigma * sigma * (1.0 + z * ratio - ratio * ratio) + value * value


def _lognormal_hazard(start: float, end: float, mean: float, sigma: float) -> float:
    """The mean hazard per second between two ages."""
    above_start = _upper((log(start) - mean) / sigma) if start > 0 else 1.0
    above_end = _upper((log(end) - mean) / sigma)
    if above_start < 1e-9:
        return 1.0 / max(start, 1.0)
    return min(2.0, log(above_start / max(above_end, 1e-12)) / (end - start))
