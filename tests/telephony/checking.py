"""Run the check of an exchange and keep what it told."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from crm_core.clock import SystemClock
from telephony.inspection.expected import Expected
from telephony.inspection.finding import Finding, Level
from telephony.inspection.walk import inspect
from telephony.phones import Phones
from telephony.settings import TelephonySettings

PATTERN = r"\d{2,5}"


class Told:
    """The findings of one check."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    async def take(self, finding: Finding) -> None:
        self.findings.append(finding)

    @property
    def codes(self) -> list[str]:
        return [finding.code for finding in self.findings]

    def wrong(self) -> dict[str, str]:
        """Code -> level of everything that is not right."""
        return {
            finding.code: finding.level.value
            for finding in self.findings
            if finding.level is not Level.OK
        }

    def values(self, code: str) -> dict[str, Any]:
        """The values that the one finding of this code tells."""
        (found,) = [finding for finding in self.findings if finding.code == code]
        return dict(found.values)


def expecting(
    queues: tuple[str, ...] = (),
    extensions: dict[str, str] | None = None,
    corrections: dict[str, bool] | None = None,
) -> Expected:
    """An office with these queues and extensions (interface -> number)."""
    phones = Phones(PATTERN)
    phones.correct(corrections or {})
    return Expected(
        {name: name.title() for name in queues},
        extensions or {},
        phones,
        frozenset(corrections or {}),
    )


async def told_of(
    settings: TelephonySettings,
    expected: Expected | None = None,
    *,
    simulated: bool = False,
    off_by: timedelta = timedelta(),
    **changes: object,
) -> Told:
    """The check of the exchange at `settings`; our own clock is `off_by` that of the machine."""
    clock, told = SystemClock(), Told()

    def now() -> datetime:
        return clock.now() + off_by

    changed = replace(settings, **changes)  # type: ignore[arg-type]
    await inspect(
        changed,
        expected or expecting(),
        told.take,
        now=now,
        simulated=simulated,
    )
    return told
