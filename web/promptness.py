"""The interpreter set for a ringing phone: no long pause, no long wait between two threads."""

import asyncio
import gc
import sys
from typing import Final

try:
    import uvloop
except ImportError:  # Windows, PyPy: the same, a little later
    new_event_loop = asyncio.new_event_loop
else:
    new_event_loop = uvloop.new_event_loop

SWITCH_SECONDS: Final = 0.0005
"""How long one thread keeps the interpreter from another. SQLite's thread waits for it at every
statement while the loop is busy: Python's own 5 ms, several times a ring, would be seen."""

NEW_OBJECTS: Final = (10_000, 20, 20)
"""Collections are for cycles, which we hardly make: fewer of them, and each as short as ever."""


def new_loop() -> asyncio.AbstractEventLoop:
    """The event loop to serve on: on uvloop a trip to SQLite's thread costs a quarter less."""
    return new_event_loop()


def be_prompt() -> None:
    """Call once everything is started: all there is now is left out of every later collection.

    Looking through the templates, the numbering plans and the translations took up to 0.17 s.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*NEW_OBJECTS)
