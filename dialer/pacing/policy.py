"""What a campaign asks of its pacing."""

from dataclasses import dataclass
from enum import StrEnum


class Mode(StrEnum):
    """How many are dialled for how many operators. Stored words."""

    PREVIEW = "preview"  # the operator sees who it is and dials
    PROGRESSIVE = "progressive"  # one for each free operator
    POWER = "power"  # a fixed number for each free operator
    PREDICTIVE = "predictive"  # as many as the forecast and the law allow


@dataclass(frozen=True, slots=True)
class Policy:
    """The campaign's settings. `limit` is the law's share of abandoned calls, None for no law,
    `target` what the campaign itself aims at; `patience_seconds` is how long an answered call may
    wait before it is abandoned."""

    mode: Mode
    limit: float | None = 0.03
    target: float | None = None
    patience_seconds: float = 2.0
    ratio: float = 1.0
    trunks: int = 1000
    calls_per_second: float = 50.0
    most_lines_per_operator: float = 20.0
