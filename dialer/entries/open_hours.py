"""Whether zones may be called at an instant: by the law's hours and by the campaign's own."""

from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from dialer.compliance.calling_hours import opening_times
from dialer.entries.choice import Rules
from dialer.order.best_hours import Scores, cell_of

FAR: Final = datetime.max.replace(tzinfo=UTC)
"""As good as never."""


def closes_at(zones: frozenset[str], rules: Rules, at: datetime) -> tuple[bool, int | None]:
    """Whether these zones may be called now, and when that ends (seconds since 1970)."""
    profile = rules.law.profile
    closes: list[int] = []
    for hours in (profile.hours, rules.campaign.hours):
        if hours is None:
            continue
        opening = opening_times(hours, profile.country, profile.subdivision, zones)
        is_open, change = opening.at(at.timestamp())
        if not is_open:
            return False, None
        closes += [] if change is None else [change]
    return True, min(closes, default=None)


def closed_by_campaign(rules: Rules, zones: frozenset[str], at: datetime) -> datetime | None:
    """Until when the campaign's own hours forbid it; None while they do not."""
    if rules.campaign.hours is None:
        return None
    profile = rules.law.profile
    opening = opening_times(rules.campaign.hours, profile.country, profile.subdivision, zones)
    is_open, change = opening.at(at.timestamp())
    if is_open:
        return None
    return FAR if change is None else datetime.fromtimestamp(change, UTC)


def is_better_later(
    kind: str, zones: frozenset[str], scores: Scores, at: datetime, closes: int | None
) -> bool:
    """Whether most would better be called later today, before it `closes` (seconds since 1970)."""
    if not scores.by_cell:
        return False
    zone = ZoneInfo(min(zones))
    local = at.astimezone(zone)
    until = 24
    if closes is not None:
        end = datetime.fromtimestamp(closes, zone)
        until = end.hour if end.date() == local.date() else 24
    return scores.is_better_later(cell_of(kind, local), until)
