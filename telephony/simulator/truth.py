"""What the exchange itself meant to happen: its own book of calls, kept without listening to AMI.

Tests compare the tracker's records with it; nothing of it goes over the wire.
"""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True)
class ToldOffer:
    interface: str
    offered_at: datetime
    result: str | None = None


@dataclass(slots=True)
class Told:
    """One conversation as it was meant. `mode`: what the outside party hears, talk, hold or ""."""

    direction: str
    caller: str
    caller_name: str
    dialled: str
    started_at: datetime
    linkedid: str = ""
    queue: str | None = None
    outcome: str | None = None
    offers: list[ToldOffer] = field(default_factory=list)
    answered_by: list[str] = field(default_factory=list)
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    ended_by: str | None = None
    transfers: list[tuple[str, str, str]] = field(default_factory=list)
    talk_seconds: float = 0.0
    hold_seconds: float = 0.0
    mode: str = ""
    mode_since: datetime | None = None
    alive: int = 0

    def offered(self, interface: str, at: datetime) -> None:
        self.offers.append(ToldOffer(interface, at))

    def offer_ended(self, interface: str, result: str) -> None:
        """Close the newest open offer to `interface`; none open is no news."""
        for offer in reversed(self.offers):
            if offer.interface == interface and offer.result is None:
                offer.result = result
                return

    def hears(self, mode: str, at: datetime) -> None:
        """From now on the outside party hears `mode`; the time of the mode before is booked."""
        if mode == self.mode:
            return
        if self.mode_since is not None:
            seconds = (at - self.mode_since).total_seconds()
            if self.mode == "talk":
                self.talk_seconds += seconds
            elif self.mode == "hold":
                self.hold_seconds += seconds
        self.mode, self.mode_since = mode, at

    def talks_with(self, interface: str, at: datetime) -> None:
        if interface not in self.answered_by:
            self.answered_by.append(interface)
        if self.answered_at is None:
            self.answered_at = at

    def left_by(self, who: str) -> None:
        """`who` ended it; the first to leave is the one."""
        if self.ended_by is None:
            self.ended_by = who

    def turned_out(self, outcome: str) -> None:
        """What it comes to if nobody ever talks; the last word counts."""
        self.outcome = outcome

    def over(self, at: datetime) -> None:
        self.hears("", at)
        self.ended_at = at
        if self.answered_by:
            self.outcome = "answered"
        for offer in self.offers:
            offer.result = offer.result or "abandoned"

    @property
    def wait_seconds(self) -> float:
        until = self.answered_at or self.ended_at or self.started_at
        return (until - self.started_at).total_seconds()
