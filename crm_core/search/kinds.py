"""What can be found, and where each kind stands among the searched texts."""

from enum import StrEnum
from typing import Final


class SearchKind(StrEnum):
    """In the order in which results are shown."""

    CLIENT = "client"
    LEAD = "lead"
    DEAL = "deal"
    TASK = "task"
    NOTE = "note"
    CALL_NOTE = "call_note"  # what an operator wrote at a call: the id is the wrap-up's
    CLIENT_NOTE = "client_note"  # the note on the client himself: the id is the client's


PLACES: Final = 2**40
"""The ids that each kind has to itself. The last written has the highest, so that the engines
give the newest first without sorting."""


_KINDS: Final = tuple(SearchKind)
_FIRST_PLACES: Final = {kind: (len(_KINDS) - nth) * PLACES for nth, kind in enumerate(_KINDS)}


def first_place(kind: SearchKind) -> int:
    """The id before the first of this kind."""
    return _FIRST_PLACES[kind]


def last_place(kind: SearchKind) -> int:
    """The highest id of this kind."""
    return first_place(kind) + PLACES - 1


def kind_at(place: int) -> SearchKind:
    """The kind whose text has this id; of the id before its first, the next lower one."""
    return _KINDS[len(_KINDS) - (place - 1) // PLACES]
