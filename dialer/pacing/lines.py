"""Trunks and calls per second: how many of the wanted calls the lines can take."""

from collections import deque

from dialer.pacing.decision import Why
from dialer.pacing.policy import Policy


class Lines:
    """Remembers what was placed in the last second (below one a second: as long as one takes)."""

    def __init__(self, policy: Policy) -> None:
        self._trunks = policy.trunks
        self._most = max(1, int(policy.calls_per_second))
        self._span = max(1.0, 1.0 / max(1e-6, policy.calls_per_second))
        self._placed: deque[tuple[float, int]] = deque()
        self._sum = 0

    def most(self, used: int, at: float) -> int:
        """The calls that may be placed at `at` beside `used` lines."""
        while self._placed and self._placed[0][0] <= at - self._span:
            self._sum -= self._placed.popleft()[1]
        return max(0, min(self._trunks - used, self._most - self._sum))

    def take(self, wanted: int, used: int, at: float) -> tuple[int, Why | None]:
        """As many of the wanted calls as may be placed; why not all."""
        self.most(used, at)
        calls, why = wanted, None
        if calls > (free := max(0, self._trunks - used)):
            calls, why = free, Why.TRUNKS
        if calls > (left := self._most - self._sum):
            calls, why = left, Why.CALLS_PER_SECOND
        if calls > 0:
            self._placed.append((at, calls))
            self._sum += calls
        return calls, why
