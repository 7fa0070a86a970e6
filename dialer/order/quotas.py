"""Quotas of segments: how many may be completed in each, and that they fill evenly (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass

_SHY_ANSWERS = 10  # dials after which a segment's own share of completions is half believed
_USUAL_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Filled:
    """How far a segment is: completed conversations, dials under way, dials in all."""

    completed: int = 0
    leased: int = 0
    dialled: int = 0

    @property
    def expected(self) -> float:
        """Completed, with what may be hoped of the dials under way."""
        return self.completed + self.leased * self.share

    @property
    def share(self) -> float:
        """What a dial yields here, as far as one can tell."""
        hoped = self.completed + _SHY_ANSWERS * _USUAL_SHARE
        return min(1.0, hoped / (max(self.dialled - self.leased, self.completed) + _SHY_ANSWERS))


@dataclass(frozen=True, slots=True)
class Quotas:
    """At most so many completed per segment; a segment that is not named has no limit."""

    most: Mapping[str, int]

    def room(self, segment: str, filled: Filled) -> int | None:
        """How many more may be dialled now: never so many that the quota could be exceeded, were
        all of them completed. None for no limit."""
        most = self.most.get(segment)
        return None if most is None else max(0, most - filled.completed - filled.leased)

    def is_full(self, segment: str, filled: Filled) -> bool:
        """Whether nothing more is completed there."""
        most = self.most.get(segment)
        return most is not None and filled.completed >= most

    def fill(self, segment: str, filled: Filled, average: float) -> float:
        """How full a segment is, 0 to 1; one without a limit is as full as the average."""
        most = self.most.get(segment)
        return average if most is None else filled.expected / most if most else 1.0

    def average(self, filled: Mapping[str, Filled]) -> float:
        """How full the limited segments are together."""
        total = sum(self.most.values())
        done = sum(filled[each].expected for each in self.most if each in filled)
        return done / total if total else 0.0
