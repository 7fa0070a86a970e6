"""The list of a simulated campaign in memory: the order and the law decide who is dialled next."""

from collections import Counter
from datetime import UTC, datetime
from heapq import heappop, heappush
from typing import Final
from zoneinfo import ZoneInfo

from phonenumbers import PhoneNumberFormat, PhoneNumberType, example_number_for_type, format_number

from dialer.compliance.calling_hours import opening_times
from dialer.compliance.permission import judge
from dialer.compliance.profile import LawProfile
from dialer.compliance.subject import PastAttempt
from dialer.order.outcomes import Dialled, Verdict
from dialer.order.ranking import rank
from dialer.order.retry import Person as Called
from dialer.order.retry import next_attempt
from dialer.simulation.people import People, Person, zones_in
from dialer.simulation.scenario import Scenario
from telephony.events import Outcome

_MOST_REFUSED: Final = 5000
"""People met in one go of whom none may be called: of a list without an end, it may be nobody."""


class _Bucket:
    """Those of one zone, or of one doubt between zones, who may be dialled by everything but the
    hour, the next first (a heap)."""

    __slots__ = ("_opening", "is_open", "ready", "until")

    def __init__(self, law: LawProfile, zone: str) -> None:
        self.ready: list[tuple[int, int, Person]] = []
        self.is_open = False
        self._opening = opening_times(law.hours, law.country, law.subdivision, zones_in(zone))
        self.until: float = 0.0

    def look(self, at: float) -> None:
        """Open or close, where the hour has come."""
        if at >= self.until:
            self.is_open, until = self._opening.at(at)
            self.until = until if until is not None else float("inf")


class WaitingList:
    """`next` gives who may be dialled now; `over` takes him back with what came of it.

    A list without an end is made as it is called, and nobody on it is called twice.
    """

    def __init__(self, scenario: Scenario) -> None:
        self.refused: Counter[str] = Counter()
        self.finished = 0
        self._scenario = scenario
        self._law = scenario.law
        self._people = People(scenario)
        self._made = 0
        self._buckets: dict[str, _Bucket] = {}
        self._later: list[tuple[float, int, Person]] = []
        self._e164 = _example_number(scenario.law.country)
        self._judged: dict[tuple[str, bool, bool], float] = {}
        for zone in scenario.zones:
            self._buckets[zone] = _Bucket(scenario.law, zone)
        for _ in range(scenario.list_size):
            self._make()

    @property
    def left(self) -> int | None:
        """People who may still be dialled some day; None for a list without an end."""
        size = self._scenario.list_size
        return size - self.finished if size else None

    def next(self, at: float) -> Person | None:
        """The next whom the order and the law let be dialled at `at` (POSIX seconds)."""
        while self._later and self._later[0][0] <= at:
            person = heappop(self._later)[2]
            self._stand(person)
        for _ in range(_MOST_REFUSED):
            bucket = self._foremost(at)
            if bucket is None:
                break
            person = heappop(bucket.ready)[2]
            if self._may(person, at):
                return person
        return None

    def over(self, person: Person, at: float, decided_at: float, outcome: Outcome) -> None:
        """The dial decided upon at `decided_at` ended with this outcome at `at`."""
        if not self._scenario.list_size:
            return
        began = _instant(decided_at)
        talked = outcome is Outcome.ANSWERED
        person.dialled.append(Dialled(began, 0, outcome, Verdict.DONE if talked else None))
        abandoned = outcome is Outcome.ABANDONED
        person.attempts.append(PastAttempt(began, talked or abandoned, abandoned))
        zone = ZoneInfo(min(zones_in(person.zone)))
        called = Called((0,), zone, (person.id % 97) / 97.0)
        embargo = self._law.embargo_hours
        rules = self._scenario.retry
        following = next_attempt(person.dialled, _instant(at), called, rules, embargo_hours=embargo)
        if following.at is None:
            self.finished += 1
        else:
            person.rank = rank(self._scenario.kinds[person.kind].priority, len(person.dialled))
            heappush(self._later, (following.at.timestamp(), person.id, person))

    def _foremost(self, at: float) -> _Bucket | None:
        """The open bucket whose first stands before all others' first."""
        best = self._best(at)
        if best is None and not self._scenario.list_size:
            # No more than a zone's share of the list is made while that zone sleeps.
            for _ in range(1000):
                if not any(bucket.is_open for bucket in self._buckets.values()):
                    return None
                self._make()
                if (best := self._best(at)) is not None:
                    break
        return best

    def _best(self, at: float) -> _Bucket | None:
        best: _Bucket | None = None
        for bucket in self._buckets.values():
            bucket.look(at)
            foremost = bucket.is_open and bucket.ready
            if foremost and (best is None or foremost[0] < best.ready[0]):
                best = bucket
        return best

    def _make(self) -> None:
        self._made += 1
        self._stand(self._people.make(self._made))

    def _stand(self, person: Person) -> None:
        heappush(self._buckets[person.zone].ready, (person.rank, person.id, person))

    def _may(self, person: Person, at: float) -> bool:
        """Whether the law lets him be dialled; who has no past is judged as the last like him."""
        alike = (person.zone, person.consented, person.listed)
        if not person.dialled and at < self._judged.get(alike, 0.0):
            return True
        subject = person.subject(self._e164)
        permission = judge(subject, self._law, _instant(at))
        if permission.permitted:
            if not person.dialled:
                self._judged[alike] = self._buckets[person.zone].until
            return True
        self.refused.update(refusal.reason.value for refusal in permission.refusals)
        if permission.earliest_at is None:
            self.finished += 1
        else:
            heappush(self._later, (permission.earliest_at.timestamp(), person.id, person))
        return False


def _instant(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def _example_number(country: str) -> str:
    """A number that may be dialled there: everybody on a simulated list has a good one."""
    mobile = PhoneNumberType.MOBILE
    example = example_number_for_type(country, mobile) or example_number_for_type("US", mobile)
    assert example is not None
    return str(format_number(example, PhoneNumberFormat.E164))
