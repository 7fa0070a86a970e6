"""The flight recorder at work: bytes are taken on the loop, and kept by a thread of its own.

The loop only appends to a list. Once a second the thread cuts blocks, leaves secrets out,
compresses and writes. A disk that is full (or nearly: the database needs the rest) stops the
recorder and nothing else; it tries again every `RETRY_FLUSHES` seconds.
"""

import asyncio
import errno
import fcntl
import io
import logging
import os
import shutil
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final

from telephony.flight.segments import list_segments, superfluous
from telephony.flight.settings import FlightSettings
from telephony.flight.writing import OpenSegment
from telephony.recorder import Recorder

log = logging.getLogger(__name__)

FLUSH_SECONDS: Final = 1.0
RETRY_FLUSHES: Final = 15
CLEAN_FLUSHES: Final = 60
LONGEST_SEGMENT: Final = timedelta(minutes=10)
LARGEST_SEGMENT_BYTES: Final = 8_000_000
RESERVE_BYTES: Final = 64_000_000
"""Left free on the disk for those who need it more."""
MOST_WAITING_BYTES: Final = 32_000_000
"""Of a disk that hangs; what is older is dropped."""

Chunks = list[tuple[bytes, datetime]]


class FlightHealth(StrEnum):
    """How the recorder is: all but the first two keep nothing, until they pass."""

    OK = "ok"
    OFF = "off"
    DISK_FULL = "disk_full"
    FOLDER_TAKEN = "folder_taken"
    UNWRITABLE = "unwritable"


class FlightRecorder:
    """`take` is a `raw` callback of AmiClient. Only one recorder at a time writes in `folder`."""

    def __init__(
        self,
        settings: FlightSettings,
        folder: Path,
        *,
        secrets: Sequence[str],
        now: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]],
        reserve_bytes: int = RESERVE_BYTES,
    ) -> None:
        self.settings = settings
        self.folder = folder
        self.health = FlightHealth.OK if settings.is_on else FlightHealth.OFF
        self._now = now
        self._sleep = sleep
        self._waiting: Chunks = []
        self._waiting_bytes = 0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="flight")
        self._keeper = _Keeper(settings, folder, secrets, reserve_bytes)

    def take(self, data: bytes, at: datetime) -> None:
        """Bytes that arrived at `at`; costs an append."""
        if self.health is FlightHealth.OFF:
            return
        self._waiting.append((data, at))
        self._waiting_bytes += len(data)
        if self._waiting_bytes > MOST_WAITING_BYTES:
            log.warning(
                "the flight recorder's disk does not keep up: %d bytes are left out",
                self._waiting_bytes,
            )
            self._waiting, self._waiting_bytes = [], 0

    async def run(self) -> None:
        """Write what was taken, every second, until cancelled."""
        while True:
            await self._sleep(FLUSH_SECONDS)
            if self.health is not FlightHealth.OFF:
                await self._keep_waiting()

    async def flush(self) -> None:
        """Return when everything taken so far is on disk, or is known not to get there."""
        if self._waiting:
            await self._keep_waiting()

    async def close(self) -> None:
        """Write the rest and end the segment."""
        await self.flush()
        self._thread.submit(self._keeper.close)
        await asyncio.to_thread(self._thread.shutdown)

    async def _keep_waiting(self) -> None:
        chunks, self._waiting, self._waiting_bytes = self._waiting, [], 0
        work = asyncio.get_running_loop().run_in_executor(
            self._thread, self._keeper.keep, chunks, self._now()
        )
        self.health = await asyncio.shield(work)


class _Keeper:
    """What the thread owns: the open segment, the half block, the lock on the folder."""

    def __init__(
        self, settings: FlightSettings, folder: Path, secrets: Sequence[str], reserve_bytes: int
    ) -> None:
        self._folder = folder
        self._reserve_bytes = reserve_bytes
        self._kept_for = timedelta(hours=settings.hours)
        self._most_bytes = settings.megabytes * 1_000_000
        self._segment_bytes = min(LARGEST_SEGMENT_BYTES, self._most_bytes // 8)
        self._cut = io.BytesIO()
        self._recorder = Recorder(self._cut, secrets=secrets)
        self._segment: OpenSegment | None = None
        self._lock: int | None = None
        self._health = FlightHealth.OK
        self._resting = 0
        self._since_cleaning = 0

    def keep(self, chunks: Chunks, now: datetime) -> FlightHealth:
        """Write the blocks that are whole; how it went."""
        if self._resting:
            self._resting -= 1
            self._recorder.link_lost()
            return self._health
        try:
            self._own_folder()
            self._clean_now_and_then(now)
            self._write(chunks)
        except OSError as error:
            self._stop(error)
        else:
            self._go_on()
        return self._health

    def close(self) -> None:
        if self._segment is not None:
            self._segment.close()
            self._segment = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _own_folder(self) -> None:
        """Two recorders in one folder would write one story twice."""
        if self._lock is not None:
            return
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            raise
        self._lock = lock

    def _write(self, chunks: Chunks) -> None:
        for data, at in chunks:
            self._recorder.write(data, at)
        blocks = self._cut.getvalue()
        self._cut.seek(0)
        self._cut.truncate()
        if not blocks:
            return
        if shutil.disk_usage(self._folder).free < self._reserve_bytes:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        first_at, last_at = chunks[0][1], chunks[-1][1]
        self._opened(first_at).flush(blocks, last_at)

    def _opened(self, at: datetime) -> OpenSegment:
        segment = self._segment
        if segment is not None and segment.is_full(at, self._segment_bytes, LONGEST_SEGMENT):
            segment.close()
            segment = self._segment = None
        if segment is None:
            self._clean(at)
            number = max((one.number for one in list_segments(self._folder)), default=0) + 1
            segment = self._segment = OpenSegment(self._folder, number, at)
        return segment

    def _clean_now_and_then(self, now: datetime) -> None:
        self._since_cleaning += 1
        if self._since_cleaning >= CLEAN_FLUSHES:
            self._clean(now)

    def _clean(self, now: datetime) -> None:
        """Remove what is too old or too much, with room for one more segment."""
        self._since_cleaning = 0
        old = superfluous(
            list_segments(self._folder),
            before=now - self._kept_for,
            most_bytes=self._most_bytes - self._segment_bytes,
        )
        for segment in old:
            segment.path.unlink(missing_ok=True)

    def _stop(self, error: OSError) -> None:
        """Nothing is kept for a while; the segment so far stays readable."""
        health = _health_of(error)
        if health is not self._health:
            log.error("the flight recorder keeps nothing: %s", error)
        self._health, self._resting = health, RETRY_FLUSHES
        self._recorder.link_lost()
        self._cut.seek(0)
        self._cut.truncate()
        if self._segment is not None:
            self._segment.abandon()
            self._segment = None

    def _go_on(self) -> None:
        if self._health is not FlightHealth.OK:
            log.info("the flight recorder goes on")
        self._health = FlightHealth.OK


def _health_of(error: OSError) -> FlightHealth:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return FlightHealth.DISK_FULL
    if error.errno in (errno.EAGAIN, errno.EACCES) and error.filename is None:
        return FlightHealth.FOLDER_TAKEN
    return FlightHealth.UNWRITABLE
