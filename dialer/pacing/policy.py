"""What a campaign asks of its pacing."""

from dataclasses import dataclass
from enum import StrEnum


class Mode(StrEnum):
    """How calls are placed. Stored words.

    Preview: the operator sees who it is and dials. Progressive: one call per free operator. Power:
    a fixed number of calls per free operator. Predictive: as many as the forecast allows.
    """

    PREVIEW = "preview"
    PROGRESSIVE = "progressive"
    POWER = "power"
    PREDICTIVE = "predictive"


@dataclass(frozen=True, slots=True)
class Policy:
    """The campaign's settings. `limit` is the law's share of abandoned calls, None for no law;
    `patience_seconds` is how long an answered call may wait before it is abandoned."""

    mode: Mode
    limit: float | None = 0.03
    patience_seconds: float = 2.0
    ratio: float = 1.0
    trunks: int = 1000
    calls_per_second: float = 50.0
    most_lines_per_operator: float = 20.0
