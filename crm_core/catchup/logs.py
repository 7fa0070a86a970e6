"""The exchange's own logs, as the settings name them, read as conversations: CEL where it is kept
and can be read, else CDR."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog

from crm_core.catchup.shelf import SourceRefused
from crm_core.catchup.sources import Source, open_cdr, open_cel
from telephony.catchup.cdr import Billing
from telephony.catchup.retelling import Between, Retelling, Retold
from telephony.catchup.rows import CdrRow, CelRow
from telephony.settings import TelephonySettings

log = structlog.get_logger(__name__)

CEL: Final = "cel"
CDR: Final = "cdr"


@dataclass(frozen=True, slots=True)
class Logs:
    """Those of them that there are."""

    cel: Source[CelRow] | None = None
    cdr: Source[CdrRow] | None = None

    @classmethod
    def of(cls, settings: TelephonySettings) -> "Logs":
        """Raises SourceRefused for an address that is none."""
        zone = settings.log_time_zone
        return cls(
            open_cel(settings.cel, zone) if settings.cel else None,
            open_cdr(settings.cdr, zone) if settings.cdr else None,
        )

    def __bool__(self) -> bool:
        return self.cel is not None or self.cdr is not None

    async def choose(self) -> str:
        """Which of them is read: `cel` if it can be, else `cdr`. Raises SourceRefused when neither
        can."""
        if self.cel is not None:
            try:
                await self.cel.probe()
            except SourceRefused as refused:
                if self.cdr is None:
                    raise
                log.warning("cel_not_read", code=refused.code, **refused.values)
            else:
                return CEL
        if self.cdr is None:
            raise SourceRefused("none")
        await self.cdr.probe()
        return CDR

    async def conversations(
        self,
        which: str,
        since: datetime,
        until: datetime,
        is_phone: Callable[[str], bool],
        told: Between | None = None,
    ) -> AsyncIterator[tuple[datetime, list[Retold]]]:
        """As the log is read: the moment it has come to, and what has become complete by it; last
        what the log does not end. Channel events wholly outside of `told` need not be told."""
        if which == CEL and self.cel is not None:
            retelling = Retelling(is_phone, told)
            async for row in self.cel.rows(since, until):
                yield row.at, list(retelling.feed(row))
            yield until, list(retelling.unfinished())
        elif self.cdr is not None:
            billing = Billing(is_phone)
            async for bill in self.cdr.rows(since, until):
                yield bill.ended_at, list(billing.feed(bill))
            yield until, list(billing.finish())
