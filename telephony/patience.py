"""How long to wait before the next attempt to reach Asterisk. Pure: chance is passed in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from telephony.errors import LinkReason

_UNHEARD: Final = frozenset({LinkReason.UNREACHABLE, LinkReason.CONNECT_TIMED_OUT})
"""Nobody was there to be bothered: knocking often costs nothing, and its return is soon seen."""


@dataclass(frozen=True, slots=True)
class Patience:
    """All in seconds. A refused login waits long: fail2ban bans after a handful in ten minutes."""

    first_wait_seconds: float = 0.5
    longest_wait_seconds: float = 30.0
    unheard_wait_seconds: float = 3.0  # at most, where nobody answers: it may be back any moment
    refused_wait_seconds: float = 300.0
    boot_grace_seconds: float = (
        3.0  # Asterisk without the event class `system` tells no FullyBooted
    )
    steady_seconds: float = 10.0  # a link that fell sooner was no success: keep backing off
    shaky_doublings: int = 2  # but it did come up, and we are let in: the wait stays short


class Backoff:
    """The waits between attempts: doubling, spread by chance so that no two keep step."""

    def __init__(self, patience: Patience, chance: Callable[[], float]) -> None:
        self._patience = patience
        self._chance = chance
        self._failures = 0

    def after(self, reason: LinkReason, up_seconds: float) -> float:
        """Seconds to wait now that a link ended for `reason` after `up_seconds` of service."""
        if up_seconds >= self._patience.steady_seconds:
            self._failures = 0
        elif up_seconds > 0:
            self._failures = min(self._failures, self._patience.shaky_doublings)
        self._failures += 1
        if reason is LinkReason.LOGIN_REFUSED:
            return self._patience.refused_wait_seconds * (1 + 0.2 * self._chance())
        doubled = self._patience.first_wait_seconds * 2.0 ** min(self._failures - 1, 16)
        longest = self._patience.longest_wait_seconds
        if reason in _UNHEARD:
            longest = min(longest, self._patience.unheard_wait_seconds)
        return min(doubled, longest) * (0.5 + 0.5 * self._chance())
