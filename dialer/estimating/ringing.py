"""How soon those who answer do, in seconds of ringing, learned from those who did."""

from bisect import bisect_right
from collections.abc import Iterable

_CELLS = 90  # seconds; nobody lets a telephone ring for longer
_MEMORY = 2000.0  # answers
# Before anything is known: anything between 3 and 25 s, worth so many answers.
_FIRST, _LAST, _WEIGHT = 3, 25, 10.0


class TimeToAnswer:
    """The distribution of the seconds until an answer, among calls that are answered."""

    def __init__(self) -> None:
        guess = _WEIGHT / (_LAST - _FIRST)
        self._cells = [guess if _FIRST <= second < _LAST else 0.0 for second in range(_CELLS)]
        self._share: list[float] = []
        self._new = 0
        self._total = 0.0
        self.refresh()

    @property
    def is_known(self) -> bool:
        """Whether what was observed outweighs the first guess three times."""
        return self._total >= 4.0 * _WEIGHT

    def observe(self, seconds: float) -> None:
        """Somebody answered after so much ringing."""
        self._cells[min(_CELLS - 1, max(0, int(seconds)))] += 1.0
        self._new += 1
        if self._new >= 20 + self._total / 20:
            self.refresh()

    def refresh(self) -> None:
        """Take what was observed into account; done by itself every few answers."""
        total = sum(self._cells)
        if total > _MEMORY:
            self._cells = [count * _MEMORY / total for count in self._cells]
            total = _MEMORY
        share, below = [0.0], 0.0
        for count in self._cells:
            below += count
            share.append(below / total)
        self._share, self._new, self._total = share, 0, total

    def shares_by(self, ages: Iterable[float]) -> list[float]:
        """`share_by` of each: of all that rings, every second."""
        share = self._share
        told = []
        for age in ages:
            if age >= _CELLS:
                told.append(1.0)
            elif age <= 0:
                told.append(0.0)
            else:
                second = int(age)
                below = share[second]
                told.append(below + (age - second) * (share[second + 1] - below))
        return told

    def share_by(self, seconds: float) -> float:
        """Of those who answer at all, the share that has by then."""
        return self.shares_by((seconds,))[0]

    def quantile(self, share: float) -> float:
        """The seconds by which that share has answered."""
        cell = min(_CELLS - 1, max(0, bisect_right(self._share, share) - 1))
        below, above = self._share[cell], self._share[cell + 1]
        return cell + ((share - below) / (above - below) if above > below else 1.0)
