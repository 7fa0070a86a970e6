"""The states of an entry."""

from enum import StrEnum
from functools import lru_cache
from typing import Final

from dialer.order.reasons import Waits


class EntryState(StrEnum):
    """Stored words. Ready ones are dialled whenever their bucket is open; certain ones only with
    an operator sure for them; waiting ones become either when they are due."""

    WAITING = "waiting"
    READY = "ready"
    CERTAIN = "certain"
    LEASED = "leased"
    DONE = "done"
    NEVER = "never"


class NumberState(StrEnum):
    """Stored words."""

    OK = "ok"
    WRONG = "wrong"
    REFUSED = "refused"  # by the law or the card, for good


OPEN: Final = (EntryState.WAITING, EntryState.READY, EntryState.CERTAIN, EntryState.LEASED)
DONE_REASONS: Final = frozenset({Waits.COMPLETED, Waits.TALKED})
"""Ends that are what the list is for; every other end makes an entry `never`."""


def zones_text(zones: frozenset[str]) -> str:
    """As columns keep a set of zones."""
    return " ".join(sorted(zones))


@lru_cache(maxsize=2_000)
def zones_from(text: str) -> frozenset[str]:
    """What a column keeps."""
    return frozenset(text.split())
