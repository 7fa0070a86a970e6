"""Servers of the laboratory: child processes that never outlive the test run."""

import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from shutil import which
from subprocess import DEVNULL, Popen


def free_port(*, udp: bool = False, wished: int | None = None) -> int:
    """A port of 127.0.0.1 that nobody held a moment ago: the wished one, if it is free."""
    kind = socket.SOCK_DGRAM if udp else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kind) as probe:
        try:
            probe.bind(("127.0.0.1", wished or 0))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def kept_port(*, udp: bool = False) -> int:
    """A free port for somebody who will bind it later: above those that the kernel deals out (to
    60999 on Linux), so that nobody gets it meanwhile by chance."""
    kind = socket.SOCK_DGRAM if udp else socket.SOCK_STREAM
    while True:
        with socket.socket(socket.AF_INET, kind) as probe, suppress(OSError):
            port = random.randint(61_000, 65_500)
            probe.bind(("127.0.0.1", port))
            return port


def free_media_port() -> int:
    """An even port of 127.0.0.1 that nobody held a moment ago, nor the three after it: a phone
    takes them for sound and picture and for what is told about both."""
    while True:
        first = free_port(udp=True) // 2 * 2
        with ExitStack() as probes, suppress(OSError):
            for port in range(first, first + 4):
                probe = probes.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                probe.bind(("127.0.0.1", port))
            return first


def start(
    command: Sequence[str | Path],
    log: Path,
    *,
    user: str | None = None,
    on_orphaned: str = "KILL",
    cwd: Path | None = None,
) -> Popen[bytes]:
    """Start a server whose output goes to `log`; the kernel signals it if the tests are killed."""
    guard = ["setpriv", "--pdeathsig", on_orphaned]
    if user is not None:
        guard += ["--reuid", user, "--regid", user, "--clear-groups"]
    prefix = guard if which("setpriv") else []
    with log.open("ab") as output:
        return Popen(
            [*prefix, *map(str, command)], stdin=DEVNULL, stdout=output, stderr=output, cwd=cwd
        )


def stop(process: Popen[bytes], *, how: int = signal.SIGTERM, patience_seconds: float = 5) -> None:
    """End a server; one that does not listen is killed."""
    if process.poll() is not None:
        return
    process.send_signal(how)
    try:
        process.wait(patience_seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_until(fact: Callable[[], bool], what: str, *, patience_seconds: float = 30) -> None:
    """Return once `fact()` is true; raise TimeoutError naming `what` if it never is."""
    deadline = time.monotonic() + patience_seconds
    while not fact():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {patience_seconds} s: {what}")
        time.sleep(0.02)
