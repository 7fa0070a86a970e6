"""Is everything right? The same check for the command line and for the administrator's page."""

import asyncio
from typing import Final

from crm_core.clock import Clock
from crm_core.inspection.database import inspect_database
from crm_core.inspection.expected import nothing_known, read_expected
from crm_core.inspection.logs import inspect_logs
from crm_core.inspection.machine import inspect_machine
from crm_core.storage.engine import Storage
from telephony.inspection.expected import Expected
from telephony.inspection.finding import Finding, Tell, bad
from telephony.inspection.walk import inspect
from web.settings import Settings

REFUSED_PAUSE_SECONDS: Final = 60.0
"""An account with a wrong secret is locked out after a handful of tries in ten minutes."""


class Check:
    """Looks at the exchange, the database and the machine; one check at a time."""

    def __init__(self, settings: Settings, storage: Storage, clock: Clock) -> None:
        self._settings = settings
        self._storage = storage
        self._clock = clock
        self._turn = asyncio.Lock()
        self._refused_at: float | None = None

    async def run(self, tell: Tell) -> None:
        """Tell every finding as soon as it is known; never raises for what is wrong.

        After a refused login the exchange is left alone for `REFUSED_PAUSE_SECONDS`.
        """
        async with self._turn:
            ours: list[Finding] = []

            async def keep(finding: Finding) -> None:
                ours.append(finding)

            # The exchange is told first: it is what people came to connect. But what it is
            # compared with lies in the database.
            expected = await self._expected(keep)
            await self._look_at_exchange(expected, tell)
            await self._look_at_logs(tell)
            for finding in ours:
                await tell(finding)
            await inspect_machine(self._storage, tell)

    async def _expected(self, tell: Tell) -> Expected:
        pattern = self._settings.exchange.phones
        if not await inspect_database(self._storage, tell):
            return nothing_known(pattern)
        return await read_expected(self._storage, pattern)

    async def _look_at_exchange(self, expected: Expected, tell: Tell) -> None:
        if self._was_refused_lately():
            await tell(bad("link.refused_lately"))
            return

        async def heed(finding: Finding) -> None:
            if finding.code == "link.login_refused":
                self._refused_at = self._clock.monotonic()
            await tell(finding)

        await inspect(
            self._settings.exchange,
            expected,
            heed,
            now=self._clock.now,
            simulated=self._settings.simulated,
        )

    async def _look_at_logs(self, tell: Tell) -> None:
        if self._settings.simulated:
            return  # it writes none
        exchange = self._settings.exchange
        now = self._clock.now()
        await inspect_logs(exchange.cel, exchange.cdr, exchange.log_time_zone, now, tell)

    def _was_refused_lately(self) -> bool:
        if self._refused_at is None:
            return False
        return self._clock.monotonic() - self._refused_at < REFUSED_PAUSE_SECONDS
