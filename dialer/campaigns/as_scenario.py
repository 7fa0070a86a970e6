"""A campaign as the scenario of a simulation (docs/simulate.md), so that it can be tried (pure)."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

from dialer.campaigns.queries import Campaign
from dialer.compliance.profile import LawProfile
from dialer.compliance.spans import narrowed
from dialer.compliance.written_hours import written_hours
from dialer.order.retry import After
from dialer.pacing.policy import Mode
from dialer.simulation.reading import MOST_PEOPLE
from dialer.simulation.written.clients import MOST_KINDS, MOST_ZONES

_RETRIED: Final = (
    *("most_attempts", "most_per_day", "most_per_number"),
    *("most_busy", "most_network", "most_failures", "network_trouble_minutes"),
)


Group = tuple[str, str, str]
"""Zones (with spaces between), segment, kind of number: as `dialer/entries` keeps them together."""


def as_scenario(
    campaign: Campaign, law: LawProfile, *, people: int, groups: Mapping[Group, int] | None = None
) -> dict[str, Any]:
    """Title, law, pacing, list, clients and retries as the file writes them; who works and who
    answers how is for others to say. In preview it is simulated as one call for each free operator.

    `groups`: how many of the list stand in each; without any there is nothing about clients."""
    return {
        "title": campaign.title,
        "law": _law(campaign, law),
        "pacing": _pacing(campaign),
        "list": {"size": min(people, MOST_PEOPLE)},
        **({"clients": _clients(groups)} if groups else {}),
        "retry": {
            **{name: getattr(campaign.retry, name) for name in _RETRIED},
            "after": {key.value: _after(each) for key, each in campaign.retry.after.items()},
        },
    }


def _clients(groups: Mapping[Group, int]) -> list[dict[str, Any]]:
    """The largest first, and no more than a file may have."""
    zones = defaultdict[tuple[str, str], dict[str, int]](dict)
    for (named, segment, kind), count in sorted(groups.items(), key=lambda each: -each[1]):
        found = zones[segment, kind]
        if named and len(found) < MOST_ZONES:
            found[named] = count
    kinds = sorted(zones.items(), key=lambda each: -sum(each[1].values()))[:MOST_KINDS]
    return [
        {
            "name": f"{segment} {kind}".strip(),
            "share": sum(counts.values()),
            "list": segment,
            "number_type": kind,
            "zones": counts,
        }
        for (segment, kind), counts in kinds
    ]


def _law(campaign: Campaign, law: LawProfile) -> object:
    if campaign.hours is None:
        return law.key
    return {"profile": law.key, "hours": written_hours(narrowed(law.hours, campaign.hours))}


def _pacing(campaign: Campaign) -> dict[str, Any]:
    pacing = campaign.pacing
    mode = Mode.PROGRESSIVE if campaign.mode is Mode.PREVIEW else campaign.mode
    return {
        "mode": mode.value,
        "ratio": pacing.ratio,
        "ring_seconds": pacing.ring_seconds,
        **({} if pacing.target is None else {"target": pacing.target}),
        "trunks": pacing.trunks,
        "calls_per_second": pacing.calls_per_second,
        "lines_per_operator": pacing.most_ratio,
    }


def _after(after: After) -> object:
    if after.minutes is None:
        return "never"
    return {"minutes": after.minutes, "another_part": after.another_part}
