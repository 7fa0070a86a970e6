"""Which endpoint is a phone of the office; every other one leads to the world outside."""

import re
from collections.abc import Callable, Mapping
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


class Phones:
    """The same test, corrected endpoint by endpoint: what people said goes before the pattern.

    `re.error` if the pattern is no regular expression.
    """

    def __init__(self, pattern: str) -> None:
        self._matches = phones_matching(pattern)
        self._corrections: dict[str, bool] = {}

    def __call__(self, interface: str) -> bool:
        corrected = self._corrections.get(endpoint_of(interface))
        return self._matches(interface) if corrected is None else corrected

    def by_pattern(self, interface: str) -> bool:
        """What the pattern alone says."""
        return self._matches(interface)

    def correct(self, corrections: Mapping[str, bool]) -> None:
        """From now on exactly these endpoints (by name) are phones (True) or trunks (False),
        whatever the pattern says; legs that were judged before stay as they are."""
        self._corrections = dict(corrections)


def is_outside_number(dialled: str) -> bool:
    """Whether what a phone dialled is meant for the world outside: six digits and more."""
    return _OUTSIDE.fullmatch(dialled) is not None


_OUTSIDE = re.compile(r"\+?\d{6,}")
