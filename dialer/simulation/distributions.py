"""Lengths of time as a scenario writes them; each is a function of one uniform number (pure)."""

from dataclasses import dataclass
from math import exp, log
from statistics import NormalDist
from typing import Protocol

_NORMAL = NormalDist()


class Distribution(Protocol):
    """`at(u)` is the length, seconds, that a share `u` (between 0 and 1) of all stays below."""

    def at(self, u: float) -> float: ...


@dataclass(frozen=True, slots=True)
class Fixed:
    """Always the same."""

    seconds: float

    def at(self, u: float) -> float:
        return self.seconds


@dataclass(frozen=True, slots=True)
class Uniform:
    """Anything between the two, evenly."""

    least: float
    most: float

    def at(self, u: float) -> float:
        return self.least + u * (self.most - self.least)


@dataclass(frozen=True, slots=True)
class Exponential:
    """The memoryless one."""

    mean: float

    def at(self, u: float) -> float:
        return -self.mean * log(1.0 - u)


@dataclass(frozen=True, slots=True)
class Lognormal:
    """What conversations look like: `mean` of the lengths, `sigma` of their logarithms."""

    mean: float
    sigma: float

    def at(self, u: float) -> float:
        middle = log(self.mean) - self.sigma * self.sigma / 2.0
        return exp(middle + self.sigma * _NORMAL.inv_cdf(u))


@dataclass(frozen=True, slots=True)
class Measured:
    """Lengths as they were measured, sorted; drawn straight between neighbours."""

    seconds: tuple[float, ...]

    def at(self, u: float) -> float:
        place = u * (len(self.seconds) - 1)
        below = int(place)
        if below + 1 >= len(self.seconds):
            return self.seconds[-1]
        return self.seconds[below] + (place - below) * (
            self.seconds[below + 1] - self.seconds[below]
        )
