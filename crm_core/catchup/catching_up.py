"""Reads what happened while nobody watched out of the exchange's own log, and brings it into ours.

It runs after each connect, for the time since the exchange was last heard, and for a call of which
only a part was seen once that has ended. Everything goes through the intake: a call that the log
has already, whole, changes nothing, so that reading a time twice adds nothing.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Set
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial, reduce
from typing import Final

import structlog

from crm_core.bus import Handler
from crm_core.catchup.comparing import Compared, Verdict, compare
from crm_core.catchup.logs import Logs
from crm_core.catchup.reading import find_known, open_since
from crm_core.catchup.shelf import SourceRefused
from crm_core.catchup.watching import EVERY_SECONDS, note_watched, read_watched
from crm_core.clock import Clock
from crm_core.intake import Intake
from crm_core.storage.engine import Storage
from crm_core.storage.trouble import persistently
from telephony.catchup.retelling import Between, Retold
from telephony.events import CallEnded, CallRecord, ExchangeLost

log = structlog.get_logger(__name__)

WRITTEN_SECONDS: Final = 1.0
"""Asterisk writes its log a little behind what it says: so long it is given."""
BEFORE: Final = timedelta(minutes=1)  # clocks differ a little, and a mark is some seconds old
ACTED_ON: Final = timedelta(days=7)  # as far back as callbacks are demanded: a long week-end
SETTLED: Final = timedelta(seconds=5)
"""An unended conversation whose last row is so much older than the list of the living is dead."""
LATE_SECONDS: Final = 20.0
"""What the log has not ended is judged so much later, by a second reading: half a call that is not
written yet is none that was cut. A busy Asterisk wrote its CEL 2.3 s late, beside a busy disk 5."""
ORPHANS_SECONDS: Final = 2.0
"""So long calls that the exchange no longer has wait to be told whole; then they are just ended:
until then the operators who were in them seem to talk, and that may be five seconds in all."""
RETRY_SECONDS: Final = 60.0
CLOCKS_APART_SECONDS: Final = 5.0  # less is what a busy machine is late by
MARK_LOST: Final = timedelta(days=1)
"""Our clock went back behind the moment until which we listened: so much is read to be sure."""
AT_ONCE: Final = 20
"""Conversations compared in one read, and told before others have their turn: of a hundred somebody
else waited 150 ms for an answer, of twenty 39."""

IsPhone = Callable[[str], bool]


@dataclass(slots=True)
class Summary:
    """What one reading of the log came to. `trouble` is a code of SourceRefused, or None."""

    since: datetime
    until: datetime
    source: str = ""
    reached: datetime | None = None
    verdicts: dict[Verdict, int] = field(default_factory=lambda: dict.fromkeys(Verdict, 0))
    trouble: str | None = None

    @property
    def calls(self) -> int:
        return sum(self.verdicts.values())


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A time to be read, and whom the exchange had on the line at `at`, by its own clock: ours may
    be put right before the log is read. `asked_at` is by the clock that only goes on; of the gap
    before a connection `connected_at` is its moment by our clock. `is_late`: all that was said by
    `at` has been written."""

    since: datetime | None
    at: datetime
    asked_at: float
    living: frozenset[str]
    orphans: frozenset[str] | None = None
    connected_at: datetime | None = None
    is_late: bool = False


