"""systemd is told how far we are, over its own little socket: ready, stopping, and still alive.

Without systemd (no NOTIFY_SOCKET) nothing is said to nobody.
"""

import os
import socket
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import structlog

log = structlog.get_logger(__name__)

_MICROSECONDS: Final = 1_000_000
_NO_WATCHDOG_SECONDS: Final = 3600.0


class Supervisor:
    """Whoever started us and wants to know; `address` "" is nobody.

    `watchdog_seconds`: he restarts us when he hears nothing for so long (0.0: he does not).
    """

    def __init__(self, address: str, watchdog_seconds: float = 0.0) -> None:
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self._watchdog_seconds = watchdog_seconds

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> "Supervisor":
        """The one that the environment names, as systemd's sd_notify(3) has it."""
        waits = environ.get("WATCHDOG_USEC", "")
        for_us = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        seconds = int(waits) / _MICROSECONDS if waits.isdecimal() and for_us else 0.0
        return cls(environ.get("NOTIFY_SOCKET", ""), seconds)

    def ready(self) -> None:
        self._tell("READY=1")

    def stopping(self) -> None:
        self._tell("STOPPING=1")

    async def run(self, sleep: Callable[[float], Awaitable[None]]) -> None:
        """Say that we live, twice as often as he wants; a loop that stands still says nothing."""
        while True:
            if self._watchdog_seconds:
                self._tell("WATCHDOG=1")
            await sleep(self._watchdog_seconds / 2 or _NO_WATCHDOG_SECONDS)

    def _tell(self, state: str) -> None:
        if not self._address or not hasattr(socket, "AF_UNIX"):
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
                line.setblocking(False)
                line.connect(self._address)
                line.send(state.encode())
        except OSError as error:
            log.warning("supervisor_deaf", state=state, error=str(error))


NOBODY: Final = Supervisor("")
