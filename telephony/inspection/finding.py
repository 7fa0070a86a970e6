"""One line of the check: what was looked at, whether it is right, and the values it tells."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Level(StrEnum):
    """`ok`: right; `warn`: works, but look at it; `bad`: something does not work until mended."""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """`code` (`part.what`) names the text above; `values` fill it: only what JSON can hold."""

    code: str
    level: Level
    values: Mapping[str, Any] = field(default_factory=dict)


Tell = Callable[[Finding], Awaitable[None]]
"""Told of each finding as soon as it is known, in order."""


def ok(code: str, /, **values: Any) -> Finding:
    return Finding(code, Level.OK, values)


def warn(code: str, /, **values: Any) -> Finding:
    return Finding(code, Level.WARN, values)


def bad(code: str, /, **values: Any) -> Finding:
    return Finding(code, Level.BAD, values)
