"""Which calls of a time the two logs tell otherwise."""

from collections.abc import Set
from datetime import datetime, timedelta
from typing import Final

from crm_core.catchup.catching_up import CatchUp, Summary
from crm_core.catchup.comparing import Compared, Verdict
from crm_core.catchup.reading import known_by_ids, list_ids_between
from crm_core.storage.engine import Storage

LASTING: Final = timedelta(hours=6)
"""A call that goes on over either end of the time is read whole if it lasts no longer."""
CLOCKS_APART: Final = timedelta(hours=1)
"""What lies farther outside the time is read for what it is joined to, and not told by itself."""
FRESH: Final = timedelta(seconds=30)
"""A call that ended so lately may not stand in both logs yet."""
MANY: Final = 500
"""Differences of one comparison that are named: beyond it something else is wrong than single
calls."""


async def find_differences(
    catch_up: CatchUp,
    storage: Storage,
    living: Set[str],
    since: datetime,
    until: datetime,
    now: datetime,
    summary: Summary,
) -> list[Compared]:
    """The first MANY differences among the calls that began from `since` to `until`; `summary`
    counts all of them, and is about the time to be read. `living`: all keys of the calls that go
    on `now`. Raises SourceRefused."""
    found: list[Compared] = []
    seen: set[str] = set()
    told = since - CLOCKS_APART, until + CLOCKS_APART
    async for compared in catch_up.compare(
        summary.since, summary.until, living=living, living_at=now, summary=summary, told=told
    ):
        if compared.known is not None:
            seen.add(compared.known.call_id)
        seen.update(compared.absorbs)
        if not _counts(compared, since, until, now):
            summary.verdicts[compared.verdict] -= 1
        elif compared.verdict is not Verdict.ACCOUNTED and len(found) < MANY:
            found.append(compared)
    async with storage.read() as connection:
        ours = await list_ids_between(connection, since, until)
        unseen = [call_id for call_id in ours if call_id not in seen]
        async for known in known_by_ids(connection, unseen):
            compared = Compared(Verdict.UNLOGGED, None, known)
            # Of those that go on it may be a part of a conversation.
            if known.keys.isdisjoint(living) and not _is_fresh(compared, now):
                summary.verdicts[Verdict.UNLOGGED] += 1
                found.append(compared)
                del found[MANY:]
    return found


def differs(compared: Compared, since: datetime, until: datetime, now: datetime) -> bool:
    """Whether this is a call of that time which the two logs tell otherwise."""
    return compared.verdict is not Verdict.ACCOUNTED and _counts(compared, since, until, now)


def _counts(compared: Compared, since: datetime, until: datetime, now: datetime) -> bool:
    """By when it began in the exchange's own log: that is the one that is counted."""
    if compared.record is None or _is_fresh(compared, now):
        return False
    return since <= compared.record.started_at < until


def _is_fresh(compared: Compared, now: datetime) -> bool:
    told = (compared.record, compared.known)
    return any(one and one.ended_at and one.ended_at > now - FRESH for one in told)