class CatchUp:
    """`run` until cancelled. Without any log it only ends what the exchange no longer has."""

    def __init__(
        self, storage: Storage, clock: Clock, intake: Intake, logs: Logs, is_phone: IsPhone
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._intake = intake
        self._logs = logs
        self._is_phone = is_phone
        self._wanted: asyncio.Queue[_Wanted] = asyncio.Queue()
        self._refused: _Wanted | None = None
        self._is_watching = False
        self._lost_at: datetime | None = None
        self.last: Summary | None = None
        """The newest reading, finished or not; None before the first."""
        self.readings = 0
        self.brought_in = 0
        """Calls added or completed since the start."""
        self.unread_since: Callable[[], datetime | None] = lambda: None
        """When the oldest word of the exchange arrived that nobody has looked at yet."""
        self.live: Callable[[], Iterable[CallRecord]] = lambda: ()
        """The calls that are being watched."""
        self.ahead_seconds: Callable[[], float] = lambda: 0.0
        """Of our clock before the exchange's, in whose time its log is written."""

    @property
    def has_logs(self) -> bool:
        """Whether there is any log of the exchange to read."""
        return bool(self._logs)

    def handlers(self) -> dict[type, Handler]:
        """All that it listens to, for one subscription."""
        return {CallEnded: self.on_call_ended, ExchangeLost: self.on_exchange_lost}

    async def on_exchange_lost(self, fact: ExchangeLost) -> None:
        self._lost_at = fact.at
        if self._is_watching:
            self._is_watching = False
            await persistently(self._clock, lambda: note_watched(self._storage, fact.at))

    async def on_call_ended(self, fact: CallEnded) -> None:
        """Of a call seen in part the log knows the rest."""
        if self._logs and not fact.record.complete:
            since = fact.record.started_at - BEFORE
            asked_at = self._clock.monotonic()
            self._wanted.put_nowait(_Wanted(since, fact.at, asked_at, frozenset()))

    async def connected(self, live: Collection[CallRecord], at: datetime) -> None:
        """The exchange is watched again since `at`, and these are the calls that it has."""
        living = frozenset(key for call in live for key in keys_of(call))
        ids = frozenset(str(call.call_id) for call in live)
        its_at, asked_at = at - self._ahead(), self._clock.monotonic()
        if not self._logs:
            await self._intake.close_orphans(ids, its_at)
        orphans = ids if self._logs else None
        self._wanted.put_nowait(_Wanted(None, its_at, asked_at, living, orphans, at))

    async def run(self) -> None:
        """Read what is asked for, one after the other, and note until when we have listened."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._note_for_ever())
            while True:
                wanted = await self._wanted.get()
                waiting = [self._wanted.get_nowait() for _ in range(self._wanted.qsize())]
                wanted = reduce(_merged, waiting, wanted)
                serving = partial(self._serve, wanted)
                try:
                    if await persistently(self._clock, serving):
                        group.create_task(self._once_written(wanted))
                except SourceRefused as refused:
                    log.error("catch_up_failed", code=refused.code, **refused.values)
                    if self._refused is None:
                        group.create_task(self._again())
                    self._refused = _merged(self._refused or wanted, wanted)
                finally:
                    for _ in (wanted, *waiting):
                        self._wanted.task_done()

    async def settled(self) -> None:
        """Return when all that was asked for has been read and recorded."""
        await self._wanted.join()
        await self._intake.settled()

    async def note(self) -> None:
        """Write down until when the exchange is heard, if it is and nothing is left to read: what
        is heard and not written down yet would be lost with us, so it does not count."""
        if self._is_watching:
            unwritten = (self.unread_since(), self._intake.unwritten_since)
            until = min((self._clock.now(), *(at for at in unwritten if at is not None)))
            await note_watched(self._storage, until)

    # --- one reading -----------------------------------------------------------------------------

    async def bring_in(
        self,
        since: datetime,
        until: datetime,
        *,
        living: Set[str] = frozenset(),
        living_at: datetime | None = None,
        only: Callable[[Compared], bool] = lambda compared: True,
        is_wanted: bool = False,
        on_progress: Callable[[Summary], None] = lambda summary: None,
        doubts: list[Retold] | None = None,
    ) -> Summary:
        """Read the log from `since` to `until` and add or complete what our log lacks. `is_wanted`
        corrects what it has otherwise, too; `doubts` as for `compare`. Raises SourceRefused."""
        watched = await read_watched(self._storage)
        summary = Summary(since, until)
        self.last = summary
        brought_in = 0
        try:
            async for compared in self.compare(
                since, until, living=living, living_at=living_at, summary=summary, doubts=doubts
            ):
                on_progress(summary)
                lacks = compared.verdict in (Verdict.MISSING, Verdict.INCOMPLETE)
                if (lacks or is_wanted) and only(compared):
                    brought_in += 1
                    ended_at = compared.record.ended_at if compared.record else None
                    history = (
                        watched is None
                        or ended_at is None
                        or ended_at < watched.began_at
                        or ended_at < self._clock.now() - ACTED_ON
                    )
                    for fact in compared.facts(is_history=history, is_wanted=is_wanted):
                        await self._intake.take(fact)
        except SourceRefused as refused:
            summary.trouble = refused.code
            raise
        await self._intake.settled()
        self.readings += 1
        self.brought_in += brought_in
        summary.reached = until
        on_progress(summary)
        return summary

    async def compare(
        self,
        since: datetime,
        until: datetime,
        *,
        living: Set[str] = frozenset(),
        living_at: datetime | None = None,
        summary: Summary | None = None,
        told: Between | None = None,
        doubts: list[Retold] | None = None,
    ) -> AsyncIterator[Compared]:
        """Each ended call of the log in that time beside what we have of it. What the log does not
        end counts as ended if it is not among the `living` of the moment `living_at` (None: if it
        has been silent for longer than any call lasts), or is left to the caller in `doubts`.
        Conversations wholly outside of `told` are left out."""
        summary = summary or Summary(since, until)
        summary.source = await self._logs.choose()
        waiting: list[Retold] = []
        steps = self._logs.conversations(summary.source, since, until, self._is_phone, told)
        async for at, retold in steps:
            summary.reached = at
            for one in retold:
                if one.is_open and doubts is not None:
                    if _may_be_over(one, living, living_at or until):
                        doubts.append(one)
                elif not one.is_open or _is_over(one, living, living_at or until):
                    waiting.append(one)
            if retold:
                await asyncio.sleep(0)  # others have their turn: a conversation is about 2 ms
            if len(waiting) >= AT_ONCE:
                for compared in await self._compared(waiting):
                    summary.verdicts[compared.verdict] += 1
                    yield compared
                waiting = []
        for compared in await self._compared(waiting):
            summary.verdicts[compared.verdict] += 1
            yield compared

    async def _compared(self, waiting: list[Retold]) -> list[Compared]:
        keys = {key for one in waiting for key in one.keys}
        keys |= {str(call.call_id) for one in waiting for call in one.calls}
        if not keys:
            return []
        async with self._storage.read() as connection:
            known = await find_known(connection, keys)
        return [
            compared
            for one in waiting
            for compared in compare(one, [call for call in known if call.keys & one.keys])
        ]

    # --- asked by itself -------------------------------------------------------------------------

    async def _serve(self, wanted: _Wanted) -> bool:
        """Read it; whether the log may not have been written to its end."""
        doubtful = False
        connected_at = wanted.connected_at
        if connected_at is not None and await read_watched(self._storage) is None:
            await note_watched(self._storage, connected_at)  # be we killed the next moment
            wanted = replace(wanted, since=connected_at)
        if self._logs:
            written_in = wanted.asked_at + WRITTEN_SECONDS - self._clock.monotonic()
            if written_in > 0:
                await self._clock.sleep(written_in)
            reading = asyncio.ensure_future(self._read(wanted))
            try:
                if wanted.orphans is not None:
                    # A long time away is long to read: its first minutes hold what was open.
                    await asyncio.wait({reading}, timeout=ORPHANS_SECONDS)
                    await self._intake.close_orphans(wanted.orphans, wanted.at)
                doubtful = await reading
            finally:
                reading.cancel()
        if connected_at is not None and not doubtful:
            await note_watched(self._storage, connected_at)
            # A link that has fallen again meanwhile is no link: what it misses is to be read.
            self._is_watching = self._lost_at is None or self._lost_at < connected_at
        return doubtful

    async def _once_written(self, wanted: _Wanted) -> None:
        await self._clock.sleep(LATE_SECONDS)
        self._wanted.put_nowait(replace(wanted, orphans=None, is_late=True))

    async def _again(self) -> None:
        """Until the log can be read the time that was not watched stays to be read, and the calls
        that were seen in part."""
        await self._clock.sleep(RETRY_SECONDS)
        refused, self._refused = self._refused, None
        if refused is not None:
            self._wanted.put_nowait(replace(refused, orphans=None))

    async def _read(self, wanted: _Wanted) -> bool:
        """Whether it holds calls that it does not end and nobody has on the line any more."""
        moments = (
            [wanted.since, await self._unwatched_since(wanted.living)]
            if wanted.connected_at is not None
            else [wanted.since]
        )
        since = min((moment for moment in moments if moment is not None), default=None)
        if since is None:
            return False
        now, ahead = self._clock.now(), self._ahead()
        since, until = min(since, since - ahead), max(now, now - ahead)
        doubts: list[Retold] | None = None if wanted.is_late else []
        watched = {key for call in self.live() for key in keys_of(call)}
        summary = await self.bring_in(
            since, until, living=wanted.living | watched, living_at=wanted.at, doubts=doubts
        )
        log.info(
            "caught_up",
            since=summary.since,
            source=summary.source,
            **{verdict.value: count for verdict, count in summary.verdicts.items() if count},
        )
        return bool(doubts)

    async def _unwatched_since(self, living: Set[str]) -> datetime | None:
        """Since when the log is to be read: the last moment we listened, or the beginning of the
        oldest call that was open then and has ended. None at the very first start."""
        watched = await read_watched(self._storage)
        if watched is None:
            return None
        now = self._clock.now()
        listened = watched.until if watched.until <= now else now - MARK_LOST
        async with self._storage.read() as connection:
            oldest = await open_since(connection, listened - ACTED_ON, living)
        return min(listened, oldest or listened) - BEFORE

    def _ahead(self) -> timedelta:
        """By how much our clock is ahead of the exchange's; nothing while they agree."""
        seconds = self.ahead_seconds()
        return timedelta(seconds=seconds if abs(seconds) > CLOCKS_APART_SECONDS else 0.0)

    async def _note_for_ever(self) -> None:
        while True:
            await self._clock.sleep(EVERY_SECONDS)
            try:
                await self.note()
            except Exception as error:
                log.warning("watch_not_noted", error=repr(error))


def keys_of(call: CallRecord) -> set[str]:
    """All that a call may be known by: its id, its linkedids and its channels."""
    legs = {str(leg.uniqueid) for leg in call.legs}
    return {str(call.call_id)} | set(map(str, call.linkedids)) | legs


def _merged(one: _Wanted, other: _Wanted) -> _Wanted:
    """Both in one reading: the newer list of the living counts, and the earlier beginning."""
    gaps = sorted((each for each in (one, other) if each.connected_at), key=lambda each: each.at)
    begins = [each.since for each in (one, other) if each.since is not None]
    return replace(
        gaps[-1] if gaps else one,
        since=min(begins, default=None),
        asked_at=max(one.asked_at, other.asked_at),
        is_late=one.is_late and other.is_late,
    )


def _may_be_over(retold: Retold, living: Set[str], at: datetime) -> bool:
    """Whether a conversation that the log does not end began before the list of the living, in
    which it is not."""
    begun = min((call.started_at for call in retold.calls), default=at)
    return begun < at and living.isdisjoint(retold.keys)


def _is_over(retold: Retold, living: Set[str], at: datetime) -> bool:
    return living.isdisjoint(retold.keys) and retold.last_at < at - SETTLED
