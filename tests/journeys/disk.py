"""A small disk of a test's own that can be filled to its last byte."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.lab.needs import Missing, skip_or_fail

BALLAST = "ballast"


@dataclass(frozen=True)
class SmallDisk:
    """`folder` lies on it."""

    folder: Path

    def fill(self, *, leave: int = 0) -> None:
        """Take all its room but `leave` bytes; what is freed meanwhile too, when asked again."""
        with (self.folder / BALLAST).open("ab") as ballast, suppress(OSError):
            while (free := self.free() - leave) > 0:
                os.posix_fallocate(ballast.fileno(), ballast.seek(0, os.SEEK_END), free)

    def free(self) -> int:
        """Bytes that can still be written."""
        told = os.statvfs(self.folder)
        return told.f_bavail * told.f_frsize

    def make_room(self) -> None:
        """Throw the ballast away."""
        (self.folder / BALLAST).unlink(missing_ok=True)

    def forbid_writing(self) -> None:
        """From now on it can only be read."""
        subprocess.run(["mount", "-o", "remount,ro", str(self.folder)], check=True)


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[SmallDisk]:
    """A disk at `folder` for the length of the block; without the right to mount one the test is
    skipped, or fails where nothing may be missing."""
    folder.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    done = subprocess.run(mounting, capture_output=True, check=False)
    if done.returncode:
        skip_or_fail(str(Missing(f"a small disk cannot be mounted: {done.stderr.decode()}")))
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
