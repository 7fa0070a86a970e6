"""What a choice goes by, and what comes of it: who is dialled, and who may not be and why."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import NamedTuple

from dialer.campaigns.queries import Campaign
from dialer.compliance.permission import Permission, Refused
from dialer.compliance.profile import LawProfile
from dialer.order.best_hours import Scores
from dialer.order.reasons import Waits


@dataclass(frozen=True, slots=True)
class Law:
    """The profile in force and its version."""

    profile: LawProfile
    version: int


@dataclass(frozen=True, slots=True)
class Rules:
    """What a choice goes by: the campaign, the law in force, the office's own numbers, what is
    known of the best hours, and the zone of the office's calendar."""

    campaign: Campaign
    law: Law
    own: frozenset[str] = frozenset()
    scores: Scores = field(default_factory=Scores)
    zone: tzinfo = UTC


class Chosen(NamedTuple):
    """An entry that may be dialled now; `certain`: an operator must be sure for it, and that one
    where `agent_id` names him."""

    entry_id: int
    client_id: int
    contact_id: int | None
    e164: str
    position: int
    segment: str
    certain: bool
    agent_id: int | None


@dataclass(frozen=True, slots=True)
class Held:
    """An entry that may not: `reason` is a word of Refused or Waits, `until` when that ends by
    itself. `permission` is the whole judgement where the law spoke."""

    entry_id: int
    reason: Refused | Waits
    until: datetime | None
    permission: Permission | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """Who is dialled, in this order, and who was met and may not be."""

    chosen: tuple[Chosen, ...]
    held: tuple[Held, ...]
