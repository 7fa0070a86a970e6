"""How many calls to place now: `Pacer.decide`, a number with its reason."""

from collections.abc import Hashable
from dataclasses import replace

from dialer.estimating.estimator import Estimator
from dialer.pacing.decision import Decision, Why
from dialer.pacing.floor import Floor
from dialer.pacing.lines import Lines
from dialer.pacing.looking_ahead import LookingAhead
from dialer.pacing.meter import Meter
from dialer.pacing.policy import Mode, Policy
from dialer.pacing.steering import Steering

__all__ = ["Decision", "Pacer", "Why"]

_TROUBLE = 8  # calls running that failed: it is the trunk, not the people
_LONGEST_REST = 30.0  # seconds between two tries of a trunk that fails
_SURE_OF_IT = 0.75  # of what operators are busy one call at a time: other hours may be leaner
_ENOUGH_LEFT = 5.0  # calls that the rest of the list must allow to abandon
# A limit where no law says: more than this annoys whoever is called (the strictest law's figure).
UNWRITTEN_LIMIT = 0.03


class Pacer:
    """One campaign's. Asked about once a second; told of every live answer."""

    def __init__(self, policy: Policy, estimator: Estimator, meter: Meter) -> None:
        self.policy = policy
        self.estimator = estimator
        self.meter = meter
        self._limit = UNWRITTEN_LIMIT if policy.limit is None else policy.limit
        self.steering = Steering(self._limit, policy.target)
        self._lines = Lines(policy)
        self._failures, self._failed_at = 0, 0.0
        self._rung: list[float] = []  # of each ringing call, as the estimator sees it

    def call_answered(self, group: Hashable, hour: int, rang: float) -> None:
        """A call of the group that was placed in that hour of the office's day was answered."""
        self.estimator.answered(group, hour, rang)
        self._failures = 0

    def call_unanswered(self, group: Hashable, hour: int, rang: float) -> None:
        """It was busy, or rang to the end."""
        self.estimator.unanswered(group, hour, rang)
        self._failures = 0

    def call_failed(self, at: float) -> None:
        """It never rang: nothing is learned from it about people, much about the trunk."""
        self._failures += 1
        self._failed_at = at

    def talk_ended(self, operator: Hashable, kind: Hashable, seconds: float) -> None:
        """An operator's talk with that kind of client is over."""
        self.estimator.handling.talk.observe(operator, kind, seconds)

    def wrap_up_ended(self, operator: Hashable, kind: Hashable, seconds: float) -> None:
        """So is his wrap-up."""
        self.estimator.handling.wrap_up.observe(operator, kind, seconds)

    def person_answered(self, at: float, *, abandoned: bool) -> None:
        """A live person answered, and at that instant somebody was with him, or it was too late."""
        self.meter.record(at, abandoned=abandoned)
        self.steering.turn(self.meter.windows, self.meter.usual)
        self.steering.answered(abandoned=abandoned)

    def decide(self, floor: Floor, at: float, hour: int) -> Decision:
        """The calls to place at `at` (POSIX seconds), in the office's hour `hour`."""
        calls = floor.ringing.values()
        groups, ages = [call.group for call in calls], [at - call.since for call in calls]
        self._rung = self.estimator.look(at, groups, ages)
        decision = self._wanted(floor, at, hour)
        return self._within_lines(decision, floor, at)

    def _wanted(self, floor: Floor, at: float, hour: int) -> Decision:
        policy = self.policy
        ready, ringing = len(floor.ready), len(floor.ringing)
        if floor.on_duty == 0:
            return Decision(0, Why.NOBODY_ON_DUTY, ready, ringing)
        if self._failures >= _TROUBLE:
            return self._probe(floor, at)
        if policy.mode is Mode.PREVIEW:
            return Decision(0, Why.PREVIEW, ready, ringing)
        if policy.mode is Mode.PROGRESSIVE:
            return Decision(max(0, floor.unmet), Why.ONE_PER_OPERATOR, ready, ringing)
        self.meter.turn(at)
        self.steering.turn(self.meter.windows, self.meter.usual)
        left = self._answers_left(floor, hour)
        # A window that is full is paid off one call per operator at a time.
        sure = _SURE_OF_IT * self.estimator.busy_one_by_one(hour)
        count, to_come = self.meter.tightest(at, self._limit, 0.5 * left, min(0.5, sure))
        # Only where the list still has the answers that make up for some abandoned calls.
        may_recover = self.meter.is_long and left * self._limit >= _ENOUGH_LEFT
        risk = self.steering.risk(count, to_come, may_recover=may_recover)
        if risk == 0.0:
            self.steering.took(0.0)
            return self._careful(floor)
        if policy.mode is Mode.POWER:
            self.steering.took(risk)
            wanted = round(policy.ratio * ready) - ringing - floor.waiting
            return Decision(max(0, wanted), Why.RATIO, ready, ringing)
        return self._forecast(floor, at, hour, risk)

    def _answers_left(self, floor: Floor, hour: int) -> float:
        """How many of those left on the list will answer."""
        if floor.people_left is None:
            return float("inf")
        return floor.people_left * self.estimator.answering.chance(None, hour).mean

    def _probe(self, floor: Floor, at: float) -> Decision:
        """The trunk fails everything: one call now and then finds out when it works again."""
        rested = at - self._failed_at >= min(_LONGEST_REST, 2.0 ** (self._failures - _TROUBLE))
        calls = int(rested and not floor.ringing and bool(floor.ready))
        return Decision(calls, Why.TRUNK_FAILS, len(floor.ready), len(floor.ringing))

    def _careful(self, floor: Floor) -> Decision:
        """One call per free operator, since nothing may be risked now."""
        count = self.meter.current
        if self.steering.aim <= 0.0:
            why = Why.NONE_MAY_BE_ABANDONED
        elif count.answered * self._limit < 1.0:
            why = Why.METER_FIRST
        else:
            why = Why.METER_FULL
        return Decision(
            max(0, floor.unmet),
            why,
            len(floor.ready),
            len(floor.ringing),
            meter=count.share,
            limit=self._limit,
        )

    def _forecast(self, floor: Floor, at: float, hour: int, risk: float) -> Decision:
        if self.estimator.handling.wants_refresh():
            self._refresh(floor, at)
        patience = self.policy.patience_seconds
        ahead = LookingAhead(floor, self._rung, self.estimator, at, hour, patience)
        count = self.meter.current
        freed = ahead.capacity - len(floor.ready) + floor.waiting
        calls = 0
        most = min(
            int(self.policy.most_lines_per_operator * floor.on_duty) - floor.lines,
            ahead.bearable(self._limit * count.answered - count.abandoned),
            self._lines.most(floor.lines, at) + 1,  # one more tells that the lines were too few
        )
        while calls < most and ahead.taken <= risk:
            calls += 1
            ahead.add()
        self.steering.took(min(risk, ahead.taken))
        return Decision(
            max(calls, floor.unmet, 0),
            Why.FORECAST,
            len(floor.ready),
            len(floor.ringing),
            freed=freed,
            ahead_seconds=ahead.seconds,
            answer_chance=ahead.answer_chance,
            meter=count.share,
            limit=self._limit,
            risk=risk,
        )

    def _refresh(self, floor: Floor, at: float) -> None:
        self.estimator.handling.refresh(
            [(busy.kind, at - busy.since) for busy in floor.talking.values()],
            [(busy.kind, at - busy.since) for busy in floor.wrapping_up.values()],
        )

    def _within_lines(self, wanted: Decision, floor: Floor, at: float) -> Decision:
        calls, why = self._lines.take(wanted.calls, floor.lines, at)
        return wanted if why is None else replace(wanted, calls=calls, why=why)
