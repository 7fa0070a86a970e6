"""Which endpoint is a phone of the office; every other one leads to the world outside."""

import re
from collections.abc import Callable
from functools import lru_cache

from telephony.ids import endpoint_of


def phones_matching(pattern: str) -> Callable[[str], bool]:
    """A test on interfaces (`PJSIP/101`): does `pattern` match the whole endpoint name?

    `re.error` if the pattern is no regular expression.
    """
    matches = re.compile(pattern).fullmatch

    @lru_cache(maxsize=4096)
    def is_phone(interface: str) -> bool:
        return matches(endpoint_of(interface)) is not None

    return is_phone


def is_outside_number(dialled: str) -> bool:
    """Whether what a phone dialled is meant for the world outside: six digits and more."""
    return _OUTSIDE.fullmatch(dialled) is not None


_OUTSIDE = re.compile(r"\+?\d{6,}")
