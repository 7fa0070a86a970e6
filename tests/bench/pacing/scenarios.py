"""The scenarios of the comparison: teams x answer rates x what happens to them in a day."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from dialer.compliance.profile import Window
from dialer.pacing.policy import Mode, Policy
from dialer.profiles.built_in import built_in
from dialer.simulation.distributions import Exponential, Lognormal, Uniform
from dialer.simulation.scenario import Answering, Break, Kind, Leaving, Outage, Scenario, Shift

TEAMS: Final = (3, 5, 10, 20, 50, 200)
RATES: Final = (0.08, 0.12, 0.25, 0.40)
_ZONE: Final = ZoneInfo("America/New_York")
_OPEN, _NOON, _LUNCH, _EVENING, _CLOSE = 9 * 60, 12 * 60, 13 * 60, 18 * 60, 20 * 60


class Happening(StrEnum):
    """What the day is like."""

    STEADY = "steady"
    HALVING = "halving"  # the answer rate halves at noon and doubles at 18:00
    LUNCH = "lunch"  # all operators leave together for an hour
    TWO_KINDS = "two_kinds"  # half talk 40 s, half 6 min
    DEAD_HOUR = "dead_hour"  # the trunk fails every call for an hour


@dataclass(frozen=True, slots=True)
class Case:
    """One cell of the comparison."""

    team: int
    rate: float
    happening: Happening
    seed: int = 1
    days: int = 30
    window: Window = Window.PERIODS_OF_30_DAYS

    @property
    def name(self) -> str:
        return f"{self.team} x {self.rate:.2f} {self.happening}"

    def scenario(self) -> Scenario:
        """As the simulation takes it: talk 120 s lognormal, wrap-up 20 s, answered in 4-20 s."""
        law = built_in()["us_federal"]
        rule = replace(law.abandonment, window=self.window)
        law = replace(law, abandonment=rule)
        return Scenario(
            title=self.name,
            seed=self.seed,
            first_day=date(2026, 3, 9),
            days=self.days,
            zone=_ZONE,
            law=law,
            policy=Policy(Mode.PREDICTIVE, limit=rule.limit, patience_seconds=rule.seconds),
            shifts=(Shift(self.team, _OPEN, _CLOSE, self._breaks(), leaving=Leaving.AT_ONCE),),
            kinds=self._kinds(),
            answering=Answering(self._chances(), Uniform(4.0, 20.0)),
            outages=self._outages(),
        )

    def _breaks(self) -> tuple[Break, ...]:
        return (Break(_LUNCH, 60),) if self.happening is Happening.LUNCH else ()

    def _outages(self) -> tuple[Outage, ...]:
        return (Outage(15 * 60, 16 * 60),) if self.happening is Happening.DEAD_HOUR else ()

    def _kinds(self) -> tuple[Kind, ...]:
        wrap_up = Exponential(20.0)
        if self.happening is Happening.TWO_KINDS:
            return (
                Kind("short", 0.5, talk=Lognormal(40.0, 0.8), wrap_up=wrap_up),
                Kind("long", 0.5, talk=Lognormal(360.0, 0.8), wrap_up=wrap_up),
            )
        return (Kind("all", talk=Lognormal(120.0, 0.8), wrap_up=wrap_up),)

    def _chances(self) -> tuple[float, ...]:
        if self.happening is not Happening.HALVING:
            return (self.rate,) * 24
        lean = range(_NOON // 60, _EVENING // 60)
        return tuple(self.rate / 2 if hour in lean else self.rate for hour in range(24))


def cases() -> Iterator[Case]:
    """Every cell, one seed."""
    for team in TEAMS:
        for rate in RATES:
            for happening in Happening:
                yield Case(team, rate, happening)
