"""Promised callbacks: the window in which they are due, and for whom they are meant (pure)."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Promise:
    """A person was promised a call `promised_at`, give or take the tolerance, by `agent_id` if he
    wanted to speak to the same operator: who is not there for `absent_minutes` loses it to any."""

    promised_at: datetime
    agent_id: int | None = None
    tolerance_minutes: int = 5
    absent_minutes: int = 15

    @property
    def earliest_at(self) -> datetime:
        """From then on it may be called."""
        return self.promised_at - timedelta(minutes=self.tolerance_minutes)

    @property
    def latest_at(self) -> datetime:
        """After that the promise is broken."""
        return self.promised_at + timedelta(minutes=self.tolerance_minutes)

    @property
    def anybody_at(self) -> datetime | None:
        """From then on any operator will do; None where any did from the beginning."""
        if self.agent_id is None:
            return None
        return self.promised_at + timedelta(minutes=self.absent_minutes)
