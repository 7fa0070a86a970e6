"""One after the other, in the order of coming; who is urgent goes before all who wait."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turns:
    """A lock with two lines. Handed straight to the next in line: nobody jumps in between.

    The urgent are one at a time here (the journal), and their next turn is asked for only after the
    last one ended; so those in the other line get theirs in between, and none waits for ever.
    """

    def __init__(self) -> None:
        self._taken = False
        self._urgent: deque[asyncio.Future[None]] = deque()
        self._others: deque[asyncio.Future[None]] = deque()

    @asynccontextmanager
    async def turn(self, *, urgent: bool = False) -> AsyncIterator[None]:
        """Wait for one's turn and have it for the length of the block."""
        await self._wait(self._urgent if urgent else self._others)
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, line: deque[asyncio.Future[None]]) -> None:
        if not self._taken:
            self._taken = True
            return
        called = asyncio.get_running_loop().create_future()
        line.append(called)
        try:
            await called
        except asyncio.CancelledError:
            if called.cancelled():
                line.remove(called)
            else:
                self._pass_on()  # called in the same moment: the turn must not be lost
            raise

    def _pass_on(self) -> None:
        for line in (self._urgent, self._others):
            for called in line:
                if not called.done():
                    line.remove(called)
                    called.set_result(None)
                    return
        self._taken = False
