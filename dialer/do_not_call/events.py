"""What is told of the do-not-call lists, after the commit."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class OptedOut:
    """Somebody wants no more calls: what rings for him now is to be given up. E.164. For one
    campaign alone where `campaign_id` names it."""

    numbers: tuple[str, ...]
    client_id: int | None
    campaign_id: int | None = None
