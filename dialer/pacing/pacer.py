"""How many calls to place now: `Pacer.decide`, a pure number with its reason."""

from collections.abc import Hashable
from dataclasses import dataclass, replace
from enum import StrEnum

from dialer.estimating.estimator import Estimator
from dialer.pacing.floor import Floor
from dialer.pacing.forecast import Instant
from dialer.pacing.meter import Meter
from dialer.pacing.policy import Mode, Policy
from dialer.pacing.steering import Steering

# Instants ahead at which a call placed now may be answered: quantiles of the time to answer. Two
# do as well as four (busy share within 0.001) in half the time.
_INSTANTS = (0.25, 0.75)
_TROUBLE = 8  # calls running that failed: it is the trunk, not the people
_LONGEST_REST = 30.0  # seconds between two tries of a trunk that fails
# A limit where no law says: more than this annoys whoever is called (the strictest law's figure).
UNWRITTEN_LIMIT = 0.03


class Why(StrEnum):
    """What decided about the number. Each has a sentence in `web`."""

    NOBODY_ON_DUTY = "nobody_on_duty"
    PREVIEW = "preview"
    ONE_PER_OPERATOR = "one_per_operator"
    RATIO = "ratio"
    FORECAST = "forecast"
    NONE_MAY_BE_ABANDONED = "none_may_be_abandoned"
    METER_FIRST = "meter_first"
    METER_FULL = "meter_full"
    TRUNK_FAILS = "trunk_fails"
    TRUNKS = "trunks"
    CALLS_PER_SECOND = "calls_per_second"


@dataclass(frozen=True, slots=True)
class Decision:
    """`calls` to place now. What it was founded on: operators free now and within `ahead_seconds`,
    calls ringing, the answer chance, the meter beside its limit, the risk of the last call."""

    calls: int
    why: Why
    ready: int
    ringing: int
    freed: float = 0.0
    ahead_seconds: float = 0.0
    answer_chance: float = 0.0
    meter: float = 0.0
    limit: float = 0.0
    risk: float = 0.0


