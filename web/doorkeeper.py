"""How often somebody may try to log in: counted for each login and for each address."""

import math
from datetime import datetime

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

PER_LOGIN = RateLimitItemPerMinute(10, 5)
"""Ten failures in five minutes: a person who mistypes is not stopped, guessing is."""
PER_ADDRESS = RateLimitItemPerMinute(60, 5)
"""A whole office may sit behind one address at the start of a shift."""


class TooManyLogins(Exception):
    """Not now: try again after `seconds`."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Doorkeeper:
    """Counts failures only, in memory: a restart forgives."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    async def require_patience(self, login: str, address: str, now: datetime) -> None:
        """Raise TooManyLogins when this login or this address has failed too often."""
        for limit, *key in _keys(login, address):
            if not await self._limiter.test(limit, *key):
                stats = await self._limiter.get_window_stats(limit, *key)
                left = math.ceil(stats.reset_time - now.timestamp())
                raise TooManyLogins(min(max(left, 1), limit.get_expiry()))

    async def note_failure(self, login: str, address: str) -> None:
        for limit, *key in _keys(login, address):
            await self._limiter.hit(limit, *key)


def _keys(login: str, address: str) -> tuple[tuple[RateLimitItem, str, str], ...]:
    return (
        (PER_LOGIN, "login", login.strip().casefold()[:64]),
        (PER_ADDRESS, "address", address),
    )
