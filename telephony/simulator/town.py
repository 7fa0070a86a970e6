"""A busy town: calls come at their own pace, and colleagues call out now and then."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from telephony.simulator.exchange import Exchange
from telephony.simulator.stories import Incoming, Outgoing

FIRST_CALL_SECONDS = 3.0  # whoever has just started us wants to see something
MOST_TRIES = 20
Story = TypeVar("Story", Incoming, Outgoing)


@dataclass(frozen=True, slots=True)
class Pace:
    """Calls a minute from the town, and calls a minute that colleagues make of their own accord."""

    incoming_per_minute: float = 4.0
    outgoing_per_minute: float = 1.0


class BusyTown:
    """Places the storyteller's calls on the exchange until `stop`."""

    def __init__(self, exchange: Exchange, pace: Pace, *, seed: int = 0) -> None:
        self.exchange, self.pace = exchange, pace
        self._dice = random.Random(seed + 7)  # noqa: S311 (a play, no secret)
        self._open = False

    def start(self) -> None:
        self._open = True
        self._wait_for_incoming(first=True)
        self._wait_for_outgoing()

    def stop(self) -> None:
        """No new calls; those that run go on to their end."""
        self._open = False

    def _wait_for_incoming(self, *, first: bool = False) -> None:
        if self.pace.incoming_per_minute > 0:
            seconds = self._dice.expovariate(self.pace.incoming_per_minute / 60)
            soon = min(seconds, FIRST_CALL_SECONDS) if first else seconds
            self.exchange.timetable.after(soon, self._incoming)

    def _incoming(self) -> None:
        if self._open:
            self.exchange.incoming(self._of_somebody_free(self.exchange.teller.incoming))
            self._wait_for_incoming()

    def _wait_for_outgoing(self) -> None:
        if self.pace.outgoing_per_minute > 0:
            seconds = self._dice.expovariate(self.pace.outgoing_per_minute / 60)
            self.exchange.timetable.after(seconds, self._outgoing)

    def _outgoing(self) -> None:
        if not self._open:
            return
        idle = [
            phone.extension
            for phone in self.exchange.phones.values()
            if phone.calls_out and self.exchange.switch.device_state(phone.interface) == "NOT_INUSE"
        ]
        if idle:
            story = self._of_somebody_free(self.exchange.teller.outgoing)
            self.exchange.outgoing(self._dice.choice(idle), story)
        self._wait_for_outgoing()

    def _of_somebody_free(self, tell: Callable[[], Story]) -> Story:
        """A story of somebody who is in no call now: nobody rings twice at once."""
        talking = {
            number
            for channel in self.exchange.switch.channels.values()
            for number in (channel.told.caller, channel.told.dialled)
        }
        story = tell()
        for _ in range(MOST_TRIES):
            if story.number not in talking:
                break
            story = tell()
        return story
