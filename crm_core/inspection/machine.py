"""The machine we run on: room on the disk, and which versions of what."""

import asyncio
import platform
import shutil
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from crm_core.storage.engine import Storage
from telephony.inspection.finding import Finding, Tell, bad, ok, warn

LITTLE_BYTES: Final = 2_000_000_000  # a busy year of calls, and a backup beside it
NONE_BYTES: Final = 200_000_000


async def inspect_machine(storage: Storage, tell: Tell) -> None:
    """Tell of the disk that our data lie on, and of the programs."""
    folder = _data_folder(storage)
    await tell(await asyncio.to_thread(_room, folder))
    await tell(ok("machine.versions", perezvon=_own_version(), python=platform.python_version()))


def _data_folder(storage: Storage) -> Path:
    """Where the embedded database grows; beside a server, where we were started."""
    file = Path(storage.url.database or "") if storage.is_sqlite else Path("data") / "none"
    folder = file.absolute().parent
    while not folder.exists():
        folder = folder.parent
    return folder


def _room(folder: Path) -> Finding:
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return bad("machine.disk_unseen", folder=str(folder), details=error.strerror or str(error))
    return room(free, str(folder))


def room(free_bytes: int, folder: str) -> Finding:
    """How the check speaks of so much room."""
    values = {"folder": folder, "megabytes": free_bytes // 1_000_000}
    if free_bytes < NONE_BYTES:
        return bad("machine.disk_full", **values)
    if free_bytes < LITTLE_BYTES:
        return warn("machine.disk_little", **values)
    return ok("machine.disk", **values)


def _own_version() -> str:
    try:
        return version("perezvon")
    except PackageNotFoundError:
        return "?"
