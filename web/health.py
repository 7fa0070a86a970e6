"""How each part is: "ok", or one word for what is wrong."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from crm_core.intake import Intake
from crm_core.storage.engine import Storage
from web.exchange import ExchangeStatus

log = structlog.get_logger(__name__)
Check = Callable[[], Awaitable[str]]
PATIENCE_SECONDS = 5.0


class Health:
    """Asks every part that was given to `watch`; a part that fails or hangs is "failing"."""

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}

    def watch(self, part: str, check: Check) -> None:
        self._checks[part] = check

    async def parts(self) -> dict[str, str]:
        """Part by part, in the order they were given."""
        words = await asyncio.gather(*(self._ask(name) for name in self._checks))
        return dict(zip(self._checks, words, strict=True))

    async def _ask(self, name: str) -> str:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await self._checks[name]()
        except Exception as error:
            log.warning("part_failing", part=name, error=repr(error))
            return "failing"


async def of_database(storage: Storage) -> str:
    await storage.answers()
    return "ok"


async def of_exchange(exchange: ExchangeStatus) -> str:
    """ "ok", "connecting", or the code of why there is no link."""
    if exchange.connected:
        return "ok"
    return exchange.reason or "connecting"


async def of_intake(intake: Intake) -> str:
    """ "ok", or why the database takes no facts now."""
    return "stuck" if intake.health.trouble else "ok"