class Pacer:
    """One campaign's. Asked about once a second; told of every live answer."""

    def __init__(self, policy: Policy, estimator: Estimator, meter: Meter) -> None:
        self.policy = policy
        self.estimator = estimator
        self.meter = meter
        self._limit = UNWRITTEN_LIMIT if policy.limit is None else policy.limit
        self.steering = Steering(self._limit)
        self._allowance = 0.0
        self._asked_at: float | None = None
        self._failures, self._failed_at = 0, 0.0

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

    def decide(self, floor: Floor, at: float, hour: int, group: Hashable = None) -> Decision:
        """The calls to place at `at` (POSIX seconds), in the office's hour, to that group."""
        decision = self._wanted(floor, at, hour, group)
        return self._within_lines(decision, floor, at)

    def _wanted(self, floor: Floor, at: float, hour: int, group: Hashable) -> Decision:
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
        risk = self.steering.risk(self.meter.current, self.meter.to_come(at))
        if risk == 0.0:
            return self._careful(floor)
        if policy.mode is Mode.POWER:
            wanted = round(policy.ratio * ready) - ringing - floor.waiting
            return Decision(max(0, wanted), Why.RATIO, ready, ringing)
        return self._forecast(floor, at, hour, group, risk)

    def _probe(self, floor: Floor, at: float) -> Decision:
        """The trunk fails everything: one call now and then finds out when it works again."""
        rested = at - self._failed_at >= min(_LONGEST_REST, 2.0 ** (self._failures - _TROUBLE))
        calls = int(rested and not floor.ringing and bool(floor.ready))
        return Decision(calls, Why.TRUNK_FAILS, len(floor.ready), len(floor.ringing))

    def _careful(self, floor: Floor) -> Decision:
        """One call per free operator, since nothing may be risked now."""
        count = self.meter.current
        if self._limit == 0.0:
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

    def _forecast(
        self, floor: Floor, at: float, hour: int, group: Hashable, risk: float
    ) -> Decision:
        answering, ringing = self.estimator.answering, self.estimator.ringing
        if self.estimator.handling.wants_refresh():
            self._refresh(floor, at)
        chance = answering.chance(group, hour).mean
        instants, chances = [], []
        for share in _INSTANTS:
            ahead = ringing.quantile(share)
            instants.append(self._instant(floor, at, hour, ahead))
            chances.append(chance * ringing.share_by(ahead))
        calls, freed = 0, instants[-1].capacity - len(floor.ready) + floor.waiting
        most = int(self.policy.most_lines_per_operator * floor.on_duty) - floor.lines
        most = min(most, self._bearable(floor, at, hour, instants[-1].capacity))
        taken = _mean_taken(instants)
        while calls < most and taken <= risk:
            calls += 1
            for instant, answered in zip(instants, chances, strict=True):
                instant.add(answered)
            taken = _mean_taken(instants)
        return Decision(
            max(calls, floor.unmet, 0),
            Why.FORECAST,
            len(floor.ready),
            len(floor.ringing),
            freed=freed,
            ahead_seconds=ringing.quantile(_INSTANTS[-1]),
            answer_chance=chance,
            meter=self.meter.current.share,
            limit=self._limit,
            risk=risk,
        )

    def _instant(self, floor: Floor, at: float, hour: int, ahead: float) -> Instant:
        """Who is free and who has answered by `ahead` seconds from now, and a moment's patience."""
        handling, answering = self.estimator.handling, self.estimator.answering
        wait = round(ahead + self.policy.patience_seconds)
        freed = []
        for busy_ones, phase, table_of in (
            (floor.talking, handling.talk, handling.free_after_talk),
            (floor.wrapping_up, handling.wrap_up, handling.free_after_wrap_up),
        ):
            for operator, busy in busy_ones.items():
                if operator in floor.leaving:
                    continue
                table = table_of(busy.kind, wait)
                chance = table[min(int(at - busy.since), len(table) - 1)]
                tempo = phase.tempos.get(operator)
                freed.append(_at_tempo(chance, tempo.ratio) if tempo is not None else chance)
        share_by = self.estimator.ringing.share_by
        answered = []
        for call in floor.ringing.values():
            age = at - call.since
            by_now = share_by(age)
            soon = share_by(age + ahead) - by_now
            if soon > 0.0:
                chance = answering.chance(call.group, hour).mean
                answered.append(chance * soon / (1.0 - chance * by_now))
        return Instant(len(floor.ready) - floor.waiting, freed, answered)

    def _bearable(self, floor: Floor, at: float, hour: int, capacity: float) -> int:
        """The calls that may be added so that, should people suddenly answer as they did hours ago
        (a dead trunk comes back), the meter could still bear it."""
        share_by = self.estimator.ringing.share_by
        open_still = sum(1.0 - share_by(at - call.since) for call in floor.ringing.values())
        count = self.meter.current
        room = max(0.0, self._limit * count.answered - count.abandoned)
        chance = self.estimator.answering.stressed(hour)
        return int((capacity + 0.5 * room) * 1.5 / chance - open_still)

    def _refresh(self, floor: Floor, at: float) -> None:
        self.estimator.handling.refresh(
            [(busy.kind, at - busy.since) for busy in floor.talking.values()],
            [(busy.kind, at - busy.since) for busy in floor.wrapping_up.values()],
        )

    def _within_lines(self, wanted: Decision, floor: Floor, at: float) -> Decision:
        """No more than there are trunks and calls per second for."""
        elapsed = at - self._asked_at if self._asked_at is not None else 1.0
        self._asked_at = at
        burst = max(1.0, self.policy.calls_per_second)
        self._allowance = min(burst, self._allowance + elapsed * self.policy.calls_per_second)
        calls, why = wanted.calls, wanted.why
        if calls > (trunks := max(0, self.policy.trunks - floor.lines)):
            calls, why = trunks, Why.TRUNKS
        if calls > int(self._allowance):
            calls, why = int(self._allowance), Why.CALLS_PER_SECOND
        self._allowance -= calls
        if calls == wanted.calls:
            return wanted
        return replace(wanted, calls=calls, why=why)


def _mean_taken(instants: list[Instant]) -> float:
    return sum(instant.taken() for instant in instants) / len(instants)


def _at_tempo(chance: float, ratio: float) -> float:
    """The chance at so many times the hazard."""
    return 1.0 - (1.0 - chance) ** ratio if ratio != 1.0 else chance
