"""Whether the wall clock jumped: it is compared with the clock that only ever goes on."""

from typing import Final

from crm_core.clock import Clock

TOLERANCE_SECONDS: Final = 2.0
"""What time servers correct by slewing stays far below; a jump that matters is far above."""


class ClockWatch:
    """`look` from time to time; the first one begins with the making."""

    def __init__(self, clock: Clock, tolerance_seconds: float = TOLERANCE_SECONDS) -> None:
        self._clock = clock
        self._tolerance = tolerance_seconds
        self._seen: tuple[float, float] | None = None

    def look(self) -> float:
        """Seconds by which the wall clock has jumped since the last look, negative when it went
        back; 0.0 while it runs evenly. A machine that slept has jumped too."""
        wall, steady = self._clock.now().timestamp(), self._clock.monotonic()
        seen, self._seen = self._seen, (wall, steady)
        if seen is None:
            return 0.0
        jumped = (wall - seen[0]) - (steady - seen[1])
        return jumped if abs(jumped) > self._tolerance else 0.0
