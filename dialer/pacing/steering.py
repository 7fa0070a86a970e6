"""How much overflow may be risked now, so that the legal meter ends below its limit.

A purse holds what may still be abandoned, in calls: every live answer pays in the share aimed at,
every abandoned call takes one out. The risk taken with the next dial grows with what the purse
holds (an e-fold per 1 / gain calls), so the purse keeps itself near its level, and what is
abandoned follows the aim.

Answers and abandonments are a random walk that this feedback pulls back to the level with a
deviation of sqrt(1 / 2 gain): a short window needs a strong pull to spend what it has, a long one
a weak pull, which wastes less. Two deviations are the level: a window of a day ends with them
unspent. The limit stands six per cent above the aim and is guarded by `needed_room`: of 540 days
simulated, of three to ten operators, the worst ended at 2.92 of 3 %.
"""

from dataclasses import dataclass
from math import exp, sqrt

from dialer.pacing.meter import Count

_AIM = 0.94  # of the limit: machines taken for people, clocks that differ
_STRONGEST, _WEAKEST = 0.5, 0.06  # e-folds of risk per call in the purse
# Abandoned calls beside the forecast's risk, at first: dials placed later may be answered earlier.
# Measured 1.3 at an answer rate of .25, 2.2 at .12; learned from there on.
_OVERTAKING = 1.3
_OVERTAKING_WEIGHT = 3.0  # abandoned calls
_OVERTAKING_MEMORY = 40.0
_LEAST_OVERTAKING = 0.7  # what nobody was abandoned in may have been luck
# Room for clusters: where each expected one brings another with it, four and a half are kept free.
_CLUSTER = 2.5
# Of the usual risk, while one cluster would break the limit: one call in 250 answers is abandoned,
# and operators talk half as much again as with one call each.
_WHISPER = 0.15


@dataclass(slots=True)
class Steering:
    """The purse of one campaign. `limit` is the law's share, 0 where nobody may be abandoned."""

    limit: float
    target: float | None = None  # the share aimed at, where the campaign wants less than is lawful
    purse: float = 0.0
    gain: float = _STRONGEST
    window: int = 0
    _risked: float = 0.0  # of each answer, the risk that was taken with it
    _abandoned: float = 0.0
    _last_risk: float = 0.0

    def answered(self, *, abandoned: bool) -> None:
        """A live person answered, and somebody was with him in time or not."""
        self.purse = min(3.0 * self.level, self.purse + self.aim) - abandoned
        kept = 1.0 - self._last_risk / _OVERTAKING_MEMORY
        self._risked = self._risked * kept + self._last_risk
        self._abandoned = self._abandoned * kept + abandoned

    def turn(self, window: int, expected_answers: float) -> None:
        """Another window: what the last one saved is gone, what it owes is forgiven by the law."""
        if window != self.window:
            self.window = window
            self.purse = 0.0
        tokens = self.limit * expected_answers
        self.gain = min(_STRONGEST, max(_WEAKEST, 2.0 / sqrt(max(1.0, tokens))))

    @property
    def aim(self) -> float:
        """The share of abandoned calls that is steered to."""
        lawful = _AIM * self.limit
        return lawful if self.target is None else min(lawful, self.target)

    @property
    def level(self) -> float:
        """What the purse is kept near: two deviations of its walk."""
        return 2.0 * sqrt(0.5 / self.gain)

    def risk(self, meter: Count, to_come: float, *, may_recover: bool = False) -> float:
        """The chance of being abandoned that the next dial may have if it is answered.

        `to_come` are the answers that the window will surely still see without any risk;
        `may_recover`: it is so long that a call abandoned at its beginning is made up for.
        """
        return self._risk(meter, to_come, may_recover)

    def took(self, risk: float) -> None:
        """A decision was made, and its last dial has that chance of being abandoned."""
        # What is abandoned now was dialled some seconds ago.
        self._last_risk = max(risk, 0.9 * self._last_risk)

    @property
    def overtaking(self) -> float:
        """How many are abandoned for each that the forecast expected."""
        first = _OVERTAKING_WEIGHT
        learned = (self._abandoned + first) / (self._risked + first / _OVERTAKING)
        return max(_LEAST_OVERTAKING, learned)

    @property
    def needed_room(self) -> float:
        """Abandoned calls that must still be lawful before any is risked: they come in clusters."""
        return 2.0 + _CLUSTER * max(0.0, self.overtaking - 1.0)

    def _risk(self, meter: Count, to_come: float, may_recover: bool) -> float:
        room = self.limit * (meter.answered + to_come) - meter.abandoned
        if self.aim <= 0.0 or (room < 1.0 and meter.abandoned):
            return 0.0
        usual = self.aim / self.overtaking
        spare = room - self.needed_room
        if spare < 0.0:
            return _WHISPER * usual if may_recover else 0.0
        held = min(self.purse, spare)
        return usual * exp(max(-4.0, min(1.0, self.gain * (held - self.level))))
