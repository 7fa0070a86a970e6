"""How long the outside party talked with agents, and how long it was held or parked."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class TalkState(StrEnum):
    APART = "apart"
    TALKING = "talking"
    HELD = "held"


@dataclass(slots=True)
class TalkClock:
    """Adds up time by state; a clock that runs backwards adds nothing."""

    state: TalkState = TalkState.APART
    since: datetime | None = None
    talked_seconds: float = 0.0
    held_seconds: float = 0.0

    def turn(self, state: TalkState, at: datetime) -> None:
        """From `at` on the call is in `state`."""
        if state is self.state:
            return
        self._add(at)
        self.state = state
        self.since = at if self.since is None else max(at, self.since)

    def totals(self, at: datetime) -> tuple[float, float]:
        """Seconds talked and seconds held up to `at`."""
        self._add(at)
        return self.talked_seconds, self.held_seconds

    def add(self, other: "TalkClock", at: datetime) -> None:
        """Take over the time of a call that turned out to be part of this one."""
        talked, held = other.totals(at)
        self.talked_seconds += talked
        self.held_seconds += held

    def _add(self, at: datetime) -> None:
        if self.since is None or at <= self.since:
            return
        seconds = (at - self.since).total_seconds()
        if self.state is TalkState.TALKING:
            self.talked_seconds += seconds
        elif self.state is TalkState.HELD:
            self.held_seconds += seconds
        self.since = at
