"""Everything that is learned about a campaign's calls, in one object that the pacer asks."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush

from dialer.estimating.answering import AnswerRates
from dialer.estimating.handling import Handling
from dialer.estimating.ringing import TimeToAnswer

# Seconds; calls that nobody answers ring for at least as long, and for no longer.
_SHORTEST_RINGING, _LONGEST_RINGING = 20.0, 90.0


@dataclass(slots=True)
class Estimator:
    """Fed with what happened, tells what is likely. A group is a (list, type of number)."""

    answering: AnswerRates = field(default_factory=AnswerRates)
    ringing: TimeToAnswer = field(default_factory=TimeToAnswer)
    handling: Handling = field(default_factory=Handling)
    _looked_at: float = 0.0
    _longest: float = _SHORTEST_RINGING
    _fresh: list[tuple[float, float]] = field(default_factory=list)

    def busy_one_by_one(self, hour: int) -> float:
        """How busy an operator is for whom one telephone rings at a time."""
        chance = self.answering.chance(None, hour).mean
        wait = self._longest * (1.0 - chance) / chance + self.ringing.quantile(0.5)
        return self.handling.seconds / (self.handling.seconds + wait)

    def answered(self, group: Hashable, hour: int, rang_seconds: float) -> None:
        """A call of the group was answered in the office's hour `hour`, after so much ringing."""
        rung = self.ringing.share_by(rang_seconds)
        self.answering.observe(group, hour, answered=True, rung=rung)
        heappush(self._fresh, (self._looked_at - rang_seconds, rang_seconds))

    def unanswered(
        self, group: Hashable, hour: int, rang_seconds: float, *, given_up: bool = False
    ) -> None:
        """It was not: busy, refused, rang to the end; or we gave it up ourselves before that."""
        rung = self.ringing.share_by(rang_seconds) if given_up else 1.0
        self.answering.observe(group, hour, answered=False, rung=rung)
        self._longest = max(self._longest, min(rang_seconds, _LONGEST_RINGING))

    def look(
        self, at: float, groups: Sequence[Hashable] = (), ages: Sequence[float] = ()
    ) -> list[float]:
        """At `at` calls of these groups and ages in seconds ring; gives of each the share of those
        answered at all that are answered by its age.

        The time to answer is learned from calls placed so long ago that the slow ones of their
        time have answered as well: of two hundred placed at once, the quick are heard first.
        """
        self._looked_at = at
        while self._fresh and self._fresh[0][0] <= at - self._longest:
            self.ringing.observe(heappop(self._fresh)[1])
        rung = self.ringing.shares_by(ages)
        self.answering.look(groups, rung, watch=self.ringing.is_known)
        return rung
