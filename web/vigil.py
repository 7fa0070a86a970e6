"""Watches over the running service: the machine's clock, the loop's own pace, what had to be
started again, browsers that fell behind. What it saw of late is what health tells."""

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

import structlog

from crm_core.clock import Clock
from crm_core.clock_watch import ClockWatch

log = structlog.get_logger(__name__)

EVERY_SECONDS: Final = 2.0
STALL_SECONDS: Final = 1.0  # a card that comes a second late is seen
LATELY_SECONDS: Final = 300.0
JUMP_TOLD_SECONDS: Final = 3600.0  # until somebody has looked at the page

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Jump:
    """The wall clock went on (or back, negative) by so much at once; `at` is the new time."""

    seconds: float
    at: datetime


@dataclass(frozen=True, slots=True)
class Stall:
    """Nothing ran for so long."""

    seconds: float
    at: datetime


@dataclass(frozen=True, slots=True)
class Failure:
    """A part ended by a fault and was started again; `times` since the start of the service."""

    part: str
    at: datetime
    times: int


class Vigil:
    """`run` looks until cancelled; `failed` is told by whoever starts parts again.

    `drops` counts, ever growing, how often a browser lost its updates and took a snapshot instead.
    """

    def __init__(self, clock: Clock, drops: Callable[[], int]) -> None:
        self._clock = clock
        self._drops = drops
        self._watch = ClockWatch(clock)
        self._failures: Counter[str] = Counter()
        self._jump: tuple[float, Jump] | None = None
        self._stall: tuple[float, Stall] | None = None
        self._failure: tuple[float, Failure] | None = None
        self._dropped: deque[tuple[float, int]] = deque()
        self.began_at = clock.now()
        self.jumps = self.stalls = 0

    async def run(self) -> None:
        """Look every two seconds, for ever."""
        self.look()
        while True:
            before = self._clock.monotonic()
            await self._clock.sleep(EVERY_SECONDS)
            self._note_stall(self._clock.monotonic() - before - EVERY_SECONDS)
            self.look()

    def look(self) -> None:
        """See what has changed since the last look."""
        self._note_jump(self._watch.look())
        steady = self._clock.monotonic()
        self._dropped.append((steady, self._drops()))
        while self._dropped[0][0] < steady - LATELY_SECONDS:
            self._dropped.popleft()

    def failed(self, part: str) -> None:
        """`part` ended by a fault and will be started again."""
        self._failures[part] += 1
        failure = Failure(part, self._clock.now(), self._failures[part])
        self._failure = (self._clock.monotonic(), failure)

    @property
    def failures(self) -> dict[str, int]:
        """How often each part had to be started again."""
        return dict(self._failures)

    @property
    def jump_of_late(self) -> Jump | None:
        return self._of_late(self._jump, JUMP_TOLD_SECONDS)

    @property
    def stall_of_late(self) -> Stall | None:
        return self._of_late(self._stall)

    @property
    def failure_of_late(self) -> Failure | None:
        return self._of_late(self._failure)

    @property
    def drops_of_late(self) -> int:
        return self._drops() - self._dropped[0][1] if self._dropped else 0

    def _of_late(self, seen: tuple[float, T] | None, seconds: float = LATELY_SECONDS) -> T | None:
        if seen is None or self._clock.monotonic() - seen[0] > seconds:
            return None
        return seen[1]

    def _note_jump(self, seconds: float) -> None:
        if not seconds:
            return
        self.jumps += 1
        self._jump = (self._clock.monotonic(), Jump(seconds, self._clock.now()))
        log.warning("clock_jumped", seconds=round(seconds, 3))

    def _note_stall(self, seconds: float) -> None:
        if seconds < STALL_SECONDS:
            return
        self.stalls += 1
        self._stall = (self._clock.monotonic(), Stall(seconds, self._clock.now()))
        log.warning("loop_stalled", seconds=round(seconds, 3))
