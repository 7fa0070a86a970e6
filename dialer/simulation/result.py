"""What a simulated campaign came to, counted as it went."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from dialer.pacing.meter import Count


class Broken(StrEnum):
    """A rule that was not kept; `violations` counts them."""

    CALLING_HOURS = "calling_hours"
    ATTEMPTS = "attempts"
    EMBARGO = "embargo"
    CONSENT = "consent"
    DO_NOT_CALL = "do_not_call"
    MINIMUM_RING = "minimum_ring"
    ABANDONMENT = "abandonment"
    TRUNKS = "trunks"
    CALLS_PER_SECOND = "calls_per_second"


@dataclass(slots=True)
class Hour:
    """One hour of the office's day, over all days."""

    dials: int = 0
    answers: int = 0
    abandoned: int = 0
    busy_seconds: float = 0.0


@dataclass(slots=True)
class Result:
    """Sums over the whole run. Busy is talk and wrap-up; duty is presence without breaks; answers
    are those of live people, connected or abandoned."""

    dials: int = 0
    answers: int = 0
    connected: int = 0
    abandoned: int = 0
    machines: int = 0
    failed: int = 0
    messages_played: int = 0
    duty_seconds: float = 0.0
    talk_seconds: float = 0.0
    wrap_up_seconds: float = 0.0
    worst_window: Count = field(default_factory=Count)
    windows: int = 0
    list_finished: int = 0
    list_left: int | None = None
    refused: Counter[str] = field(default_factory=Counter)
    violations: Counter[Broken] = field(default_factory=Counter)
    decisions: Counter[str] = field(default_factory=Counter)
    hours: list[Hour] = field(default_factory=lambda: [Hour() for _ in range(24)])

    @property
    def busy_share(self) -> float:
        """Talk and wrap-up as a share of the time on duty."""
        if not self.duty_seconds:
            return 0.0
        return (self.talk_seconds + self.wrap_up_seconds) / self.duty_seconds

    @property
    def talk_minutes_per_operator_hour(self) -> float:
        return self.talk_seconds / 60.0 / (self.duty_seconds / 3600.0) if self.duty_seconds else 0.0

    @property
    def idle_seconds_per_call(self) -> float:
        """How long an operator waits for the next conversation."""
        idle = self.duty_seconds - self.talk_seconds - self.wrap_up_seconds
        return max(0.0, idle) / self.connected if self.connected else 0.0

    @property
    def abandoned_share(self) -> float:
        return self.abandoned / self.answers if self.answers else 0.0
