"""Numbers that an office has: single ones, and blocks written with x for their last digits."""

import re
from collections.abc import Iterator
from typing import Final

from telephony.numbers import normalise

MOST_OF_BLOCK: Final = 4
"""Last digits that may be x: ten thousand numbers."""
_BLOCK: Final = re.compile(r"(.*?\d[\s().-]*)((?:[xхXХ][\s.-]*)+)")  # Latin x and Cyrillic х


def numbers_of(written: str, country: str) -> frozenset[str]:
    """What is meant, in E.164: `+7 495 123-45-67`, or `+7 495 123-45-xx` for a hundred of them.

    Raises ValueError for what is no number, or no block of so few.
    """
    block = _BLOCK.fullmatch(written.strip())
    if block is None:
        return frozenset({_number(written, country)})
    places = sum(sign.casefold() in "xх" for sign in block[2])
    if places > MOST_OF_BLOCK:
        raise ValueError(written)
    begin = _number(f"{block[1]}{'0' * places}", country)[:-places]
    # Where other digits make it a number of another place, x can stand for none.
    if not _number(f"{block[1]}{'9' * places}", country).startswith(begin):
        raise ValueError(written)
    return frozenset(begin + ending for ending in _endings(places))


def _endings(places: int) -> Iterator[str]:
    return (f"{number:0{places}d}" for number in range(10**places))


def _number(written: str, country: str) -> str:
    found = normalise(written, country)
    if found.e164 is None:
        raise ValueError(written)
    return found.e164
