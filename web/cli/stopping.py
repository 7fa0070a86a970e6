"""Work that runs until somebody says stop."""

import asyncio
import os
import signal
import threading
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Final

HURRY_SECONDS: Final = 3.0
"""What a second signal still grants: an end in order, without waiting for database or browsers."""
INTERRUPTED: Final = 130


def stop_signal() -> asyncio.Event:
    """An event that Ctrl-C and SIGTERM set; where signals cannot be had, Ctrl-C interrupts.

    A second one cancels the task that asked, and ends the process some seconds later whatever it
    is doing: what was committed stays, what was not is caught up at the next start.
    """
    stop, hurried = asyncio.Event(), asyncio.Event()
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def hear() -> None:
        if not stop.is_set():
            stop.set()
        elif not hurried.is_set():
            hurried.set()
            _end_soon()
            if task is not None:
                task.cancel()

    for name in ("SIGINT", "SIGTERM"):
        with suppress(NotImplementedError, RuntimeError, ValueError):  # Windows, a thread
            loop.add_signal_handler(getattr(signal, name), hear)
    return stop


def _end_soon() -> None:
    # A thread: it also ends a loop that stands still, and threads that the interpreter waits for.
    last_word = threading.Timer(HURRY_SECONDS, os._exit, (INTERRUPTED,))
    last_word.daemon = True
    last_word.start()


async def until_stopped(*work: Coroutine[Any, Any, None]) -> None:
    """Run all of `work` together until it is stopped; one that fails ends the rest."""
    stop = stop_signal()
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one) for one in work]
        await stop.wait()
        for task in tasks:
            task.cancel()
