"""Whether a call that is answered in some seconds will find an operator.

Capacity are the operators free by then (some now, others each with a chance), demand the ringing
calls answered by then (each with a chance). Small sums are exact (Poisson's binomial), large ones
normal: measured, the exact sum of forty terms buys nothing that the feedback does not.
"""

from collections.abc import Sequence
from math import erf, sqrt

_EXACT_TERMS = 16


class Instant:
    """One instant ahead: `free` operators for certain, others and calls with their chances.

    The doubts are relative standard deviations: of what all answers have in common, and of what
    all who come free have in common.
    """

    __slots__ = (
        "_answers",
        "_demand",
        "_doubt",
        "_exact",
        "_freed",
        "_shared",
        "_variance",
        "capacity",
        "free",
        "mean",
    )

    def __init__(
        self,
        free: int,
        freed: Sequence[float],
        answered: Sequence[float],
        answer_doubt: float = 0.0,
        freed_doubt: float = 0.0,
    ) -> None:
        self.free = free
        mean, variance = float(free), 0.0
        for chance in freed:
            mean += chance
            variance += chance * (1.0 - chance)
        self.capacity = mean  # operators free by then, expected
        self._shared = (freed_doubt * (mean - free)) ** 2
        self._doubt = answer_doubt
        self._answers = 0.0
        for chance in answered:
            self._answers += chance
            variance += chance * (1.0 - chance)
        self.mean = mean - self._answers  # operators left over, expected
        self._variance = variance
        self._exact = len(freed) + len(answered) <= _EXACT_TERMS
        # Of the demand only what may still find somebody is kept: the rest finds all taken.
        self._demand = sum_of(answered)[: max(0, free + len(freed))] if self._exact else []
        self._freed = sum_of(freed) if self._exact else []

    def add(self, answered: float) -> None:
        """One more call rings, answered by then with that chance."""
        self.mean -= answered
        self._answers += answered
        self._variance += answered * (1.0 - answered)
        if self._exact:
            if len(self._demand) < self.free + len(self._freed):
                self._demand.append(0.0)
            _one_more(self._demand, answered)

    def taken(self) -> float:
        """The chance that a call answered then finds everybody taken: demand >= capacity."""
        if not self._exact:
            shared = self._shared + (self._doubt * self._answers) ** 2
            return _below(0.5 - self.mean, self._variance + shared)
        demand, free = self._demand, self.free
        chance, likely_freed, fewer = 1.0 - sum(demand), 0.0, 0
        # Over the demand d: P(d) x P(freed <= d - free).
        for count, likely in enumerate(demand):
            while fewer <= count - free and fewer < len(self._freed):
                likely_freed += self._freed[fewer]
                fewer += 1
            chance += likely * likely_freed
        return max(0.0, chance)


def sum_of(chances: Sequence[float]) -> list[float]:
    """The distribution of how many of these independent chances come true."""
    distribution = [1.0]
    for chance in chances:
        distribution.append(0.0)
        _one_more(distribution, chance)
    return distribution


def _one_more(distribution: list[float], chance: float) -> None:
    """What would be more than its last entry is left out."""
    if not distribution:
        return
    for count in range(len(distribution) - 1, 0, -1):
        distribution[count] += chance * (distribution[count - 1] - distribution[count])
    distribution[0] *= 1.0 - chance


def _below(z: float, variance: float) -> float:
    if variance < 1e-9:
        return 1.0 if z > 0.0 else 0.0
    return 0.5 * (1.0 + erf(z / sqrt(2.0 * variance)))
