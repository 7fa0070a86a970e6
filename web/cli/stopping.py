"""Work that runs until somebody says stop."""

import asyncio
import signal
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any


def stop_signal() -> asyncio.Event:
    """An event that Ctrl-C and SIGTERM set; where signals cannot be had, Ctrl-C interrupts."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in ("SIGINT", "SIGTERM"):
        with suppress(NotImplementedError, RuntimeError, ValueError):  # Windows, a thread
            loop.add_signal_handler(getattr(signal, name), stop.set)
    return stop


async def until_stopped(*work: Coroutine[Any, Any, None]) -> None:
    """Run all of `work` together until it is stopped; one that fails ends the rest."""
    stop = stop_signal()
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one) for one in work]
        await stop.wait()
        for task in tasks:
            task.cancel()
