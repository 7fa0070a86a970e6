"""The virtual clock: operators come and go, calls ring, are answered and end, event by event."""

from collections import deque
from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import Any, Final, Protocol

from dialer.pacing.floor import Busy, Floor, Ringing
from dialer.pacing.pacer import Decision
from dialer.simulation.people import Fate, Person, drawn
from dialer.simulation.referee import Referee
from dialer.simulation.result import Result
from dialer.simulation.scenario import Failing, Leaving, Scenario
from dialer.simulation.shifts import Presence, instant, presences
from dialer.simulation.waiting_list import WaitingList
from telephony.events import Outcome

_FAILS_AFTER: Final = 2.0  # seconds until the exchange says that a call has failed
_DAY_MINUTES: Final = 24 * 60


class Pacing(Protocol):
    """Whoever decides: `dialer.pacing.pacer.Pacer`, or a rival in a comparison."""

    def decide(self, floor: Floor, at: float, hour: int) -> Decision: ...

    def call_answered(self, group: Hashable, hour: int, rang: float) -> None: ...

    def call_unanswered(self, group: Hashable, hour: int, rang: float) -> None: ...

    def call_failed(self, at: float) -> None: ...

    def person_answered(self, at: float, *, abandoned: bool) -> None: ...

    def talk_ended(self, operator: Hashable, kind: Hashable, seconds: float) -> None: ...

    def wrap_up_ended(self, operator: Hashable, kind: Hashable, seconds: float) -> None: ...


class _Call:
    """A dial on its way: to whom, since when, and what is to come of it."""

    __slots__ = ("began", "fate", "hour", "person", "waiting")

    def __init__(self, person: Person, began: float, hour: int, fate: Fate) -> None:
        self.person = person
        self.began = began
        self.hour = hour
        self.fate = fate
        self.waiting = False


