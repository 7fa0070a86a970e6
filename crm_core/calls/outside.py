"""The outside party's number, in the one form that calls, tasks and clients are matched by."""

from functools import lru_cache

from crm_core.calls.story import NumberOf
from telephony.events import Direction
from telephony.numbers import SHORTEST_PUBLIC, is_anonymous, normalise

_LONGEST = 32  # calls.number


def number_reader(country: str) -> NumberOf:
    """Reads (direction, caller, dialled) as the country writes numbers; "" for nobody outside."""

    @lru_cache(maxsize=10_000)
    def key(written: str) -> str:
        return "" if is_anonymous(written) else normalise(written, country).key[:_LONGEST]

    def number_of(direction: Direction, caller: str, dialled: str) -> str:
        if direction is Direction.INTERNAL:
            return ""
        return key(caller if direction is Direction.INBOUND else dialled)

    return number_of


def can_be_called_back(number: str) -> bool:
    """Whether a stored number leads outside: neither hidden nor one of the office's own."""
    return number.startswith("+") or len(number) >= SHORTEST_PUBLIC
