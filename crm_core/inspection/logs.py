"""Asterisk's own logs, CEL and CDR: named, readable, and of today?"""

import asyncio
from datetime import datetime, timedelta
from typing import Any, Final

from crm_core.catchup.shelf import SourceRefused
from crm_core.catchup.sources import Probed, Source, open_cdr, open_cel, shown
from telephony.catchup.rows import NotARow
from telephony.inspection.finding import Finding, Tell, bad, ok, warn

PATIENCE_SECONDS: Final = 15.0
OLD: Final = timedelta(days=4)  # a long weekend without a call is no news
AHEAD: Final = timedelta(minutes=5)


async def inspect_logs(cel: str, cdr: str, zone: str, now: datetime, tell: Tell) -> None:
    """Tell of each log that is named; never raises for what is wrong there."""
    if not cel and not cdr:
        await tell(warn("logs.none"))
        return
    for log, url, opened in (("CEL", cel, open_cel), ("CDR", cdr, open_cdr)):
        if url:
            await tell(await _looked_at(log, url, zone, now, opened))
    if not cel:
        await tell(warn("logs.only_cdr"))


async def _looked_at(log: str, url: str, zone: str, now: datetime, opened: Any) -> Finding:
    values: dict[str, Any] = {"log": log, "url": shown(url)}
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            source: Source[Any] = opened(url, zone)
            try:
                probed = await source.probe()
            finally:
                await source.close()
    except SourceRefused as refused:
        code = f"logs.{refused.code}"
        return bad(code, **values, details=refused.values.get("reason", ""), **_named(refused))
    except TimeoutError:
        return bad("logs.slow", **values, seconds=PATIENCE_SECONDS)
    except NotARow:
        return bad("logs.not_rows", **values)
    return judged(probed, now, values)


def _named(refused: SourceRefused) -> dict[str, str]:
    return {name: refused.values[name] for name in ("table", "missing") if name in refused.values}


def judged(probed: Probed, now: datetime, values: dict[str, Any]) -> Finding:
    """How fresh a log is that can be read."""
    if probed.newest_at is None:
        return warn("logs.empty", **values)
    values = {**values, "at": probed.newest_at.isoformat()}
    if probed.newest_at > now + AHEAD:
        return bad("logs.ahead", **values)
    if probed.newest_at < now - OLD:
        return warn("logs.old", **values)
    return ok("logs.read", **values)
