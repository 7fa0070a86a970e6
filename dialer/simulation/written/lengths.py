"""Lengths of time in a scenario file: {kind = "lognormal", mean = 120, sigma = 0.8}."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from crm_core.errors import Invalid
from dialer.simulation.distributions import (
    Distribution,
    Exponential,
    Fixed,
    Lognormal,
    Measured,
    Uniform,
)
from dialer.simulation.written.fields import Fields, number

LONGEST: Final = 4 * 3600.0
"""Seconds. Nothing lasts longer, whatever the tail of a distribution says."""
_MOST_MEASURED: Final = 10_000
_NEARLY_ALL: Final = 1.0 - 1e-9


class Shape(StrEnum):
    """How lengths are spread. Words of the file."""

    FIXED = "fixed"
    UNIFORM = "uniform"
    EXPONENTIAL = "exponential"
    LOGNORMAL = "lognormal"
    MEASURED = "measured"


@dataclass(frozen=True, slots=True)
class Capped:
    """As another, but never longer than so many seconds."""

    of: Distribution
    most: float

    def at(self, u: float) -> float:
        return min(self.most, self.of.at(u))


def read_lengths(fields: Fields, name: str, default: Distribution) -> Distribution:
    """The distribution under that key: a table, or seconds alone for what always takes as long."""
    written = fields.get(name)
    if written is None:
        return default
    at = fields.path(name)
    if isinstance(written, int | float):
        return Fixed(float(number(at, written, least=0.0, most=LONGEST)))
    table = Fields(written, at)
    if "kind" not in table.names():
        raise Invalid(table.path("kind"), "not_one_of", choices=", ".join(Shape))
    found = _read(table, table.word("kind", Shape.FIXED))
    table.done()
    return found if found.at(_NEARLY_ALL) <= LONGEST else Capped(found, LONGEST)


def _read(table: Fields, shape: Shape) -> Distribution:
    if shape is Shape.FIXED:
        return Fixed(_seconds(table, "seconds"))
    if shape is Shape.UNIFORM:
        least, most = _seconds(table, "from"), _seconds(table, "to")
        if most < least:
            raise Invalid(table.path("to"), "out_of_range", least=least, most=LONGEST)
        return Uniform(least, most)
    if shape is Shape.EXPONENTIAL:
        return Exponential(_seconds(table, "mean"))
    if shape is Shape.LOGNORMAL:
        mean = _seconds(table, "mean", least=0.1)
        return Lognormal(mean, table.number("sigma", 0.8, least=0.0, most=3.0))
    items = table.items("seconds", most=_MOST_MEASURED)
    if not items:
        raise Invalid(table.path("seconds"), "required")
    return Measured(
        tuple(sorted(float(number(at, each, least=0.0, most=LONGEST)) for at, each in items))
    )


def _seconds(table: Fields, name: str, least: float = 0.0) -> float:
    if table.get(name) is None:
        raise Invalid(table.path(name), "required")
    return table.number(name, least, least=least, most=LONGEST)
