"""The simulated exchange's own time: what is to happen when, run by whoever turns the hands."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(order=True, slots=True)
class Appointment:
    """Something that will happen at `at` unless it is cancelled first."""

    at: datetime
    serial: int
    do: Callable[[], object] = field(compare=False)
    cancelled: bool = field(default=False, compare=False)

    def cancel(self) -> None:
        self.cancelled = True


class Timetable:
    """Appointments in order of time; nothing happens but inside `run_until`."""

    def __init__(self, start: datetime) -> None:
        self.now = start
        self._due: list[Appointment] = []
        self._serial = 0

    def after(self, seconds: float, do: Callable[[], object]) -> Appointment:
        """Have `do` called `seconds` from now; appointments of one instant keep their order."""
        self._serial += 1
        appointment = Appointment(self.now + timedelta(seconds=seconds), self._serial, do)
        heapq.heappush(self._due, appointment)
        return appointment

    def next_due(self) -> datetime | None:
        """The instant of the next appointment, None if the table is empty."""
        while self._due and self._due[0].cancelled:
            heapq.heappop(self._due)
        return self._due[0].at if self._due else None

    def run_until(self, moment: datetime) -> None:
        """Do what is due up to `moment`, each thing at its own instant; then it is `moment`."""
        while (due := self.next_due()) is not None and due <= moment:
            appointment = heapq.heappop(self._due)
            self.now = max(self.now, appointment.at)
            appointment.do()
        self.now = max(self.now, moment)
