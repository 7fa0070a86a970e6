"""What the pacer decides, and on what it is founded."""

from dataclasses import dataclass
from enum import StrEnum


class Why(StrEnum):
    """What decided about the number. Each has a sentence in `web`."""

    NOBODY_ON_DUTY = "nobody_on_duty"
    PREVIEW = "preview"
    ONE_PER_OPERATOR = "one_per_operator"
    RATIO = "ratio"
    FORECAST = "forecast"
    NONE_MAY_BE_ABANDONED = "none_may_be_abandoned"
    METER_FIRST = "meter_first"  # so few answers that one abandoned call would break the limit
    METER_FULL = "meter_full"
    TRUNK_FAILS = "trunk_fails"
    TRUNKS = "trunks"
    CALLS_PER_SECOND = "calls_per_second"


@dataclass(frozen=True, slots=True)
class Decision:
    """`calls` to place now. What it was founded on: operators free now and within `ahead_seconds`,
    calls ringing, the answer chance, the meter beside its limit, the risk of the last call."""

    calls: int
    why: Why
    ready: int
    ringing: int
    freed: float = 0.0
    ahead_seconds: float = 0.0
    answer_chance: float = 0.0
    meter: float = 0.0
    limit: float = 0.0
    risk: float = 0.0
