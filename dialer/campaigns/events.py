"""What happens to campaigns, told after it is stored."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CampaignChanged:
    """A campaign was made, edited, started, stopped or given to others."""

    campaign_id: int


@dataclass(frozen=True, slots=True)
class EntriesChanged:
    """A campaign's list became longer or shorter, or was begun again."""

    campaign_id: int


@dataclass(frozen=True, slots=True)
class AttemptEnded:
    """A dial is over, and its entry has moved on."""

    campaign_id: int
    entry_id: int | None
    attempt_id: int
