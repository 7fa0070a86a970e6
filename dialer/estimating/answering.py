"""How likely a dial is answered: by the hour, the list and the type of number, and right now.

p = the anchor of this hour × what the last dozens of answers say of it × how this list and type
compare. The anchor is what the same hour brought on other days, as today compares with them; where
that is not known, what was true a minute ago. Calls that still ring count for as long as they have
rung: events over hazard met is an estimate without the bias of "answers come before no-answers".
"""

from collections.abc import Hashable
from dataclasses import dataclass
from math import log, sqrt

_HOURS = 24
_FIRST_GUESS = 0.3  # high on purpose: who expects more answers places fewer calls
_DAY_FORGETS = 0.8  # kept of what an hour has brought when another day's is added
_KNOWN_AT = 30.0  # answers after which an hour is believed as much as the day
_GROUP_WEIGHT = 20.0  # answers by which a list or type is drawn towards all
_GROUP_MEMORY = 2000.0  # answers
_QUICK, _SLOW = 25.0, 150.0  # answers remembered by the two followers
_ANCHOR_WEIGHT = 8.0  # answers that an anchor counts for where the hour is new; more where known
_BROKEN = 2.6  # standard deviations between the followers that mean: something has changed
_LEAST, _MOST = 0.002, 0.98


@dataclass(frozen=True, slots=True)
class Chance:
    """A probability with its standard deviation."""

    mean: float
    deviation: float


class _Follower:
    """Answers beside the answers expected, forgetting."""

    __slots__ = ("_memory", "answers", "expected")

    def __init__(self, memory: float) -> None:
        self._memory = memory
        self.answers = self.expected = 0.0

    def add(self, answers: float, expected: float) -> None:
        kept = 1.0 - min(0.5, expected / self._memory)
        self.answers = self.answers * kept + answers
        self.expected = self.expected * kept + expected

    def ratio(self, weight: float, ringing: float = 0.0) -> float:
        return (self.answers + weight) / (self.expected + ringing + weight)


class AnswerRates:
    """Learns from each dial that ended ringing, and tells the chance of the next."""

    def __init__(self) -> None:
        self._slots = [[0.0, 0.0] for _ in range(_HOURS)]  # answers and dials of other days
        self._hour, self._now = -1, [0.0, 0.0]
        self._groups: dict[Hashable, _Follower] = {}
        self._quick, self._slow = _Follower(_QUICK), _Follower(_SLOW)
        self._anchor, self._weight = _FIRST_GUESS, 3.0
        self._ringing = 0.0
        self._peak = 0.0

    def chance(self, group: Hashable, hour: int) -> Chance:
        """Of a dial of the group that is placed in the office's hour `hour`."""
        if hour != self._hour:
            self._turn(hour)
        mean = self._mean(group)
        return Chance(mean, mean / sqrt(self._slow.expected + self._weight))

    def observe(self, group: Hashable, hour: int, *, answered: bool, rung: float = 1.0) -> None:
        """A dial of the hour stopped ringing; `rung` is the share of those answered at all that are
        answered by then (1: it rang to the end)."""
        if hour != self._hour:
            self._turn(hour)
        mean = self._mean(group)
        alike = mean / self._level()
        expected = -log(1.0 - mean * rung)
        answers = 1.0 if answered else 0.0
        self._now[0] += answers
        self._now[1] += alike
        self._groups.setdefault(group, _Follower(_GROUP_MEMORY)).add(answers, expected)
        beside_anchor = expected * self._anchor / self._level()
        for follower in (self._quick, self._slow):
            follower.add(answers, beside_anchor)
        self._notice_break()

    def see_ringing(self, share: float) -> None:
        """Calls ring that nobody has answered yet: `share` is the sum, over them, of how many of
        those answered at all are answered by their age."""
        self._ringing = self._anchor * share

    def stressed(self, hour: int) -> float:
        """The chance that an average dial may turn out to have, should what has fallen come back:
        the level of the last hours, forgotten by a fifth an hour."""
        if hour != self._hour:
            self._turn(hour)
        return max(self._level(), self._peak)

    def _level(self) -> float:
        """The chance of an average dial now."""
        beside = self._slow.ratio(self._weight, self._ringing)
        return min(_MOST, max(_LEAST, self._anchor * beside))

    def _mean(self, group: Hashable) -> float:
        follower = self._groups.get(group) if len(self._groups) > 1 else None
        alike = follower.ratio(_GROUP_WEIGHT) if follower is not None else 1.0
        return min(_MOST, max(_LEAST, self._level() * alike))

    def _notice_break(self) -> None:
        """Where the last answers are not those of the dozens before, only they count."""
        quick, slow = self._quick, self._slow
        usual = slow.ratio(self._weight) * quick.expected
        if abs(quick.answers - usual) > _BROKEN * sqrt(max(usual, 1.0)):
            slow.answers, slow.expected = quick.answers, quick.expected
            self._weight = min(self._weight, 3.0)

    def _turn(self, hour: int) -> None:
        """Another hour: what the last one brought belongs to what is usual."""
        level = self._level()
        answers, dials = self._now
        lately = answers / dials if dials > 30.0 else level
        self._peak = max(0.8 * self._peak, lately)
        if self._hour >= 0:
            slot = self._slots[self._hour]
            usual = slot[0] / slot[1] if slot[1] else level
            today = level / usual if usual else 1.0
            for column, value in enumerate(self._now):
                slot[column] = slot[column] * _DAY_FORGETS + value
        else:
            today = 1.0
        answers, dials = self._slots[hour]
        trust = answers / (answers + _KNOWN_AT)
        known = answers / dials * today**0.5 if answers else level
        self._anchor = trust * known + (1.0 - trust) * level
        self._weight = _ANCHOR_WEIGHT * (1.0 + 3.0 * trust)
        self._hour, self._now = hour, [0.0, 0.0]
        for follower in (self._quick, self._slow):
            follower.answers = follower.expected = 0.0
