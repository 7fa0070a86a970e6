"""Whether a failure is the database's own, and work that waits until it is itself again."""

import math
import sqlite3
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import asyncpg  # type: ignore[import-untyped]
import structlog
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from crm_core.clock import Clock

log = structlog.get_logger(__name__)

FIRST_RETRY_SECONDS: Final = 0.2
LONGEST_RETRY_SECONDS: Final = 5.0
TOLD_EVERY_SECONDS: Final = 60.0

_TROUBLE: Final = (OperationalError, sqlite3.OperationalError, PoolTimeout, OSError)
# PostgreSQL's SQLSTATE classes: connection, rolled back by a rival, no resources, wrong state,
# operator's intervention, the system itself, read-only.
_TROUBLE_CLASSES: Final = frozenset({"08", "40", "53", "55", "57", "58", "25"})

T = TypeVar("T")


def is_database_trouble(error: Exception) -> bool:
    """Whether the database, not the fact, is to blame: locked, full, gone, restarting."""
    # The hot path gives the driver's own errors, the rest SQLAlchemy's around them.
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    state = str(getattr(cause, "sqlstate", None) or "")
    if state:
        return state[:2] in _TROUBLE_CLASSES
    if isinstance(cause, asyncpg.InternalClientError):
        return True  # asked in the moment between the server's good-bye and the end of the link
    if isinstance(cause, asyncpg.InterfaceError):
        return not isinstance(cause, ValueError)  # which is a value that no column takes
    return isinstance(error, _TROUBLE)


def is_out_of_reach(error: Exception) -> bool:
    """The same of work that touches files and browsers too, whose errors are not the database's:
    of the system's own errors only those of a connection that was not to be had count."""
    if isinstance(error, OSError):
        return isinstance(error, ConnectionRefusedError | TimeoutError)
    return is_database_trouble(error)


async def persistently(
    clock: Clock,
    work: Callable[[], Awaitable[T]],
    note: Callable[[Exception], None] | None = None,
) -> T:
    """Do `work`, again and again while the database is in trouble: each time told to `note`, or
    logged, once a minute. Any other failure is raised. What listens to facts uses it, since nothing
    tells it a fact twice."""
    pause, told_at = FIRST_RETRY_SECONDS, -math.inf
    while True:
        try:
            return await work()
        except Exception as error:
            if not is_database_trouble(error):
                raise
            if note is not None:
                note(error)
            elif clock.monotonic() - told_at >= TOLD_EVERY_SECONDS:
                log.warning("waits_for_database", error=str(error))
                told_at = clock.monotonic()
        await clock.sleep(pause)
        pause = min(pause * 2, LONGEST_RETRY_SECONDS)
