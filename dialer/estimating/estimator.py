"""Everything that is learned about a campaign's calls, in one object that the pacer asks."""

from collections.abc import Hashable
from dataclasses import dataclass, field

from dialer.estimating.answering import AnswerRates
from dialer.estimating.handling import Handling
from dialer.estimating.ringing import TimeToAnswer


@dataclass(slots=True)
class Estimator:
    """Fed with what happened, tells what is likely. A group is a (list, type of number)."""

    answering: AnswerRates = field(default_factory=AnswerRates)
    ringing: TimeToAnswer = field(default_factory=TimeToAnswer)
    handling: Handling = field(default_factory=Handling)

    def answered(self, group: Hashable, hour: int, rang_seconds: float) -> None:
        """A call of the group was answered in the office's hour `hour`, after so much ringing."""
        rung = self.ringing.share_by(rang_seconds)
        self.answering.observe(group, hour, answered=True, rung=rung)
        self.ringing.observe(rang_seconds)

    def unanswered(
        self, group: Hashable, hour: int, rang_seconds: float, *, given_up: bool = False
    ) -> None:
        """It was not: busy, refused, rang to the end; or we gave it up ourselves before that."""
        rung = self.ringing.share_by(rang_seconds) if given_up else 1.0
        self.answering.observe(group, hour, answered=False, rung=rung)
