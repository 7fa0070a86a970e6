"""A survival curve on a grid of seconds: how likely what has lasted so long ends soon."""

from collections.abc import Sequence
from math import exp

from dialer.estimating.bins import COUNT, EDGES

_GRID = 1800  # seconds that are looked up; beyond, the last hazard goes on


class Curve:
    """The cumulative hazard of a length of time, by the second.

    `hazards` are per second and cell of `bins`.
    """

    __slots__ = ("_cumulative", "_tail")

    def __init__(self, hazards: Sequence[float]) -> None:
        cumulative = [0.0]
        cell, total = 0, 0.0
        for second in range(_GRID):
            while cell < COUNT - 1 and EDGES[cell + 1] <= second:
                cell += 1
            total += hazards[cell]
            cumulative.append(total)
        self._cumulative = cumulative
        self._tail = max(hazards[-1], 1e-6)

    def cumulative(self, seconds: float) -> float:
        """The hazard met by the age of `seconds`: survival is exp(-it)."""
        if seconds >= _GRID:
            return self._cumulative[_GRID] + (seconds - _GRID) * self._tail
        second = int(seconds)
        below = self._cumulative[second]
        return below + (seconds - second) * (self._cumulative[second + 1] - below)

    def ends_within(self, age: float, seconds: float) -> float:
        """The chance that what has lasted `age` ends in the next `seconds`."""
        return 1.0 - exp(self.cumulative(age) - self.cumulative(age + seconds))

    def mean(self) -> float:
        """The expected length, seconds (what is beyond the grid, by the tail)."""
        total = sum(exp(-hazard) for hazard in self._cumulative[:-1])
        return total + exp(-self._cumulative[-1]) / self._tail
