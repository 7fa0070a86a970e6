"""A scenario: who works when, whom they call, how those answer, by which law (values; see
`reading.py` for the file and docs/simulate.md for its words)."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from zoneinfo import ZoneInfo

from dialer.compliance.profile import LawProfile
from dialer.order.best_hours import NumberKind
from dialer.order.retry import RetryRules
from dialer.pacing.policy import Policy
from dialer.simulation.distributions import Distribution, Exponential, Lognormal, Uniform


class Leaving(StrEnum):
    """What an operator does whose break or evening has come: goes at once, or when the calls that
    already ring have found somebody."""

    AT_ONCE = "at_once"
    AFTER_CALLS = "after_calls"


class Failing(StrEnum):
    """What calls do while the trunk is out: fail at once, or ring where nobody hears it."""

    FAILS = "fails"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Break:
    """From a minute of the day, for so many minutes."""

    at: int
    minutes: int


@dataclass(frozen=True, slots=True)
class Shift:
    """A group of operators with one timetable: minutes of the office's day, weekdays 0 (Monday) to
    6. Each comes up to `late_minutes` later than said, and goes as much later."""

    count: int
    arrives: int
    leaves: int
    breaks: tuple[Break, ...] = ()
    weekdays: frozenset[int] = frozenset(range(7))
    late_minutes: int = 0
    leaving: Leaving = Leaving.AFTER_CALLS


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of clients: its share of the list, how they answer beside others, how long they talk,
    where they live (zones and share; of several with spaces between nobody knows which), what
    speaks against calling them (shares), of which list and type of number they are, by which the
    pacing learns who answers."""

    name: str
    share: float = 1.0
    answer_factor: float = 1.0
    talk: Distribution = field(default_factory=lambda: Lognormal(120.0, 0.8))
    wrap_up: Distribution = field(default_factory=lambda: Exponential(20.0))
    zones: tuple[tuple[str, float], ...] = ()
    priority: int = 5
    consented: float = 1.0
    listed: float = 0.0
    list_name: str = ""
    number_type: NumberKind = NumberKind.MOBILE

    @property
    def group(self) -> tuple[str, str]:
        """What the pacing is told of whoever is called, as on a real telephone."""
        return self.list_name, self.number_type.value


@dataclass(frozen=True, slots=True)
class Answering:
    """The chance of an answer in each hour of the office's day, how soon it comes, and what else
    can happen: shares of busy lines and of machines among all dials."""

    chances: tuple[float, ...]
    time: Distribution = field(default_factory=lambda: Uniform(4.0, 20.0))
    busy: float = 0.0
    machine: float = 0.0


@dataclass(frozen=True, slots=True)
class Outage:
    """Minutes of each day during which the trunk is out."""

    start: int
    end: int
    failing: Failing = Failing.FAILS


@dataclass(frozen=True, slots=True)
class Scenario:
    """Everything that a run depends on: the same scenario gives the same result."""

    title: str
    seed: int
    first_day: date
    days: int
    zone: ZoneInfo
    law: LawProfile
    policy: Policy
    shifts: tuple[Shift, ...]
    kinds: tuple[Kind, ...]
    answering: Answering
    # People on the list; 0: it never ends.
    list_size: int = 0
    ring_seconds: float = 25.0
    greeting_seconds: float = 0.0
    # Seconds between two decisions.
    tick_seconds: float = 1.0
    outages: tuple[Outage, ...] = ()
    retry: RetryRules = field(default_factory=RetryRules)

    @property
    def operators(self) -> int:
        return sum(shift.count for shift in self.shifts)

    @property
    def zones(self) -> tuple[str, ...]:
        """Every zone that somebody on the list lives in."""
        named = [zone for kind in self.kinds for zone, _ in kind.zones]
        if any(not kind.zones for kind in self.kinds):
            named.append(str(self.zone))
        return tuple(dict.fromkeys(named))
