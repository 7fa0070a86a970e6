"""One service at a database: a second one says so and goes.

SQLite: a lock on a file beside the database; PostgreSQL: an advisory lock of a session of its own.
Either is given back by the system itself when its holder dies, whatever he died of. Commands that
only write for a moment (create-agent, migrate, backup) need no such place.
"""

import asyncio
import os
import secrets
import socket
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

import structlog
from sqlalchemy import text
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from crm_core.clock import Clock
from crm_core.errors import CrmError
from crm_core.storage.connecting import WRITER_LOCK

log = structlog.get_logger(__name__)

PATIENCE_SECONDS: Final = 3.0  # the one before us may be on its way out
WATCH_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 10.0

T = TypeVar("T")


class AnotherServes(CrmError):
    """Somebody has the place already; `host` and `pid` tell who, where that is known."""

    code = "another_serves"


class Place(Protocol):
    """What one service at a time may hold."""

    async def take(self) -> bool: ...

    async def holder(self) -> dict[str, Any]: ...

    async def is_held(self) -> bool: ...

    async def release(self) -> None: ...


class SoleService:
    """`take` the place before anything is touched, `watch` it while serving, `release` it last."""

    def __init__(self, place: Place, clock: Clock) -> None:
        self._place = place
        self._clock = clock
        self.lost_since: datetime | None = None

    @classmethod
    def at(cls, url: URL, clock: Clock) -> "SoleService":
        """The place at the database of `url`."""
        if url.get_backend_name() == "sqlite":
            return cls(FilePlace(Path(str(url.database)).absolute()), clock)
        return cls(ServerPlace(url), clock)

    async def take(self, patience_seconds: float | None = None) -> None:
        """Have the place, or raise AnotherServes after PATIENCE_SECONDS (or as told); the
        database's own errors come through."""
        patience = PATIENCE_SECONDS if patience_seconds is None else patience_seconds
        deadline = self._clock.monotonic() + patience
        while not await self._place.take():
            if self._clock.monotonic() >= deadline:
                who = await self._place.holder()
                await self._place.release()
                raise AnotherServes(**who)
            await self._clock.sleep(0.2)

    async def watch(self) -> None:
        """See that the place is still ours, and take it again when it got lost (the server was
        restarted). Raises AnotherServes when somebody was faster: then we have to go."""
        while True:
            await self._clock.sleep(WATCH_SECONDS)
            if not await self._still_held():
                await self._regain()

    async def release(self) -> None:
        await self._place.release()

    async def _still_held(self) -> bool:
        try:
            return await self._place.is_held()
        except Exception as error:
            log.warning("place_lost", error=repr(error))
            return False

    async def _regain(self) -> None:
        self.lost_since = self._clock.now()
        while True:
            try:
                await self.take()
            except AnotherServes as other:
                log.error("place_taken_by_another", **other.values)
                raise
            except Exception as error:
                log.warning("place_not_regained", error=repr(error))
                await self._place.release()
                await self._clock.sleep(WATCH_SECONDS)
            else:
                self.lost_since = None
                log.info("place_regained")
                return


class FilePlace:
    """A locked file beside the database; it stays there, empty of meaning, when nobody serves."""

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(f"{database.name}.lock")
        self._file: int | None = None

    async def take(self) -> bool:
        file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        if not _lock(file):
            os.close(file)
            return False
        os.ftruncate(file, 0)
        os.write(file, f"{os.getpid()} {socket.gethostname()}\n".encode())
        self._file = file
        return True

    async def holder(self) -> dict[str, Any]:
        try:
            pid, host = self._path.read_text("utf-8", "replace").split()
        except (OSError, ValueError):
            return {}
        return {"pid": pid, "host": host}

    async def is_held(self) -> bool:
        return self._file is not None

    async def release(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


if sys.platform == "win32":
    import msvcrt

    def _lock(file: int) -> bool:
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _lock(file: int) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


_KEYS: Final = {"class": WRITER_LOCK, "object": 1}
_TAKE: Final = text("SELECT pg_try_advisory_lock(:class, :object)")
_HOLDER: Final = text(
    "SELECT a.pid, a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
    "WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2 "
    "AND l.classid = :class AND l.objid = :object "
    "AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
_END: Final = text("SELECT pg_terminate_backend(:pid)")
_APPLICATION: Final = "perezvon serving"


class ServerPlace:
    """An advisory lock of one session, which is kept open for nothing else.

    A pooler between us and PostgreSQL must pool whole sessions, or the lock is the pooler's.
    """

    def __init__(self, url: URL) -> None:
        # At most 63 letters; the last word tells our own session from everybody else's.
        who = f"{socket.gethostname()[:24]} {os.getpid()} {secrets.token_hex(4)}"
        self._name = f"{_APPLICATION} {who}"
        self._url = url
        self._engine: AsyncEngine | None = None
        self._session: AsyncConnection | None = None

    async def take(self) -> bool:
        session = await self._connected()
        if await _answer(session.execute(_TAKE, _KEYS), lambda result: bool(result.scalar_one())):
            return True
        pid, name = await self._holding(session)
        if pid is not None and name == self._name:
            # Our own former session, which the server still believes in: its link was cut.
            await _answer(session.execute(_END, {"pid": pid}))
        return False

    async def holder(self) -> dict[str, Any]:
        _, name = await self._holding(await self._connected())
        told = name.removeprefix(_APPLICATION).split()
        return {"host": told[0], "pid": told[1]} if len(told) == 3 else {}

    async def is_held(self) -> bool:
        if self._session is None:
            return False
        try:
            await _answer(self._session.execute(text("SELECT 1")))
        except BaseException:
            await self._drop()
            raise
        return True

    async def release(self) -> None:
        await self._drop()
        if self._engine is not None:
            await self._engine.dispose()

    async def _connected(self) -> AsyncConnection:
        if self._session is None:
            self._engine = self._engine or _engine(self._url, self._name)
            session: AsyncConnection = await _answer(self._engine.connect())
            self._session = session
        return self._session

    async def _holding(self, session: AsyncConnection) -> tuple[int | None, str]:
        found = await _answer(session.execute(_HOLDER, _KEYS), lambda result: result.first())
        return (found.pid, found.application_name) if found else (None, "")

    async def _drop(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.invalidate()
            await session.close()


def _engine(url: URL, name: str) -> AsyncEngine:
    server = {
        "application_name": name,
        # A machine that lost its power must not keep the place for hours.
        "tcp_keepalives_idle": "10",
        "tcp_keepalives_interval": "5",
        "tcp_keepalives_count": "3",
    }
    return create_async_engine(
        url,
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
        connect_args={"server_settings": server, "timeout": ANSWER_SECONDS},
    )


async def _answer(asked: Awaitable[Any], read: Callable[[Any], T] = lambda answer: answer) -> T:
    """What the server says, within its time."""
    async with asyncio.timeout(ANSWER_SECONDS):
        return read(await asked)
