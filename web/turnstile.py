"""Tabs that all come back in one moment are let in two by two, so that a phone that rings meanwhile
is not kept waiting: to open a socket costs a look into the database and a whole snapshot."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Middleware

AT_ONCE: Final = 2  # one is drawn while the database is asked for the other
PATIENCE_SECONDS: Final = 5.0  # then in any case: the order is a courtesy and must lock nobody out

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Turn:
    """A place in the turnstile; `over` gives it back, once."""

    def __init__(self, places: asyncio.Semaphore | None) -> None:
        self._places = places

    def over(self) -> None:
        """The costly part is done; the next may come in. Saying it again is no error."""
        places, self._places = self._places, None
        if places is not None:
            places.release()


TURN: web.RequestKey[Turn] = web.RequestKey("turn", Turn)


def turnstile() -> Middleware:
    """The middleware that gives every socket's request a turn; other requests need none."""
    places = asyncio.Semaphore(AT_ONCE)

    @web.middleware
    async def two_by_two(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.headers.get("Upgrade", "").lower() != "websocket":
            return await handler(request)
        turn = request[TURN] = await _wait(places)
        try:
            return await handler(request)
        finally:
            turn.over()

    return two_by_two


async def _wait(places: asyncio.Semaphore) -> Turn:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await places.acquire()
    except TimeoutError:
        return Turn(None)
    return Turn(places)
