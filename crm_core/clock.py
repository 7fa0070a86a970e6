"""The only source of time: passed in everywhere, so that tests turn the hands themselves."""

import asyncio
import heapq
import itertools
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """`now()` is an aware UTC instant, `monotonic()` seconds that never go back."""

    def now(self) -> datetime: ...

    def monotonic(self) -> float: ...

    async def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251 - the one place that may ask

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class ManualClock:
    """A clock for tests: stands still until `advance`, which wakes the due sleepers in order."""

    def __init__(self, start: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)) -> None:
        self._now = start
        self._seconds = 0.0
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._seconds

    async def sleep(self, seconds: float) -> None:
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._seconds + seconds, next(self._order), woken))
        await woken

    async def advance(self, seconds: float) -> None:
        """Move time on by `seconds`, letting each due sleeper run before the hands go further."""
        end = self._seconds + seconds
        while self._sleepers and self._sleepers[0][0] <= end:
            due, _, woken = heapq.heappop(self._sleepers)
            self._move_to(due)
            if not woken.done():
                woken.set_result(None)
            await _let_others_run()
        self._move_to(end)
        await _let_others_run()

    def step(self, seconds: float) -> None:
        """Set the wall clock on or back at once, as an administrator does; nobody is woken."""
        self._now += timedelta(seconds=seconds)

    def _move_to(self, seconds: float) -> None:
        self._now += timedelta(seconds=max(0.0, seconds - self._seconds))
        self._seconds = max(self._seconds, seconds)


async def _let_others_run() -> None:
    for _ in range(5):
        await asyncio.sleep(0)
