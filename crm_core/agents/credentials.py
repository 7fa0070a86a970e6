"""Passwords: the rules for a new one, and argon2 off the event loop, two at a time.

Two, because each takes 19 MiB and some 20 ms of a core: many logins at once must not starve calls.
"""

import asyncio
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from crm_core.errors import Invalid

Result = TypeVar("Result")

SHORTEST = 8
LONGEST = 200
FEWEST_DIFFERENT = 5  # "aaaaaaaa" and "12121212" are guessed first
_OWASP = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_GUESSED = """
    password passw0rd password1 password123 qwertyui qwertyuiop qwerty123 1q2w3e4r 1qaz2wsx
    12345678 123456789 1234567890 87654321 11111111 iloveyou administrator welcome1 letmein1
    йцукенгш йцукенгшщз пароль123 parol123 perezvon asterisk freepbx123
"""
_GUESSED_FIRST = frozenset(_GUESSED.split())


def check_rules(password: str, login: str) -> None:
    """Raise Invalid("password", …): too_short, too_long, too_simple or contains_login."""
    kept = _normal(password)
    if len(kept) < SHORTEST:
        raise Invalid("password", "password_too_short", least=SHORTEST)
    if len(kept) > LONGEST:
        raise Invalid("password", "password_too_long", most=LONGEST)
    folded = kept.casefold()
    if login and login.casefold() in folded:
        raise Invalid("password", "password_contains_login")
    if len(set(folded)) < FEWEST_DIFFERENT or folded in _GUESSED_FIRST:
        raise Invalid("password", "password_too_simple")


class Passwords:
    """Hashes and checks in two threads of its own; one object serves the whole product."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")
        self._decoy: str | None = None

    async def hash(self, password: str) -> str:
        """The argon2id hash, with its parameters and salt in it."""
        return await self._in_thread(_OWASP.hash, _normal(password))

    async def matches(self, stored: str | None, password: str) -> bool:
        """Whether `password` belongs to `stored`; takes as long when there is nothing stored."""
        if self._decoy is None:
            self._decoy = await self.hash("nobody's")
        genuine = await self._in_thread(_verify, stored or self._decoy, _normal(password))
        return genuine and stored is not None

    def is_outdated(self, stored: str) -> bool:
        """Whether `stored` was made with weaker parameters than today's."""
        return _OWASP.check_needs_rehash(stored)

    def close(self) -> None:
        """Let the threads go; what is being hashed is finished."""
        self._threads.shutdown(wait=False)

    async def _in_thread(self, work: Callable[..., Result], *values: str) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *values)


def _verify(stored: str, password: str) -> bool:
    try:
        return _OWASP.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def _normal(password: str) -> str:
    # The same letters typed on another keyboard may come as other code points.
    return unicodedata.normalize("NFKC", password.encode("utf-8", "replace").decode("utf-8"))
