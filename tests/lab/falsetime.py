"""A wall clock of its own for one process (libfaketime), put on and back while it runs."""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.lab.needs import Missing

_LIBRARY = "faketime/libfaketimeMT.so.1"


def find_library() -> Path:
    """Where libfaketime lies; Missing where it does not."""
    for folder in (
        *Path("/usr/lib").glob("*-linux-gnu*"),
        Path("/usr/lib"),
        Path("/usr/local/lib"),
    ):
        if (folder / _LIBRARY).exists():
            return folder / _LIBRARY
    raise Missing("faketime is not installed (python -m tests.lab.install)")


@dataclass(frozen=True)
class FalseClock:
    """What it is put to is read from `dial`. Only the wall clock is false: the clock that only goes
    on, and the times of files, are true."""

    library: Path
    dial: Path

    def put(self, seconds: int) -> None:
        """So many seconds before (negative) or after the true time, from now on."""
        beside = self.dial.with_suffix(".new")
        beside.write_text(f"{seconds:+d}\n")
        beside.replace(self.dial)

    def become(self, command: Sequence[str]) -> None:
        """Replace this process by a Python that runs `command` by this clock."""
        environment = {
            **os.environ,
            "LD_PRELOAD": str(self.library),
            "FAKETIME_TIMESTAMP_FILE": str(self.dial),
            "FAKETIME_CACHE_DURATION": "1",  # seconds: it reads the dial as often
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }
        os.execve(sys.executable, [sys.executable, *command], environment)


def false_clock(folder: Path) -> FalseClock:
    """A clock that is right until it is put on or back."""
    clock = FalseClock(find_library(), folder / "dial")
    clock.put(0)
    return clock
