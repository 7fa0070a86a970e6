"""How each part of the product is: a light, and a sentence that says what and since when.

A part registers with `health.watch("catch_up", check)`: `check` is awaited whenever somebody asks,
has five seconds, and gives `green()`, `yellow("code", since=…)` or `red("code", …)`. The part's
name and its codes get their texts in `web/health_sentences.py`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import structlog

log = structlog.get_logger(__name__)

PATIENCE_SECONDS: Final = 5.0


class Light(StrEnum):
    """Green: all is well; yellow: it works, look at it; red: people cannot do their work."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


_WORST: Final = tuple(Light)


@dataclass(frozen=True, slots=True)
class Finding:
    """How one part is: a code of `web/health_sentences.py`, and what its sentence needs.

    Instants are aware datetimes, numbers are numbers: each reader gets them as he writes them.
    Nothing private goes in: /healthz answers anybody.
    """

    light: Light
    code: str
    values: Mapping[str, object] = field(default_factory=dict)


Check = Callable[[], Awaitable[Finding]]


def green(code: str = "well", **values: object) -> Finding:
    """The part does what it is for."""
    return Finding(Light.GREEN, code, values)


def yellow(code: str, **values: object) -> Finding:
    """Nothing is lost yet, but somebody should look before it turns red."""
    return Finding(Light.YELLOW, code, values)


def red(code: str, **values: object) -> Finding:
    """The part does not do what it is for; /healthz answers 503."""
    return Finding(Light.RED, code, values)


def worst(findings: Iterable[Finding]) -> Light:
    """The light of the whole; green where there are no parts."""
    return max((finding.light for finding in findings), key=_WORST.index, default=Light.GREEN)


class Health:
    """Asks every part that was given to `watch`; one that fails or hangs is red."""

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}

    def watch(self, part: str, check: Check) -> None:
        """From now on `part` is asked too; a second check of the same name takes its place."""
        self._checks[part] = check

    async def findings(self) -> dict[str, Finding]:
        """Part by part, in the order they were given; takes at most PATIENCE_SECONDS."""
        found = await asyncio.gather(*(self._ask(name) for name in self._checks))
        return dict(zip(self._checks, found, strict=True))

    async def _ask(self, name: str) -> Finding:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await self._checks[name]()
        except TimeoutError:
            log.warning("part_silent", part=name)
            return red("silent", seconds=PATIENCE_SECONDS)
        except Exception as error:
            log.warning("part_failing", part=name, error=repr(error))
            return red("failing")