class World:
    """One scenario with one way of pacing. `run` gives the result, `run_day` goes day by day."""

    def __init__(self, scenario: Scenario, pacing: Pacing) -> None:
        self.scenario = scenario
        self.pacing = pacing
        self.floor = Floor()
        self.result = Result()
        self._list = WaitingList(scenario)
        self._referee = Referee(scenario, self.result)
        self._events: list[tuple[float, int, Callable[[float, Any], None], Any]] = []
        self._order = 0
        self._queue: deque[_Call] = deque()
        self._with: dict[Hashable, _Call] = {}  # operator -> the call he talks or wraps up
        self._since: dict[int, float] = {}  # on duty since
        self._going: dict[int, Leaving] = {}  # operators whose time is up
        self._last_call: dict[Hashable, float] = {}  # waiting only for the calls that ring
        self._hour, self._hour_ends = 0, 0.0
        self._patience = scenario.law.abandonment.seconds + scenario.greeting_seconds
        self._ticking, self._last_tick = False, 0.0
        self._outages: list[tuple[float, float, Failing]] = []

    def run(self, tell: Callable[[int], None] = lambda days: None) -> Result:
        """The whole scenario; `tell` hears after each day how many are over."""
        for day in range(self.scenario.days):
            self.run_day(day)
            tell(day + 1)
        return self.finish()

    def run_day(self, number: int) -> None:
        """The `number`-th day, from 0, until the last call and wrap-up of its shifts are over."""
        day = self.scenario.first_day + timedelta(days=number)
        zone = self.scenario.zone
        there = presences(self.scenario, day)
        if not there:
            return
        self._outages = [
            (instant(day, each.start, zone), instant(day, each.end, zone), each.failing)
            for each in self.scenario.outages
        ]
        for presence in there:
            self._at(presence.start, self._arrive, presence)
            self._at(presence.end, self._time_is_up, presence)
        # Nobody is rung up for whom nobody would be left.
        last = max(presence.end for presence in there) - self.scenario.ring_seconds
        self._last_tick = last
        while self._events:
            at, _, happen, what = heappop(self._events)
            if at >= self._hour_ends:
                self._turn_hour(at)
            happen(at, what)

    def finish(self) -> Result:
        """The result, when all days have been run."""
        self._referee.close()
        result = self.result
        result.list_finished, result.list_left = self._list.finished, self._list.left
        result.refused = self._list.refused
        return result

    def _at(self, at: float, happen: Callable[[float, Any], None], what: Any) -> None:
        self._order += 1
        heappush(self._events, (at, self._order, happen, what))

    def _turn_hour(self, at: float) -> None:
        wall = datetime.fromtimestamp(at, self.scenario.zone)
        self._hour = wall.hour
        self._hour_ends = at + 3600.0 - wall.minute * 60.0 - wall.second - wall.microsecond / 1e6

    # Operators

    def _arrive(self, at: float, presence: Presence) -> None:
        """He comes, or comes back; a talk may have taken him through his whole break."""
        operator = presence.operator
        self._since.setdefault(operator, at)
        self._going.pop(operator, None)
        self._last_call.pop(operator, None)
        self.floor.leaving.discard(operator)
        if operator not in self._with:
            self._free(at, operator)
        if not self._ticking:
            self._ticking = True
            self._at(at, self._tick, None)

    def _time_is_up(self, at: float, presence: Presence) -> None:
        operator, floor = presence.operator, self.floor
        self._going[operator] = presence.leaving
        if operator in floor.ready:
            del floor.ready[operator]
            self._go(at, operator)
        elif presence.leaving is Leaving.AFTER_CALLS:
            floor.leaving.add(operator)

    def _go(self, at: float, operator: int) -> None:
        """At once, or when those whose telephones ring for him have answered or not."""
        if self._going[operator] is Leaving.AFTER_CALLS and self.floor.ringing:
            self._last_call[operator] = at
            self._at(at + self.scenario.ring_seconds + self._patience, self._leave, operator)
        else:
            self._leave(at, operator)

    def _leave(self, at: float, operator: int) -> None:
        if operator in self._with or operator not in self._going:
            return
        self._last_call.pop(operator, None)
        del self._going[operator]
        self.floor.leaving.discard(operator)
        self.result.duty_seconds += at - self._since.pop(operator)

    def _free(self, at: float, operator: int) -> None:
        if operator in self._going:
            self._go(at, operator)
        else:
            self.floor.ready[operator] = at
        if self._queue and (self.floor.ready or self._last_call):
            self._connect(at, self._queue.popleft())

    # Calls

    def _tick(self, at: float, nothing: None) -> None:
        """Every so often it is decided how many calls are placed, while somebody is there."""
        self._ticking = self.floor.on_duty > 0 and at < self._last_tick
        if not self._ticking:
            return
        self._at(at + self.scenario.tick_seconds, self._tick, None)
        self.floor.people_left = self._list.left
        decision = self.pacing.decide(self.floor, at, self._hour)
        self.result.decisions[decision.why] += 1
        for _ in range(decision.calls):
            person = self._list.next(at)
            if person is None:
                break
            self._dial(at, person)

    def _dial(self, at: float, person: Person) -> None:
        scenario, result = self.scenario, self.result
        fate = self._fate(at, person)
        call = _Call(person, at, self._hour, fate)
        self.floor.ringing[call] = Ringing(self._group(call), at)
        result.dials += 1
        result.hours[self._hour].dials += 1
        self._referee.dialled(person, at, self.floor.lines)
        happens = self._answer if fate.outcome is Outcome.ANSWERED else self._no_answer
        self._at(at + fate.seconds, happens, call)
        if fate.outcome is Outcome.NO_ANSWER:
            self._referee.given_up(scenario.ring_seconds)

    def _group(self, call: _Call) -> Hashable:
        return self.scenario.kinds[call.person.kind].group

    def _fate(self, at: float, person: Person) -> Fate:
        for start, end, failing in self._outages:
            if start <= at < end:
                if failing is Failing.FAILS:
                    return Fate(Outcome.FAILED, _FAILS_AFTER)
                return Fate(Outcome.NO_ANSWER, self.scenario.ring_seconds)
        return drawn(self.scenario, person, self._hour)

    def _no_answer(self, at: float, call: _Call) -> None:
        del self.floor.ringing[call]
        outcome, pacing = call.fate.outcome, self.pacing
        rang = at - call.began
        if outcome is Outcome.FAILED:
            self.result.failed += 1
            pacing.call_failed(at)
        else:
            pacing.call_unanswered(self._group(call), call.hour, rang)
            self.result.machines += outcome is Outcome.MACHINE
        self._list.over(call.person, at, call.began, outcome)

    def _answer(self, at: float, call: _Call) -> None:
        del self.floor.ringing[call]
        self.pacing.call_answered(self._group(call), call.hour, at - call.began)
        self.result.answers += 1
        self.result.hours[self._hour].answers += 1
        if self.floor.ready or self._last_call:
            self._connect(at, call)
        else:
            call.waiting = True
            self._queue.append(call)
            self.floor.waiting += 1
            self._at(at + self._patience, self._abandon, call)

    def _abandon(self, at: float, call: _Call) -> None:
        """Nobody was with him in time: the message is played and he is let go."""
        if not call.waiting:
            return
        call.waiting = False
        self._queue.remove(call)
        self.floor.waiting -= 1
        self.result.abandoned += 1
        self.result.messages_played += self.scenario.law.message_needed
        self.result.hours[self._hour].abandoned += 1
        self.pacing.person_answered(at, abandoned=True)
        self._referee.answered(at, abandoned=True)
        self._list.over(call.person, at, call.began, Outcome.ABANDONED)

    def _connect(self, at: float, call: _Call) -> None:
        floor = self.floor
        if call.waiting:
            call.waiting = False
            floor.waiting -= 1
        free = floor.ready or self._last_call
        operator = next(iter(free))
        del free[operator]
        self._with[operator] = call
        floor.talking[operator] = Busy(call.person.kind, at)
        if operator in self._going:
            floor.leaving.add(operator)
        self.result.connected += 1
        self.pacing.person_answered(at, abandoned=False)
        self._referee.answered(at, abandoned=False)
        self._at(at + call.fate.talk, self._end_talk, operator)

    def _end_talk(self, at: float, operator: int) -> None:
        call = self._with[operator]
        del self.floor.talking[operator]
        kind, seconds = call.person.kind, call.fate.talk
        self.floor.wrapping_up[operator] = Busy(kind, at)
        self._count_busy(seconds)
        self.result.talk_seconds += seconds
        self.pacing.talk_ended(operator, kind, seconds)
        self._list.over(call.person, at, call.began, Outcome.ANSWERED)
        self._at(at + call.fate.wrap_up, self._end_wrap_up, operator)

    def _end_wrap_up(self, at: float, operator: int) -> None:
        call = self._with.pop(operator)
        del self.floor.wrapping_up[operator]
        kind, seconds = call.person.kind, call.fate.wrap_up
        self._count_busy(seconds)
        self.result.wrap_up_seconds += seconds
        self.pacing.wrap_up_ended(operator, kind, seconds)
        self._free(at, operator)

    def _count_busy(self, seconds: float) -> None:
        self.result.hours[self._hour].busy_seconds += seconds
