"""The people on a simulated list: who they are, and what happens when one is dialled."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from dialer.compliance.subject import Consent, PastAttempt, Subject
from dialer.order.outcomes import Dialled
from dialer.order.ranking import rank
from dialer.simulation.draws import Draws
from dialer.simulation.scenario import Scenario
from telephony.events import Outcome

_LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=UTC)
_BUSY_SECONDS: Final = 3.0  # until the busy tone


@lru_cache(maxsize=10_000)
def zones_in(written: str) -> frozenset[str]:
    """Every zone that such a text names."""
    return frozenset(written.split())


@dataclass(slots=True)
class Person:
    """One entry of the list. `zone` is where he lives, of several any: as `Kind.zones` says it."""

    id: int
    kind: int
    zone: str
    consented: bool
    listed: bool
    rank: int
    dialled: list[Dialled] = field(default_factory=list)
    attempts: list[PastAttempt] = field(default_factory=list)

    def subject(self, e164: str, *, certain: bool = False) -> Subject:
        """What the law asks about him."""
        return Subject(
            e164=e164,
            zones=zones_in(self.zone),
            listed=frozenset({"national"}) if self.listed else frozenset(),
            attempts=tuple(self.attempts),
            consents=(Consent(_LONG_AGO, None, None),) if self.consented else (),
            agent_certain=certain,
        )


@dataclass(frozen=True, slots=True)
class Fate:
    """What a dial comes to: after `seconds` of ringing it is answered by a person, by a machine, is
    busy, or (outcome NO_ANSWER) rings on."""

    outcome: Outcome
    seconds: float
    talk: float = 0.0
    wrap_up: float = 0.0


class People:
    """Makes the people of a scenario, each the same for the same seed, and draws their fates."""

    def __init__(self, scenario: Scenario) -> None:
        self._seed = scenario.seed
        self._kinds = scenario.kinds
        self._office = str(scenario.zone)

    def make(self, number: int) -> Person:
        """The `number`-th on the list, from 1."""
        draws = Draws(self._seed, number)
        kind = _picked([kind.share for kind in self._kinds], draws.next())
        of_kind = self._kinds[kind]
        zones = of_kind.zones or ((self._office, 1.0),)
        zone = zones[_picked([share for _, share in zones], draws.next())][0]
        consented = draws.next() < of_kind.consented
        listed = draws.next() < of_kind.listed
        return Person(number, kind, zone, consented, listed, rank(of_kind.priority, 0))


def drawn(scenario: Scenario, person: Person, hour: int) -> Fate:
    """What comes of the next dial to the person, in that hour of the office's day.

    The same dice fall whatever the hour: a better one only lets more of them answer.
    """
    draws = Draws(scenario.seed, person.id, 1 + len(person.dialled))
    kind, answering, ring_seconds = (
        scenario.kinds[person.kind],
        scenario.answering,
        scenario.ring_seconds,
    )
    u = draws.next()
    if u < answering.chances[hour] * kind.answer_factor:
        seconds = answering.time.at(draws.next())
        if seconds <= ring_seconds:
            talk, wrap_up = kind.talk.at(draws.next()), kind.wrap_up.at(draws.next())
            return Fate(Outcome.ANSWERED, seconds, talk, wrap_up)
        return Fate(Outcome.NO_ANSWER, ring_seconds)
    # Counted from the other end, so that who would answer in a better hour is nobody else's.
    if u > 1.0 - answering.busy:
        return Fate(Outcome.BUSY, _BUSY_SECONDS)
    if u > 1.0 - answering.busy - answering.machine:
        seconds = min(ring_seconds, answering.time.at(draws.next()))
        return Fate(Outcome.MACHINE, seconds)
    return Fate(Outcome.NO_ANSWER, ring_seconds)


def _picked(shares: list[float], u: float) -> int:
    """The index whose share of the whole `u` falls into."""
    wanted = u * sum(shares)
    for index, share in enumerate(shares):
        wanted -= share
        if wanted < 0.0:
            return index
    return len(shares) - 1
