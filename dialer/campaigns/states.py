"""The states of a campaign and the ways from one to another; the modes of dialling."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class CampaignState(StrEnum):
    """Stored words."""

    DRAFT = "draft"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"


class Mode(StrEnum):
    """How many are dialled for how many operators. Stored words."""

    PREVIEW = "preview"  # the operator looks first, then dials
    PROGRESSIVE = "progressive"  # one for each free operator
    POWER = "power"  # a fixed number for each free operator
    PREDICTIVE = "predictive"  # as many as the forecast and the law allow


SURE: Final = frozenset({Mode.PREVIEW, Mode.PROGRESSIVE})
"""Modes in which an operator is there for every single call."""

FOLLOWING: Final[Mapping[CampaignState, frozenset[CampaignState]]] = {
    CampaignState.DRAFT: frozenset({CampaignState.RUNNING, CampaignState.FINISHED}),
    CampaignState.RUNNING: frozenset({CampaignState.PAUSED, CampaignState.FINISHED}),
    CampaignState.PAUSED: frozenset({CampaignState.RUNNING, CampaignState.FINISHED}),
    # Who recycles a finished list goes on with it.
    CampaignState.FINISHED: frozenset({CampaignState.RUNNING}),
}
