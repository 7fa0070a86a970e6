"""The states of a campaign and the ways from one to another."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from dialer.pacing.policy import Mode


class CampaignState(StrEnum):
    """Stored words."""

    DRAFT = "draft"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"


SURE: Final = frozenset({Mode.PREVIEW, Mode.PROGRESSIVE})
"""Modes in which an operator is there for every single call."""

FOLLOWING: Final[Mapping[CampaignState, frozenset[CampaignState]]] = {
    CampaignState.DRAFT: frozenset({CampaignState.RUNNING, CampaignState.FINISHED}),
    CampaignState.RUNNING: frozenset({CampaignState.PAUSED, CampaignState.FINISHED}),
    CampaignState.PAUSED: frozenset({CampaignState.RUNNING, CampaignState.FINISHED}),
    # Who recycles a finished list goes on with it.
    CampaignState.FINISHED: frozenset({CampaignState.RUNNING}),
}
