"""How people are put on a list, and what became of it."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from crm_core.errors import Invalid
from crm_core.wording import line, whole
from dialer.campaigns.settings import LONGEST_SEGMENT
from dialer.order.ranking import HIGHEST_PRIORITY

MOST_TOLD: Final = 100


class NotLoaded(StrEnum):
    """Why somebody was not put on the list."""

    ALREADY_LISTED = "already_listed"  # he or his number
    NO_NUMBER = "no_number"
    NO_VALID_NUMBER = "no_valid_number"
    DO_NOT_CALL = "do_not_call"
    SPECIAL_NUMBER = "special_number"  # premium, short, emergency
    OWN_NUMBER = "own_number"  # the office's
    ZONE_UNKNOWN = "zone_unknown"


@dataclass(frozen=True, slots=True)
class Wanted:
    """How people are put on the list. `mobile_first`: else the numbers are tried as the card lists
    them. `requested_at`: they asked themselves, and minutes matter."""

    segment: str = ""
    priority: int = 5
    mobile_first: bool = True
    requested_at: datetime | None = None
    source: str = ""


@dataclass(slots=True)
class Loaded:
    """What became of it: how many were put on the list, how many not and why; `told` are the first
    of these, client id and reason."""

    added: int = 0
    not_loaded: Counter[NotLoaded] = field(default_factory=Counter)
    told: list[tuple[int, NotLoaded]] = field(default_factory=list)

    def leave_out(self, client_id: int, reason: NotLoaded) -> None:
        """Somebody is not put on the list."""
        self.not_loaded[reason] += 1
        if len(self.told) < MOST_TOLD:
            self.told.append((client_id, reason))


def checked(wanted: Wanted) -> Wanted:
    """As it is kept. Invalid: segment, priority, source, requested_at."""
    if wanted.requested_at is not None and wanted.requested_at.tzinfo is None:
        raise Invalid("requested_at", "not_a_date")
    return Wanted(
        line("segment", wanted.segment, limit=LONGEST_SEGMENT, required=False),
        whole("priority", wanted.priority, least=0, most=HIGHEST_PRIORITY),
        wanted.mobile_first,
        wanted.requested_at,
        line("source", wanted.source, limit=200, required=False),
    )
