"""How soon an operator is free again: talk and wrap-up, by kind of client and by operator."""

from collections.abc import Hashable, Iterable
from math import sqrt

from dialer.estimating.bins import EDGES
from dialer.estimating.curve import Curve
from dialer.estimating.durations import Durations

_OPERATOR_WEIGHT = 20.0  # conversations by which an operator is drawn towards all
_OPERATOR_MEMORY = 300.0  # conversations
_FIRST_WEIGHT = 4.0  # conversations that what is usual in the trade counts for
_EVERY = 200.0  # observations after which curves are drawn anew, at the latest


class Tempo:
    """How fast one operator is beside the others: conversations ended over hazard met.

    A ratio of hazards: 2 ends a talk twice as readily at any age of it.
    """

    __slots__ = ("ended", "expected", "ratio")

    def __init__(self) -> None:
        self.ended = self.expected = 0.0
        self.ratio = 1.0

    def add(self, expected: float) -> None:
        """A conversation ended that had met so much of everybody's hazard."""
        kept = 1.0 - 1.0 / _OPERATOR_MEMORY
        self.ended = self.ended * kept + 1.0
        self.expected = self.expected * kept + expected
        self.ratio = (self.ended + _OPERATOR_WEIGHT) / (self.expected + _OPERATOR_WEIGHT)


class Phase:
    """One phase of handling (talk, or wrap-up): its curves, everybody's and each kind's."""

    def __init__(self, median: float, sigma: float) -> None:
        self.all = Durations(median, sigma)
        self.tempos: dict[Hashable, Tempo] = {}
        self.unseen = 0  # observed since the curves were drawn
        self._kinds: dict[Hashable, Durations] = {}
        self._curves: dict[Hashable, Curve] = {}
        self.everybodys = self.all.curve()

    def observe(self, operator: Hashable, kind: Hashable, seconds: float) -> None:
        """The operator's phase with such a client ended after `seconds`."""
        self.all.observe(seconds)
        own = self._kinds.get(kind)
        if own is None:
            own = self._kinds[kind] = Durations(wider=self.all)
        own.observe(seconds)
        tempo = self.tempos.get(operator)
        if tempo is None:
            tempo = self.tempos[operator] = Tempo()
        tempo.add(self.curve(kind).cumulative(seconds))
        self.unseen += 1

    def know(self, curves: dict[Hashable, Curve]) -> None:
        """Take these for true, until something is observed and believed."""
        self._curves = dict(curves)

    def curve(self, kind: Hashable) -> Curve:
        """What is believed of that kind: everybody's, where only one kind is known."""
        return self._curves.get(kind, self.everybodys)

    def refresh(self, going_on: Iterable[tuple[Hashable, float]]) -> None:
        """Believe what was observed; `going_on` are kind and age of what has not ended."""
        ages: dict[Hashable, list[float]] = {}
        for kind, age in going_on:
            ages.setdefault(kind, []).append(age)
        self.everybodys = self.all.curve([age for of_kind in ages.values() for age in of_kind])
        if len(self._kinds) > 1:
            self._curves = {
                kind: own.curve(ages.get(kind, ())) for kind, own in self._kinds.items()
            }
        self.unseen = 0


class Handling:
    """Both phases, and the chance that they are over soon."""

    def __init__(self) -> None:
        self.talk = Phase(60.0, 1.0)
        self.wrap_up = Phase(20.0, 0.8)
        self.seconds = self._mean()  # a conversation and its wrap-up, expected
        self._tables: dict[tuple[bool, Hashable, float], list[float]] = {}

    @property
    def doubt(self) -> float:
        """The relative standard deviation of how many come free, from how few have been seen."""
        return 1.0 / sqrt(_FIRST_WEIGHT + self.talk.all.observed)

    def wants_refresh(self) -> bool:
        """Whether enough was observed for the curves to be drawn anew (some milliseconds)."""
        return self.talk.unseen > min(_EVERY, 4.0 + self.talk.all.observed / 10.0)

    def refresh(
        self,
        talking: Iterable[tuple[Hashable, float]],
        wrapping_up: Iterable[tuple[Hashable, float]],
    ) -> None:
        """Draw the curves anew, from what ended and from what has lasted so long (kind, age)."""
        self.talk.refresh(talking)
        self.wrap_up.refresh(wrapping_up)
        self._tables.clear()
        self.seconds = self._mean()

    def free_after_talk(self, kind: Hashable, seconds: float) -> list[float]:
        """By the talk's age in whole seconds: the chance that talk and wrap-up are over in
        `seconds`. The last entry is for any longer talk."""
        return self._table(True, kind, seconds)

    def free_after_wrap_up(self, kind: Hashable, seconds: float) -> list[float]:
        """By the wrap-up's age in whole seconds: the chance that it is over in `seconds`."""
        return self._table(False, kind, seconds)

    def _mean(self) -> float:
        return self.talk.everybodys.mean() + self.wrap_up.everybodys.mean()

    def _table(self, talking: bool, kind: Hashable, seconds: float) -> list[float]:
        key = (talking, kind, seconds)
        table = self._tables.get(key)
        if table is None:
            at_edges = self._after_talk if talking else self._after_wrap_up
            table = self._tables[key] = _by_second(at_edges(kind, seconds))
        return table

    def _after_wrap_up(self, kind: Hashable, seconds: float) -> list[float]:
        curve = self.wrap_up.curve(kind)
        return [curve.ends_within(edge, seconds) for edge in EDGES]

    def _after_talk(self, kind: Hashable, seconds: float) -> list[float]:
        talk, wrap_up = self.talk.curve(kind), self.wrap_up.curve(kind)
        parts = max(1, min(12, round(seconds)))
        step = seconds / parts
        over = [wrap_up.ends_within(0.0, seconds - (part + 0.5) * step) for part in range(parts)]
        chances = []
        for edge in EDGES:
            chance = before = 0.0
            for part in range(parts):
                ended = talk.ends_within(edge, (part + 1) * step)
                chance += (ended - before) * over[part]
                before = ended
            chances.append(chance)
        return chances


def _by_second(at_edges: list[float]) -> list[float]:
    """From the edges of cells to every whole second, drawn straight between them."""
    values, cell = [], 0
    for second in range(int(EDGES[-1]) + 1):
        while EDGES[cell + 1] < second:
            cell += 1
        left, right = EDGES[cell], EDGES[cell + 1]
        part = (second - left) / (right - left)
        values.append(at_edges[cell] + part * (at_edges[cell + 1] - at_edges[cell]))
    return values
