"""How likely a dial is answered: by the hour, the list and the type of number, and right now.

p = the anchor of this hour × what the last dozens of answers say of it × how this list and type
compare. The anchor is what the same hour brought on other days, as today compares with them; where
that is not known, what was true a minute ago. Calls that still ring count for as long as they have
rung: events over hazard met is an estimate without the bias of "answers come before no-answers".
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from math import log, sqrt

_HOURS = 24
_FIRST_GUESS = 0.3  # high on purpose: who expects more answers places fewer calls
_DAY_FORGETS = 0.8  # kept of what an hour has brought when another day's is added
_KNOWN_AT = 30.0  # answers after which an hour is believed as much as the day
_GROUP_WEIGHT = 20.0  # answers by which a list or type is drawn towards all
_GROUP_MEMORY = 2000.0  # answers
_MEMORY = 150.0  # answers
_ANCHOR_WEIGHT = 8.0  # answers that an anchor counts for where the hour is new; more where known
# Two cumulative sums (Page 1954) watch for the rate having doubled or halved: the likelihood ratio
# since it last spoke against that, alarm at e^8. A doubling is told after some 40 answers, a
# halving after 26; a false alarm comes every few thousand. A doubling not believed abandons calls,
# a lull taken for a halving does too: lulls come by the answer, changes by the hour, so where many
# answer more is asked for (e^11 for a thousand an hour).
_ALARM = 8.0
_LULL_ALARM = 4.0  # and the logarithm of the answers in an hour
# Answers that the rate before a change counts for after it: rises are believed at once.
_AFTER_RISE, _AFTER_FALL = 2.0, 6.0
_FAR = 1.3
_COMES_BACK = 2.0 / 3.0
# An hour never seen may answer so many times as well as the one before it; and of so many answers
# expected, none may have come yet by chance (one in thirty).
_SURPRISE, _STILL_BELIEVABLE = 3.0, 3.5
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
        kept = 1.0 - min(0.5, max(0.0, expected) / self._memory)
        self.answers = self.answers * kept + answers
        self.expected = max(0.0, self.expected * kept + expected)

    def ratio(self, weight: float) -> float:
        return (self.answers + weight) / (self.expected + weight)


class _Change:
    """Watches whether answers come `factor` times as often as expected, and since when."""

    __slots__ = ("_log", "_rise", "answers", "expected", "score")

    def __init__(self, factor: float) -> None:
        self._log, self._rise = log(factor), factor - 1.0
        self.score = self.answers = self.expected = 0.0

    def add(self, answers: float, expected: float) -> None:
        """So many answered where so many were expected."""
        self.score += answers * self._log - expected * self._rise
        self.answers += answers
        self.expected += expected
        if self.score <= 0.0:
            self.clear()

    def clear(self) -> None:
        self.score = self.answers = self.expected = 0.0


class AnswerRates:
    """Learns from each dial that rings, and tells the chance of the next."""

    def __init__(self) -> None:
        self._slots = [[0.0, 0.0] for _ in range(_HOURS)]  # answers and dials of other days
        self._hour, self._now = -1, [0.0, 0.0]
        self._groups: dict[Hashable, _Follower] = {}
        self._lately = _Follower(_MEMORY)
        self._rise, self._fall = _Change(2.0), _Change(0.5)
        self._anchor, self._weight = _FIRST_GUESS, 3.0
        self._peak = self._best = self._last_hour = 0.0
        self._ringing: tuple[Sequence[Hashable], Sequence[float]] = (), ()  # at the last look
        # Since that look: answers, and what the calls that ended had met in all their ringing.
        self._answers = self._ended = 0.0
        self._met = 0.0  # of what rang at the last look, the hazard met

    def chance(self, group: Hashable, hour: int) -> Chance:
        """Of a dial of the group that is placed in the office's hour `hour`."""
        if hour != self._hour:
            self._turn(hour)
        mean = self._mean(group)
        return Chance(mean, mean / sqrt(self._lately.answers + self._weight))

    def observe(self, group: Hashable, hour: int, *, answered: bool, rung: float = 1.0) -> None:
        """A dial of the hour stopped ringing; `rung` is the share of those answered at all that are
        answered by then (1: it rang to the end). Believed with the next `look`."""
        if hour != self._hour:
            self._turn(hour)
        alike = self._alike(group)
        answers = 1.0 if answered else 0.0
        self._now[0] += answers
        self._now[1] += alike
        met = -log(1.0 - min(_MOST, self._level() * alike) * rung) / alike
        self._groups.setdefault(group, _Follower(_GROUP_MEMORY)).add(answers, met)
        self._answers += answers
        self._ended -= log(1.0 - self._anchored(group) * rung)

    def look(
        self,
        groups: Sequence[Hashable] = (),
        rung: Sequence[float] = (),
        *,
        watch: bool = True,
    ) -> None:
        """What rings now: each call's group, and the share of those answered at all that are
        answered by its age. `watch` for changes where these shares are known well enough."""
        self._ringing = groups, rung
        met = self._met_ringing()
        answers, expected = self._answers, self._ended + met - self._met
        self._answers = self._ended = 0.0
        self._met = met
        beside = self._beside()
        self._lately.add(answers, expected)
        if watch:
            self._watch(answers, expected, beside)
        self._move_anchor()

    def stressed(self, hour: int) -> float:
        """The chance of an average dial that must be borne, should what has fallen come back: two
        thirds of the level of the last hours, forgotten by a fifth an hour. An hour that no other
        day has known may begin with the best of the others, or three times as well as the last
        ended, until its own dials speak against that (a bound of two deviations)."""
        if hour != self._hour:
            self._turn(hour)
        level = max(self._level(), self._peak) * _COMES_BACK
        if self._slots[hour][0] >= _KNOWN_AT:
            return level
        answers, dials = self._now
        believable = (answers + _STILL_BELIEVABLE) / max(1.0, dials)
        surprise = min(max(_SURPRISE * self._level(), self._best), believable)
        return min(_MOST, max(level, surprise))

    def _beside(self) -> float:
        """What the last answers say of the anchor: a factor of its hazard."""
        return self._lately.ratio(self._weight)

    def _level(self) -> float:
        """The chance of an average dial now."""
        missed: float = (1.0 - self._anchor) ** self._beside()
        return min(_MOST, max(_LEAST, 1.0 - missed))

    def _alike(self, group: Hashable) -> float:
        follower = self._groups.get(group) if len(self._groups) > 1 else None
        return follower.ratio(_GROUP_WEIGHT) if follower is not None else 1.0

    def _mean(self, group: Hashable) -> float:
        return min(_MOST, max(_LEAST, self._level() * self._alike(group)))

    def _anchored(self, group: Hashable) -> float:
        return min(_MOST, self._anchor * self._alike(group))

    def _met_ringing(self) -> float:
        groups, rung = self._ringing
        chances = {group: self._anchored(group) for group in set(groups)}
        pairs = zip(groups, rung, strict=True)
        return -sum(log(1.0 - chances[group] * share) for group, share in pairs)

    def _watch(self, answers: float, expected: float, beside: float) -> None:
        for change in (self._rise, self._fall):
            change.add(answers, expected * beside)
        busiest = max(self._now[0], self._last_hour, 1.0)
        if self._rise.score > _ALARM:
            self._begin_anew(self._rise, beside, _AFTER_RISE)
        elif self._fall.score > max(_ALARM, _LULL_ALARM + log(busiest)):
            self._begin_anew(self._fall, beside, _AFTER_FALL)

    def _begin_anew(self, change: _Change, beside: float, weight: float) -> None:
        """Only what has come since the change counts."""
        self._lately.answers = change.answers
        self._lately.expected = change.expected / beside
        self._weight = min(self._weight, weight)
        self._forget_changes()

    def _forget_changes(self) -> None:
        self._rise.clear()
        self._fall.clear()

    def _move_anchor(self) -> None:
        """Where the answers have left the anchor far behind, it follows: what is remembered is
        counted in answers that it expects."""
        beside = self._beside()
        if not 1.0 / _FAR < beside < _FAR and self._lately.expected > 2.0 * self._weight:
            level = self._level()
            self._lately.expected *= log(1.0 - level) / log(1.0 - self._anchor)
            self._drop(level)

    def _drop(self, anchor: float) -> None:
        """Let the anchor down elsewhere; what rings is measured by it from there on."""
        before, self._anchor = self._anchor, anchor
        self._ended *= log(1.0 - anchor) / log(1.0 - before)
        self._met = self._met_ringing()

    def _turn(self, hour: int) -> None:
        """Another hour: what the last one brought belongs to what is usual."""
        level = self._level()
        answers, dials = self._now
        self._last_hour = answers
        lately = answers / dials if dials > 30.0 else level
        self._peak = max(0.8 * self._peak, lately)
        self._best = max(self._best, lately)
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
        anchor = trust * known + (1.0 - trust) * level
        self._weight = _ANCHOR_WEIGHT * (1.0 + 3.0 * trust)
        self._hour, self._now = hour, [0.0, 0.0]
        self._lately.answers = self._lately.expected = 0.0
        self._forget_changes()
        self._drop(min(_MOST, max(_LEAST, anchor)))
