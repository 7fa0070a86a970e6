"""A table of a scenario file, read key by key: each key once, what is left over is refused.

Every refusal names the place as the file does: Invalid("operators.1.breaks.2.at", "no_time").
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final, TypeVar

from crm_core.errors import Invalid
from crm_core.wording import line

_CLOCK: Final = re.compile(r"([01]?[0-9]|2[0-4]):([0-5][0-9])", re.ASCII)
_DAY: Final = 24 * 60
_SHOWN: Final = 40  # characters of what was written, in a refusal
Word = TypeVar("Word", bound=StrEnum)


class Fields:
    """One table. Read what it may have, then `done()`."""

    def __init__(self, written: object, at: str = "") -> None:
        if not isinstance(written, Mapping):
            raise Invalid(at, "no_table")
        self._written: Mapping[str, object] = written
        self._at = at
        self._read: set[str] = set()

    def path(self, name: str) -> str:
        """The place of a key as a refusal names it."""
        return f"{self._at}.{name}" if self._at else name

    def get(self, name: str) -> object:
        """Whatever is written there; None where nothing is."""
        self._read.add(name)
        return self._written.get(name)

    def number(self, name: str, default: float, *, least: float, most: float) -> float:
        """A number between the two. "no_number", "out_of_range"."""
        return float(number(self.path(name), self._or(name, default), least=least, most=most))

    def whole(self, name: str, default: int, *, least: int, most: int) -> int:
        """A whole number between the two. "not_a_number", "out_of_range"."""
        return whole_number(self.path(name), self._or(name, default), least=least, most=most)

    def text(self, name: str, default: str, *, limit: int = 100) -> str:
        """One line. "no_text", "too_long"."""
        return one_line(self.path(name), self._or(name, default), limit=limit)

    def word(self, name: str, default: Word) -> Word:
        """One of the words of `default`'s kind. "not_one_of"."""
        written, kind = self._or(name, default.value), type(default)
        if isinstance(written, str) and written in [word.value for word in kind]:
            return kind(written)
        raise Invalid(self.path(name), "not_one_of", choices=", ".join(kind))

    def clock(self, name: str, default: int) -> int:
        """The minute of the day of "09:30"; "24:00" is its end. "no_time"."""
        written = self.get(name)
        return default if written is None else minute_of(self.path(name), written)

    def table(self, name: str) -> "Fields":
        """The table written there; an empty one where nothing is. "no_table"."""
        return Fields(self._or(name, {}), self.path(name))

    def items(self, name: str, *, most: int) -> list[tuple[str, object]]:
        """What a list there holds, each with its place. "no_list", "out_of_range"."""
        return listed(self.path(name), self._or(name, []), most=most)

    def done(self) -> None:
        """Nothing else may stand here. "unknown_key"."""
        for name in self._written:
            if name not in self._read:
                raise Invalid(self.path(shown(name)), "unknown_key", name=shown(name))

    def names(self) -> list[str]:
        """The keys that are written, in their order."""
        return list(self._written)

    def _or(self, name: str, default: object) -> object:
        written = self.get(name)
        return default if written is None else written


def number(at: str, written: object, *, least: float, most: float) -> float:
    """A number between the two; what is no number at all (nan) is between none."""
    if isinstance(written, bool) or not isinstance(written, int | float):
        raise Invalid(at, "no_number")
    if not least <= written <= most:
        raise Invalid(at, "out_of_range", least=least, most=most)
    return written


def whole_number(at: str, written: object, *, least: int, most: int) -> int:
    """A whole number between the two."""
    if isinstance(written, bool) or not isinstance(written, int):
        raise Invalid(at, "not_a_number")
    return int(number(at, written, least=least, most=most))


def one_line(at: str, written: object, *, limit: int) -> str:
    """Text of one line."""
    if not isinstance(written, str):
        raise Invalid(at, "no_text")
    return line(at, written, limit=limit, required=False)


def minute_of(at: str, written: object) -> int:
    """The minute of the day of "09:30"."""
    found = _CLOCK.fullmatch(written) if isinstance(written, str) else None
    if found is None:
        raise Invalid(at, "no_time", value=shown(written))
    minute = int(found[1]) * 60 + int(found[2])
    if minute > _DAY:
        raise Invalid(at, "no_time", value=shown(written))
    return minute


def listed(at: str, written: object, *, most: int) -> list[tuple[str, object]]:
    """What a list holds, each with its place, counted from 1."""
    if not isinstance(written, list | tuple):
        raise Invalid(at, "no_list")
    if len(written) > most:
        raise Invalid(at, "out_of_range", least=0, most=most)
    return [(f"{at}.{place}", each) for place, each in enumerate(written, 1)]


def tables(at: str, written: object, *, most: int) -> list[Fields]:
    """The tables of a list, or the one that stands in its place."""
    if isinstance(written, Mapping):
        return [Fields(written, at)]
    return [Fields(each, place) for place, each in listed(at, written, most=most)]


def shown(written: object) -> str:
    """The beginning of what was written, fit for a sentence; nothing of what is no text."""
    return (
        line("", written, limit=len(written) + 1, required=False)[:_SHOWN]
        if isinstance(written, str)
        else ""
    )
