"""Everything that is learned about a campaign's calls, in one object that the pacer asks."""

from collections.abc import Collection, Hashable
from dataclasses import dataclass, field
from heapq import heappop, heappush

from dialer.estimating.answering import AnswerRates
from dialer.estimating.handling import Handling
from dialer.estimating.ringing import TimeToAnswer

_SHORTEST_RINGING = 20.0  # seconds; calls that nobody answers ring for at least as long


@dataclass(slots=True)
class Estimator:
    """Fed with what happened, tells what is likely. A group is a (list, type of number)."""

    answering: AnswerRates = field(default_factory=AnswerRates)
    ringing: TimeToAnswer = field(default_factory=TimeToAnswer)
    handling: Handling = field(default_factory=Handling)
    _looked_at: float = 0.0
    _longest: float = _SHORTEST_RINGING
    _fresh: list[tuple[float, float]] = field(default_factory=list)

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
        self._longest = max(self._longest, rang_seconds)

    def look(self, at: float, ringing: Collection[tuple[Hashable, float]]) -> None:
        """At `at` these ring: each call's group and age in seconds.

        The time to answer is learned from calls placed so long ago that the slow ones of their
        time have answered as well: of two hundred placed at once, the quick are heard first.
        """
        self._looked_at = at
        while self._fresh and self._fresh[0][0] <= at - self._longest:
            self.ringing.observe(heappop(self._fresh)[1])
        share_by = self.ringing.share_by
        shares = [(group, share_by(age)) for group, age in ringing]
        self.answering.look(shares, watch=self.ringing.is_known)
