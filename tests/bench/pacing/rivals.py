"""The rivals, by their described behaviour. Each sees the same floor and is told the same facts."""

from collections import deque
from collections.abc import Hashable
from typing import Final

from dialer.pacing.floor import Floor
from dialer.pacing.pacer import Decision, Why
from dialer.simulation.scenario import Scenario


class Rival:
    """Learns nothing: what a rival overrides, it uses. Trunks and calls per second bind everybody:
    those of the scenarios are so many that only a runaway meets them."""

    MOST_A_SECOND: Final = 50
    TRUNKS: Final = 1000

    def decide(self, floor: Floor, at: float, hour: int) -> Decision:
        wanted = self.calls(floor, at, hour)
        calls = max(0, min(wanted, self.MOST_A_SECOND, self.TRUNKS - floor.lines))
        return Decision(calls, Why.RATIO, len(floor.ready), len(floor.ringing))

    def calls(self, floor: Floor, at: float, hour: int) -> int:
        raise NotImplementedError

    def call_answered(self, group: Hashable, hour: int, rang: float) -> None: ...

    def call_unanswered(self, group: Hashable, hour: int, rang: float) -> None: ...

    def call_failed(self, at: float) -> None: ...

    def person_answered(self, at: float, *, abandoned: bool) -> None: ...

    def talk_ended(self, operator: Hashable, kind: Hashable, seconds: float) -> None: ...

    def wrap_up_ended(self, operator: Hashable, kind: Hashable, seconds: float) -> None: ...


class OneToOne(Rival):
    """One call per free operator."""

    def calls(self, floor: Floor, at: float, hour: int) -> int:
        return max(0, floor.unmet)


class PerOperator(Rival):
    """A fixed number of lines per operator on duty, talking ones included."""

    def __init__(self, ratio: float) -> None:
        self._ratio = ratio

    def calls(self, floor: Floor, at: float, hour: int) -> int:
        return max(0, round(self._ratio * floor.on_duty) - floor.lines)


class PerFree(Rival):
    """A fixed number of calls per free operator."""

    def __init__(self, ratio: float) -> None:
        self._ratio = ratio

    def calls(self, floor: Floor, at: float, hour: int) -> int:
        wanted = round(self._ratio * len(floor.ready))
        return max(0, wanted - len(floor.ringing) - floor.waiting)


class Adapting(Rival):
    """VICIdial 2.14's adaptive levels, by behaviour.

    A level between 1 and 3 lines per agent (ready or talking; wrap-up counts as nothing), looked at
    every 15 s over one-second samples of idle and waiting; halved after a minute of more than 20
    dials with over half dropped; today's drops over 3 % after 50 calls halve it (AVERAGE) or scale
    it by the hours left in the day over ten (TAPERED). It places calls every 2.5 s, no more than
    five in a second.
    """

    def __init__(self, scenario: Scenario, *, tapered: bool) -> None:
        self._tapered = tapered
        self._closes = max(shift.leaves for shift in scenario.shifts) / 60.0
        self._level = 1.0
        self._samples: deque[tuple[int, int]] = deque(maxlen=15)
        self._looked_at = self._placed_at = 0.0
        self._today = [0, 0]  # answered, dropped
        self._day = 0
        self._last_minute: deque[tuple[float, bool]] = deque()
        self._dials: deque[float] = deque()

    def person_answered(self, at: float, *, abandoned: bool) -> None:
        self._today[0] += 1
        self._today[1] += abandoned
        self._last_minute.append((at, abandoned))

    def calls(self, floor: Floor, at: float, hour: int) -> int:
        day = int(at // 86400)
        if day != self._day:
            self._day, self._today = day, [0, 0]
        self._samples.append((len(floor.ready), floor.waiting))
        agents = len(floor.ready) + len(floor.talking)
        if at - self._looked_at >= 15.0 and agents:
            self._look(agents, at, hour)
        if at - self._placed_at < 2.5:
            return 0
        goal = round(self._level * agents) - floor.lines
        placed = max(0, min(goal, int(5.0 * (at - self._placed_at))))
        self._placed_at = at
        self._dials.extend([at] * placed)
        return placed

    def _look(self, agents: int, at: float, hour: int) -> None:
        self._looked_at = at
        idle = sum(ready - waiting for ready, waiting in self._samples) / len(self._samples)
        level = self._level * (1.0 + idle / agents)
        while self._last_minute and self._last_minute[0][0] < at - 60.0:
            self._last_minute.popleft()
        while self._dials and self._dials[0] < at - 60.0:
            self._dials.popleft()
        dropped = sum(each for _, each in self._last_minute)
        if len(self._dials) > 20 and dropped * 2 > len(self._last_minute):
            level /= 2.0
        answered, lost = self._today
        if answered >= 50 and lost > 0.03 * answered:
            level *= max(0.0, self._closes - hour) / 10.0 if self._tapered else 0.5
        self._level = min(3.0, max(1.0, level))
