"""What is known of a dial that is over, as far as the order of a list depends on it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from telephony.events import Outcome

NETWORK: Final = frozenset({Outcome.CONGESTION, Outcome.FAILED})
"""Outcomes of the line: the person's telephone never rang, so no attempt of his is used up."""


class Verdict(StrEnum):
    """What a disposition means for the entry; a campaign says which does. Stored words."""

    COMPLETED = "completed"  # what the campaign is for was reached: counts for the quota
    DONE = "done"  # talked, and there is nothing more to call about
    CALLBACK = "callback"  # promised for a time
    AGAIN = "again"  # another try, as if nobody had been reached
    REFUSED = "refused"
    WRONG_NUMBER = "wrong_number"


@dataclass(frozen=True, slots=True)
class Dialled:
    """One dial: when it was decided, at which of the person's numbers, and how it ended.

    `outcome` is None where nobody knows, because the process died with it.
    """

    at: datetime
    position: int
    outcome: Outcome | None
    verdict: Verdict | None = None

    @property
    def rang(self) -> bool:
        """Whether it counts as an attempt: in doubt it does."""
        return self.outcome not in NETWORK
